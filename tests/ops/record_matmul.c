/* SPDX-License-Identifier: MIT */
/* The record of the matrix product. */
#include "records.h"

#include <criterion/criterion.h>
#include <rondo/grad.h>
#include <rondo/program.h>
#include <string.h>

#define WHICH(which)                                                                       \
    .with = &(const rn_transposition)                                                      \
    {                                                                                      \
        which                                                                              \
    }

static rn_tensor build_matmul(const rn_tensor *x, const void *with)
{
    const rn_transposition which = *(const rn_transposition *)with;

    return which ? rn_matmul_transposed(x[0], x[1], which) : rn_matmul(x[0], x[1]);
}

/* Element (i, j) of the matrix at a leading index. */
static double entry(const rn_test_array *x, bool transposed, rn_shape shape,
                    const int64_t *index, int64_t i, int64_t j)
{
    const int rank = shape.rank;
    int64_t place[RN_RANK_MAX];

    memcpy(place, index, sizeof place);
    place[rank - 2] = transposed ? j : i;
    place[rank - 1] = transposed ? i : j;
    for (int a = 0; a < rank - 2; a++) {
        const int of_x = a - (rank - x->shape.rank);
        if (of_x >= 0 && x->shape.size[of_x] == 1) place[a] = 0;
    }
    rn_test_array own = *x;
    return *at(&own, place + rank - x->shape.rank);
}

static void reference_matmul(const rn_test_array *x, const void *with, rn_test_array *y)
{
    const rn_transposition which = *(const rn_transposition *)with;
    const bool tx = (which & RN_TRANSPOSE_X) != 0, ty = (which & RN_TRANSPOSE_Y) != 0;
    const rn_shape a = x[0].shape, b = x[1].shape;
    rn_shape shape = a.rank > b.rank ? a : b;
    const int rank = shape.rank;
    int64_t index[RN_RANK_MAX] = {0};

    for (int i = 3; i <= rank; i++) {
        const int64_t of_a = i <= a.rank ? a.size[a.rank - i] : 1;
        const int64_t of_b = i <= b.rank ? b.size[b.rank - i] : 1;
        shape.size[rank - i] = of_a == 1 ? of_b : of_a;
    }
    shape.size[rank - 2] = a.size[a.rank - (tx ? 1 : 2)];
    shape.size[rank - 1] = b.size[b.rank - (ty ? 2 : 1)];
    *y = rn_test_array_new(x[0].type, shape);
    if (rn_test_array_count(y) == 0) return;
    do {
        const int64_t i = index[rank - 2], j = index[rank - 1];
        double sum = 0;
        for (int64_t k = 0; k < a.size[a.rank - (tx ? 2 : 1)]; k++)
            sum +=
                entry(&x[0], tx, shape, index, i, k) * entry(&x[1], ty, shape, index, k, j);
        *at(y, index) = sum;
    } while (next_index(shape, index));
}

#define BOTH (RN_TRANSPOSE_X | RN_TRANSPOSE_Y)

static const sample samples_matmul[] = {
    {.x = {REAL(odd, 2, 3), REAL(odd, 3, 4)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 3, 2), REAL(odd, 3, 4)}, WHICH(RN_TRANSPOSE_X)},
    {.x = {REAL(odd, 2, 3), REAL(odd, 4, 3)}, WHICH(RN_TRANSPOSE_Y)},
    {.x = {REAL(odd, 3, 2), REAL(odd, 4, 3)}, WHICH((rn_transposition)BOTH)},
    {.x = {REAL(odd, 1, 1), REAL(odd, 1, 1)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 3, 3), REAL(odd, 3, 3)}, WHICH(RN_TRANSPOSE_Y)},
    /* leading axes: one side, the other, both, broadcast against each other */
    {.x = {REAL(odd, 2, 3, 4), REAL(odd, 4, 2)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 2, 4, 3), REAL(odd, 4, 2)}, WHICH(RN_TRANSPOSE_X)},
    {.x = {REAL(odd, 2, 3, 4), REAL(odd, 2, 4)}, WHICH(RN_TRANSPOSE_Y)},
    {.x = {REAL(odd, 2, 4, 3), REAL(odd, 2, 4)}, WHICH((rn_transposition)BOTH)},
    {.x = {REAL(odd, 2, 3, 3), REAL(odd, 3, 3)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 2, 3, 3), REAL(odd, 3, 3)}, WHICH(RN_TRANSPOSE_X)},
    {.x = {REAL(odd, 2, 3, 3), REAL(odd, 3, 3)}, WHICH(RN_TRANSPOSE_Y)},
    {.x = {REAL(odd, 2, 3, 3), REAL(odd, 3, 3)}, WHICH((rn_transposition)BOTH)},
    {.x = {REAL(odd, 3, 4), REAL(odd, 2, 4, 2)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 2, 2, 3), REAL(odd, 2, 3, 2)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 2, 1, 2, 3), REAL(odd, 3, 3, 2)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 3, 2, 2), REAL(odd, 1, 2, 3)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 2, 3, 1, 4), REAL(odd, 4, 2)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 2, 2, 2, 2), REAL(odd, 2, 3)}, WHICH(RN_TRANSPOSE_NONE)},
    /* nothing to add up, no rows, no columns, no matrices */
    {.x = {REAL(odd, 2, 0), REAL(odd, 0, 3)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 0, 2), REAL(odd, 2, 3)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 2, 2), REAL(odd, 2, 0)}, WHICH(RN_TRANSPOSE_NONE)},
    {.x = {REAL(odd, 0, 2, 2), REAL(odd, 2, 2)}, WHICH(RN_TRANSPOSE_NONE)},
    /* more than one tile */
    {.x = {REAL(odd, 37, 41), REAL(odd, 41, 43)},
     WHICH(RN_TRANSPOSE_NONE),
     .values_only = true},
    {.x = {REAL(odd, 3, 19, 41), REAL(odd, 43, 41)},
     WHICH(RN_TRANSPOSE_Y),
     .values_only = true},
    {.x = {REAL(odd, 7, 300), REAL(odd, 300, 17)},
     WHICH(RN_TRANSPOSE_NONE),
     .values_only = true},
};

/* x [T, B, I] times w [I, H]: the weight's gradient is one product and no sum. */
static void more_matmul(void)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, (rn_shape){3, {5, 4, 3}});
    const rn_tensor w = rn_input(g, "w", RN_F32, (rn_shape){2, {3, 2}});
    rn_tensor dw;
    char text[4096];

    cr_assert(rn_grad(rn_matmul(x, w), rn_fill(g, RN_F32, (rn_shape){3, {5, 4, 2}}, 1), &w,
                      1, &dw));
    rn_program *program = rn_compile(g, (rn_compile_options){RN_OUTPUTS(dw)});
    cr_assert(program, "%s", rn_graph_error(g));
    rn_program_print(program, text, sizeof text);
    cr_assert(strstr(text, "matmul") && !strstr(text, "sum"), "%s", text);
    rn_program_free(program);
    rn_graph_free(g);
}

static rn_tensor of_shapes(rn_graph *g, rn_shape x, rn_shape y)
{
    return rn_matmul(rn_input(g, "x", RN_F32, x), rn_input(g, "w", RN_F32, y));
}

REFUSES(inner, of_shapes(g, (rn_shape)SHAPE(32, 10), (rn_shape)SHAPE(12, 64)))
REFUSES(rank, of_shapes(g, (rn_shape)SHAPE(32), (rn_shape)SHAPE(32, 64)))
REFUSES(leading, of_shapes(g, (rn_shape)SHAPE(2, 4, 3), (rn_shape)SHAPE(3, 3, 5)))
REFUSES(types, rn_matmul(x_of(g, RN_F32), x_of(g, RN_F64)))
REFUSES(integers, rn_matmul_transposed(x_of(g, RN_I32), x_of(g, RN_I32), RN_TRANSPOSE_Y))
static const refusal refusals_matmul[] = {
    {inner, "matmul: inner sizes differ: x [32,10], w [12,64]"},
    {rank, "matmul: rank below 2: x [32], w [32,64]"},
    {leading, "matmul: leading axes do not broadcast: x [2,4,3], w [3,3,5]"},
    {types, "matmul: types differ (f32, f64): x [2,3], x [2,3]"},
    {integers, "matmul: not defined for this type (i32, i32): x [2,3], x [2,3]"},
};

const record record_matmul = {.name = "matmul",
                              .inputs = 2,
                              .build = build_matmul,
                              .reference = reference_matmul,
                              SAMPLES(samples_matmul),
                              .flags = EXACT | ALIASED,
                              REFUSALS(refusals_matmul),
                              .more = more_matmul};
