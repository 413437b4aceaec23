/* SPDX-License-Identifier: MIT */
/* Records of the random draws: against the documented function of key, ticks and
 * position. */
#include "philox_reference.h"
#include "record_move.h"

#include <math.h>

typedef struct draw {
    uint64_t key;
    rn_type type;
    rn_shape shape;
} draw;

#define DRAW(key_, type_, ...)                                                             \
    .with = &(const draw)                                                                  \
    {                                                                                      \
        key_, type_, SHAPE(__VA_ARGS__)                                                    \
    }

void philox_reference(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        const uint64_t p = 0xD2511F53ull * c[0], q = 0xCD9E8D57ull * c[2];
        const uint32_t next[4] = {(uint32_t)(q >> 32) ^ c[1] ^ k0, (uint32_t)q,
                                  (uint32_t)(p >> 32) ^ c[3] ^ k1, (uint32_t)p};

        for (int i = 0; i < 4; i++) c[i] = next[i];
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/* Element i of a draw, of 24 or 53 bits. */
static double uniform_at(uint64_t key, rn_type type, const rn_test_array *ticks, int64_t i)
{
    const int64_t n = rn_test_array_count(ticks);
    uint32_t c[4] = {(uint32_t)i, (uint32_t)((uint64_t)i >> 32),
                     n > 0 ? (uint32_t)(int32_t)ticks->at[0] : 0,
                     n > 1 ? (uint32_t)(int32_t)ticks->at[1] : 0};

    philox_reference(c, (uint32_t)key, (uint32_t)(key >> 32));
    if (type == RN_F32) return floor(c[0] / 256.0) / 16777216.0;
    return (c[0] * 2097152.0 + floor(c[1] / 2048.0)) / 9007199254740992.0;
}

BUILD(uniform)
{
    const draw *d = (const draw *)with;

    return rn_uniform(x[0], d->key, d->type, d->shape);
}
REFERENCE(uniform)
{
    const draw *d = (const draw *)with;

    *y = rn_test_array_new(d->type, d->shape);
    for (int64_t i = 0; i < rn_test_array_count(y); i++)
        y->at[i] = uniform_at(d->key, d->type, x, i);
}

static uint64_t mixed(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

BUILD(normal)
{
    const draw *d = (const draw *)with;

    return rn_normal(x[0], d->key, d->type, d->shape);
}
REFERENCE(normal)
{
    const draw *d = (const draw *)with;
    const uint64_t first = mixed(d->key), second = mixed(first);

    *y = rn_test_array_new(d->type, d->shape);
    for (int64_t i = 0; i < rn_test_array_count(y); i++)
        y->at[i] = sqrt(-2 * log(1 - uniform_at(first, d->type, x, i))) *
                   cos(2 * acos(-1) * uniform_at(second, d->type, x, i));
}

static const sample draws[] = {
    {.x = {{RN_I32, SCALAR, rn_test_fill_odd}}, DRAW(1, RN_F32, 100)},
    {.x = {{RN_I32, SCALAR, rn_test_fill_odd}}, DRAW(1, RN_F64, 100)},
    {.x = {I32(odd, 0)}, DRAW(0x123456789abcdef0u, RN_F32, 3, 5)},
    {.x = {I32(odd, 1)}, DRAW(0x123456789abcdef0u, RN_F64, 3, 5)},
    {.x = {I32(odd, 2)}, DRAW(UINT64_MAX, RN_F32, 2, 3, 7)},
    {.x = {I32(odd, 2)}, DRAW(UINT64_MAX, RN_F64, 1)},
    {.x = {I32(odd, 2)}, DRAW(7, RN_F32, 4, 0)},
};

REFUSES(uniform_type, rn_uniform(x_of(g, RN_I32), 1, RN_I32, (rn_shape)SHAPE(3)))
REFUSES(uniform_ticks, rn_uniform(x_of(g, RN_F32), 1, RN_F32, (rn_shape)SHAPE(3)))
REFUSES(uniform_count, rn_uniform(rn_input(g, "t", RN_I32, (rn_shape)SHAPE(3)), 1, RN_F32,
                                  (rn_shape)SHAPE(3)))
REFUSES(uniform_shape, rn_uniform(rn_input(g, "t", RN_I32, (rn_shape)SHAPE(2)), 1, RN_F32,
                                  (rn_shape)SHAPE(3, -3)))
static const refusal refusals_uniform[] = {
    {uniform_type, "uniform: not a real type: i32: x [2,3]"},
    {uniform_ticks, "uniform: the ticks' type is not i32 (f32): x [2,3]"},
    {uniform_count, "uniform: more than two ticks: t [3]"},
    {uniform_shape, "uniform: invalid shape: [3,-3]: t [2]"},
};
const record record_uniform = {.name = "uniform",
                               .inputs = 1,
                               .build = build_uniform,
                               .reference = reference_uniform,
                               SAMPLES(draws),
                               .flags = NO_GRADIENT,
                               REFUSALS(refusals_uniform)};
const record record_normal = {.name = "normal",
                              .inputs = 1,
                              .build = build_normal,
                              .reference = reference_normal,
                              SAMPLES(draws),
                              .flags = NO_GRADIENT,
                              .ulps = 32,
                              .floor = 1};
