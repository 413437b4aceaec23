/* SPDX-License-Identifier: MIT */
/*
 * uniform -- uniform random numbers, a function of key, ticks and position alone.
 *
 *   t  [] or [n]    i32, n <= 2
 *   y  [..]         f32 or f64, as the attributes say
 *
 *   (a, b, c, d) = Philox4x32-10 of the counter (i, i >> 32, t0, t1) under the key
 *   y[i]         = the first 24 (f32) or 53 (f64) of the bits a b, after the point
 *
 * i counts the elements row by row; a missing tick is 0. No gradient.
 */
#include "kernel/philox.h"
#include "ops/retype.h"

#include <string.h>

typedef struct attributes {
    rn__named_type result;
    int64_t rank, size[RN_RANK_MAX];
    uint64_t key;
} attributes;

#if RN_IS_REAL

RN_INLINE real fraction(const uint32_t bits[4])
{
#if RN_REAL == 32
    return (real)(bits[0] >> 8) * 0x1p-24f;
#else
    return (real)(((uint64_t)bits[0] << 32 | bits[1]) >> 11) * 0x1p-53;
#endif
}

RN_KERNEL(uniform)
{
    enum { SOME = 32 };
    const attributes *a = (const attributes *)call->attributes;
    const rn_array *t = &call->in[0];
    const int32_t *tick = (const int32_t *)t->data;
    const int64_t ticks = t->rank == 0 ? 1 : t->size[0];
    const uint32_t key[2] = {(uint32_t)a->key, (uint32_t)(a->key >> 32)};
    const uint32_t t0 = ticks > 0 ? (uint32_t)tick[0] : 0;
    const uint32_t t1 = ticks > 1 ? (uint32_t)tick[1] : 0;
    real *y = (real *)call->out->data;
    int64_t count = 1;

    for (int i = 0; i < call->out->rank; i++) count *= call->out->size[i];
    for (int64_t i = 0; i < count; i += SOME) {
        real some[SOME];

        for (int j = 0; j < SOME; j++) {
            const uint64_t at = (uint64_t)(call->first + i + j);
            const uint32_t counter[4] = {(uint32_t)at, (uint32_t)(at >> 32), t0, t1};
            uint32_t bits[4];

            rn__philox(counter, key, bits);
            some[j] = fraction(bits);
        }
        memcpy(y + i, some, (size_t)(count - i < SOME ? count - i : SOME) * sizeof *y);
    }
    return true;
}

#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;
    const rn_shape ticks = t->in_shape[0];

    if (t->in_type[0] != RN_I32) return "the ticks' type is not i32";
    if (ticks.rank > 1 || rn_shape_count(ticks) > 2) return "more than two ticks";
    t->type = (rn_type)a->result.type;
    t->shape = rn_shape_of((int)a->rank, a->size);
    return NULL;
}

/* Every range reads the ticks. */
static bool divide(const rn_call *call, int axis, int *cut)
{
    (void)call, (void)axis;
    cut[0] = -1;
    return true;
}

const rn_op rn__op_uniform = {RN_NAMED(uniform),    .kind = RN_KIND_RANDOM,
                              .flags = RN_OP_EXACT, .inputs = 1,
                              .shape = shape,       .divide = divide};

rn_tensor rn_uniform(rn_tensor ticks, uint64_t key, rn_type type, rn_shape shape_of_y)
{
    attributes a = {{(int64_t)type}, .rank = shape_of_y.rank, .key = key};
    char text[160];

    if (rn_is_null(ticks)) return rn__null_from("uniform", RN__NULL_TICKS, &ticks, 1);
    if (type != RN_F32 && type != RN_F64)
        return rn__op_refuse(&rn__op_uniform, &ticks, 1, "not a real type: %s",
                             rn_type_name(type));
    if (rn_shape_count(shape_of_y) < 0)
        return rn__op_refuse(&rn__op_uniform, &ticks, 1, "invalid shape: %s",
                             rn__shape_text(shape_of_y, text, sizeof text));
    for (int i = 0; i < shape_of_y.rank; i++) a.size[i] = shape_of_y.size[i];
    return rn_apply(&rn__op_uniform, &ticks, 1, &a, sizeof a);
}

#endif
