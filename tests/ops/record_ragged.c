/* SPDX-License-Identifier: MIT */
/* Records of the operators that batches with lengths are packed by. */
#include "record_move.h"

#include "ops/ragged.h"

/* ---- ragged ---- */

typedef struct asked {
    int64_t steps;
    rn__ragged kind;
} asked;

BUILD(ragged)
{
    const asked *a = (const asked *)with;

    return rn__ragged_rows(x[0], a->steps, a->kind);
}

/* How many sequences come before b in order. */
static int64_t place_of(const rn_test_array *x, int64_t b)
{
    int64_t place = 0;

    for (int64_t k = 0; k < x->shape.size[0]; k++)
        place += x->at[k] > x->at[b] || (x->at[k] == x->at[b] && k < b);
    return place;
}

static int64_t sequence_at(const rn_test_array *x, int64_t place)
{
    int64_t b = 0;

    while (place_of(x, b) != place) b++;
    return b;
}

/* The rows before row `place` of step t. */
static int64_t rows_before(const rn_test_array *x, int64_t t, int64_t place)
{
    int64_t rows = 0;

    for (int64_t s = 0; s <= t; s++)
        for (int64_t b = 0; b < x->shape.size[0]; b++)
            rows += x->at[b] > (double)s && (s < t || place_of(x, b) < place);
    return rows;
}

/* For each packed row, and again for those that fill up. */
static void refer_rows(const rn_test_array *x, const asked *a, rn_test_array *y)
{
    const int64_t B = x->shape.size[0];
    double last = 0;
    int64_t n = 0;

    for (int64_t t = 0; t < a->steps; t++)
        for (int64_t j = 0; j < B; j++) {
            const int64_t b = sequence_at(x, j);
            if (!(x->at[b] > (double)t)) continue;
            last = a->kind == RN__RAGGED_SEQUENCE ? (double)b
                   : a->kind == RN__RAGGED_PLAIN  ? (double)(t * B + b)
                                                  : (double)(t * B + j);
            y->at[n++] = last;
        }
    while (n < a->steps * B) y->at[n++] = last;
}

REFERENCE(ragged)
{
    const asked *a = (const asked *)with;
    const int64_t B = x->shape.size[0], T = a->steps, N = rows_before(x, T, 0);
    const bool scalar = a->kind == RN__RAGGED_TOTAL || a->kind == RN__RAGGED_SLOTS;
    const bool by_step = a->kind == RN__RAGGED_COUNTS || a->kind == RN__RAGGED_OFFSETS;
    const bool by_row = a->kind >= RN__RAGGED_PLAIN && a->kind != RN__RAGGED_PLACE;

    *y = rn_test_array_new(RN_I32, scalar    ? (rn_shape){0}
                                   : by_step ? (rn_shape){1, {T}}
                                   : by_row  ? (rn_shape){2, {T, B}}
                                             : (rn_shape){1, {B}});
    if (a->kind == RN__RAGGED_TOTAL) y->at[0] = (double)N;
    if (a->kind == RN__RAGGED_SLOTS) y->at[0] = B ? (double)((N + B - 1) / B) : 0;
    for (int64_t t = 0; by_step && t < T; t++)
        y->at[t] = (double)(a->kind == RN__RAGGED_OFFSETS
                                ? rows_before(x, t, 0)
                                : rows_before(x, t, B) - rows_before(x, t, 0));
    for (int64_t k = 0; !scalar && !by_step && !by_row && k < B; k++)
        y->at[k] = a->kind == RN__RAGGED_PLACE   ? (double)place_of(x, k)
                   : a->kind == RN__RAGGED_ORDER ? (double)sequence_at(x, k)
                                                 : x->at[sequence_at(x, k)];
    for (int64_t i = 0; a->kind == RN__RAGGED_PACKED && i < T * B; i++)
        y->at[i] = x->at[i % B] > (double)(i / B)
                       ? (double)rows_before(x, i / B, place_of(x, i % B))
                       : -1;
    if (by_row && a->kind != RN__RAGGED_PACKED) refer_rows(x, a, y);
}

#define ALL(lengths, steps)                                                                \
    {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_COUNTS}},                          \
        {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_OFFSETS}},                     \
        {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_ENDS}},                        \
        {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_TOTAL}},                       \
        {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_SLOTS}},                       \
        {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_ORDER}},                       \
        {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_PLACE}},                       \
        {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_PLAIN}},                       \
        {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_SORTED}},                      \
        {.x = {lengths}, .with = &(asked){steps, RN__RAGGED_SEQUENCE}},                    \
    {                                                                                      \
        .x = {lengths}, .with = &(asked)                                                   \
        {                                                                                  \
            steps, RN__RAGGED_PACKED                                                       \
        }                                                                                  \
    }

static const sample raggeds[] = {
    ALL(I32(index, 7), 2),
    ALL(I32(index, 2), 5),
    ALL(I32(index, 1), 2),
};

static rn_tensor many(rn_graph *g)
{
    return rn_input(g, "n", RN_I32, (rn_shape)SHAPE(70000));
}

REFUSES(ragged_type, rn__ragged_rows(x_of(g, RN_F32), 3, RN__RAGGED_ORDER))
REFUSES(ragged_rank, rn__ragged_rows(x_of(g, RN_I32), 3, RN__RAGGED_ORDER))
REFUSES(ragged_kind, rn__ragged_rows(many(g), 3, RN__RAGGED_KINDS))
REFUSES(ragged_size, rn__ragged_rows(many(g), 70000, RN__RAGGED_ORDER))
static const refusal refusals_ragged[] = {
    {ragged_type, "ragged: the type is not i32 (f32): x [2,3]"},
    {ragged_rank, "ragged: lengths must have one axis: x [2,3]"},
    {ragged_kind, "ragged: no such array: n [70000]"},
    {ragged_size, "ragged: too many rows for an i32 index: n [70000]"},
};
const record record_ragged = {.name = "ragged",
                              .inputs = 1,
                              .build = build_ragged,
                              .reference = reference_ragged,
                              SAMPLES(raggeds),
                              .flags = EXACT | NO_GRADIENT,
                              REFUSALS(refusals_ragged)};

/* ---- unpack ---- */

/* Indices from -1 on. */
BUILD(unpack)
{
    (void)with;
    return rn__unpack(x[0], rn_offset(x[1], -1));
}
REFERENCE(unpack)
{
    rn_shape shape = x[1].shape;
    int64_t row = 1;

    (void)with;
    for (int i = 1; i < x->shape.rank; i++) {
        shape.size[shape.rank++] = x->shape.size[i];
        row *= x->shape.size[i];
    }
    *y = rn_test_array_new(x->type, shape);
    for (int64_t i = 0; i < rn_test_array_count(&x[1]); i++)
        for (int64_t j = 0; j < row; j++)
            y->at[i * row + j] =
                x[1].at[i] > 0 ? x->at[((int64_t)x[1].at[i] - 1) * row + j] : 0;
}
static const sample unpacks[] = {
    {.x = {REAL(odd, 2), I32(index, 7)}},       {.x = {REAL(odd, 3, 5), I32(index, 2, 4)}},
    {.x = {REAL(odd, 4, 2, 3), I32(index, 3)}}, {.x = {REAL(odd, 3, 5), I32(index, 0)}},
    {.x = {REAL(odd, 3, 0), I32(index, 2)}},
};

static rn_tensor small(rn_graph *g)
{
    return rn_input(g, "w", RN_F32, (rn_shape)SHAPE(7, 2));
}

/* An index beyond the table. */
static void more_unpack(void)
{
    rn_graph *g = rn_graph_new();
    rn_test_array table = rn_test_array_new(RN_F32, (rn_shape)SHAPE(7, 2));
    rn_test_array which = rn_test_array_new(RN_I32, (rn_shape)SHAPE(4));
    const rn_tensor w = small(g), i = rn_input(g, "i", RN_I32, which.shape);
    const rn_test_feed feeds[2] = {{w, &table}, {i, &which}};

    which.at[2] = 7;
    rn_test_run_fails(rn__unpack(w, i), feeds, 2,
                      "unpack: index 7 is above 6 at element 2: result [4,2]");
    rn_test_array_free(&table);
    rn_test_array_free(&which);
    rn_graph_free(g);
}

REFUSES(unpack_type, rn__unpack(small(g), x_of(g, RN_F32)))
REFUSES(unpack_rank,
        rn__unpack(rn_input(g, "w", RN_F32, (rn_shape)SCALAR), x_of(g, RN_I32)))
REFUSES(unpack_axes,
        rn__unpack(small(g),
                   rn_input(g, "x", RN_I32, (rn_shape)SHAPE(1, 1, 1, 1, 1, 1, 1, 1))))
static const refusal refusals_unpack[] = {
    {unpack_type, "unpack: the indices' type is not i32 (f32, f32): w [7,2], x [2,3]"},
    {unpack_rank, "unpack: rank below 1: w [], x [2,3]"},
    {unpack_axes, "unpack: the result has too many axes: w [7,2], x [1,1,1,1,1,1,1,1]"},
};
const record record_unpack = {.name = "unpack",
                              .inputs = 2,
                              .build = build_unpack,
                              .reference = reference_unpack,
                              SAMPLES(unpacks),
                              .flags = EXACT | NO_GRADIENT | INTEGERS_TOO,
                              REFUSALS(refusals_unpack),
                              .more = more_unpack};
