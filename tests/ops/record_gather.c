/* SPDX-License-Identifier: MIT */
/* Records of gather, scatter and scatter_add. */
#include "record_move.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define AXIS(axis)                                                                         \
    .with = &(const int)                                                                   \
    {                                                                                      \
        axis                                                                               \
    }

/* All indices 0. */
static void rn_test_fill_first(rn_test_array *x, rn_test_random *random)
{
    (void)x, (void)random;
}

static int axis_of(const rn_test_array *x, const void *with)
{
    const int axis = *(const int *)with;

    return axis < 0 ? axis + x->shape.rank : axis;
}

/* The element of the table x that belongs to `index` of the values. */
static double *in_table(const rn_test_array *x, const rn_test_array *indices, int axis,
                        rn_shape values, const int64_t *index)
{
    int64_t place[RN_RANK_MAX];

    for (int i = 0; i < x->shape.rank; i++)
        place[i] = i == axis               ? (int64_t)at_broadcast(indices, values, index)
                   : x->shape.size[i] == 1 ? 0
                                           : index[i];
    return at(x, place);
}

/* ---- gather ---- */

BUILD(gather)
{
    return rn_gather(x[0], x[1], *(const int *)with);
}
REFERENCE(gather)
{
    const int axis = axis_of(x, with);
    rn_shape shape = x->shape;
    int64_t to[RN_RANK_MAX] = {0};

    for (int i = 0; i < shape.rank; i++)
        if (i == axis || shape.size[i] == 1) shape.size[i] = x[1].shape.size[i];
    *y = rn_test_array_new(x->type, shape);
    if (rn_test_array_count(y) > 0) do
            *at(y, to) = *in_table(x, &x[1], axis, shape, to);
        while (next_index(shape, to));
}

static const sample gathers[] = {
    {.x = {REAL(odd, 3), I32(index, 7)}, AXIS(0)},
    {.x = {REAL(odd, 3, 5), I32(index, 4, 5)}, AXIS(0)},
    {.x = {REAL(odd, 5, 3), I32(index, 5, 2)}, AXIS(-1)},
    {.x = {REAL(odd, 2, 4, 5), I32(index, 2, 3, 5)}, AXIS(1)},
    {.x = {REAL(odd, 2, 4, 5), I32(index, 2, 3, 1)}, AXIS(1)}, /* rows */
    {.x = {REAL(odd, 2, 4, 5), I32(index, 2, 1, 1)}, AXIS(1)},
    {.x = {REAL(odd, 2, 4, 5), I32(index, 1, 3, 5)}, AXIS(1)},
    {.x = {REAL(odd, 1, 3), I32(index, 4, 2)}, AXIS(1)}, /* one table for all */
    {.x = {REAL(odd, 1, 3, 1), I32(index, 2, 2, 4)}, AXIS(1)},
    {.x = {REAL(odd, 3, 1, 4), I32(index, 2, 5, 1)}, AXIS(0)},
    {.x = {REAL(odd, 3, 1), I32(first, 3, 2)}, AXIS(1)},
    {.x = {REAL(odd, 1), I32(first, 1)}, AXIS(0)},
    {.x = {REAL(odd, 3, 5), I32(index, 0, 5)}, AXIS(0)},
    {.x = {REAL(odd, 3, 0), I32(index, 2, 1)}, AXIS(0)},
    {.x = {REAL(odd, 0, 3), I32(index, 1, 2)}, AXIS(1)},
    {.x = {REAL(odd, 0), I32(index, 0)}, AXIS(0)},
    {.x = {REAL(odd, 7, 3, 67), I32(index, 7, 9, 67)}, AXIS(1), .values_only = true},
    {.x = {REAL(odd, 3, 7, 67), I32(index, 9, 1, 1)}, AXIS(0), .values_only = true},
};

/* What happens to an index below and beyond the table. */
static void expect_outside(rn_tensor (*call)(rn_tensor x, rn_tensor indices),
                           const char *name, const char *shape)
{
    rn_graph *g = rn_graph_new();
    rn_test_array table = rn_test_array_new(RN_F32, (rn_shape)SHAPE(4, 65));
    rn_test_array which = rn_test_array_new(RN_I32, (rn_shape)SHAPE(4, 5));
    const rn_tensor x = rn_input(g, "x", RN_F32, table.shape);
    const rn_tensor indices = rn_input(g, "i", RN_I32, which.shape);
    const rn_test_feed feeds[2] = {{x, &table}, {indices, &which}};
    char message[200];

    which.at[13] = 65;
    snprintf(message, sizeof message,
             "%s: index 65 is outside 0..64 at element 13: result %s", name, shape);
    rn_test_run_fails(call(x, indices), feeds, 2, message);
    which.at[3] = -1;
    snprintf(message, sizeof message,
             "%s: index -1 is outside 0..64 at element 3: result %s", name, shape);
    rn_test_run_fails(call(x, indices), feeds, 2, message);
    rn_test_array_free(&table);
    rn_test_array_free(&which);
    rn_graph_free(g);
}

static rn_tensor gather_columns(rn_tensor x, rn_tensor indices)
{
    return rn_gather(x, indices, 1);
}

static void more_gather(void)
{
    expect_outside(gather_columns, "gather", "[4,5]");
}

#define WIDE(g, type, ...) rn_input(g, "w", type, (rn_shape)SHAPE(__VA_ARGS__))

REFUSES(gather_type, rn_gather(WIDE(g, RN_F32, 2, 7), x_of(g, RN_F32), 1))
REFUSES(gather_rank, rn_gather(WIDE(g, RN_F32, 2, 7, 1), x_of(g, RN_I32), 1))
REFUSES(gather_sizes, rn_gather(WIDE(g, RN_F32, 7, 2), x_of(g, RN_I32), 1))
REFUSES(gather_axis, rn_gather(WIDE(g, RN_F32, 2, 7), x_of(g, RN_I32), -3))
static const refusal refusals_gather[] = {
    {gather_type, "gather: the indices' type is not i32 (f32, f32): w [2,7], x [2,3]"},
    {gather_rank, "gather: ranks differ: w [2,7,1], x [2,3]"},
    {gather_sizes, "gather: sizes besides the axis do not broadcast: w [7,2], x [2,3]"},
    {gather_axis, "gather: no axis -3: w [2,7]"},
};
MOVE(gather, 2, gathers, refusals_gather, more_gather);

/* ---- scatter_add and scatter ---- */

static void scatter(const rn_test_array *x, const void *with, bool add, rn_test_array *y)
{
    const int axis = axis_of(x, with);
    int64_t from[RN_RANK_MAX] = {0};

    *y = rn_test_array_copy(x);
    if (rn_test_array_count(&x[2]) > 0) do {
            double *to = in_table(y, &x[1], axis, x[2].shape, from);
            *to = *at(&x[2], from) + (add ? *to : 0);
        } while (next_index(x[2].shape, from));
}

BUILD(scatter_add)
{
    return rn_scatter_add(x[0], x[1], x[2], *(const int *)with);
}
REFERENCE(scatter_add)
{
    scatter(x, with, true, y);
}
BUILD(scatter)
{
    return rn_scatter(x[0], x[1], x[2], *(const int *)with);
}
REFERENCE(scatter)
{
    scatter(x, with, false, y);
}

static const sample scatters[] = {
    {.x = {REAL(odd, 3), I32(index, 7), REAL(odd, 7)}, AXIS(0)},
    {.x = {REAL(odd, 5), I32(index, 2), REAL(odd, 2)}, AXIS(-1)},
    {.x = {REAL(odd, 3, 5), I32(index, 4, 5), REAL(odd, 4, 5)}, AXIS(0)},
    {.x = {REAL(odd, 5, 3), I32(index, 5, 2), REAL(odd, 5, 2)}, AXIS(1)},
    {.x = {REAL(odd, 2, 4, 5), I32(index, 2, 3, 5), REAL(odd, 2, 3, 5)}, AXIS(1)},
    {.x = {REAL(odd, 2, 4, 5), I32(index, 2, 3, 1), REAL(odd, 2, 3, 5)}, AXIS(1)},
    {.x = {REAL(odd, 2, 4, 5), I32(index, 1, 3, 5), REAL(odd, 2, 3, 5)}, AXIS(1)},
    {.x = {REAL(odd, 1, 3), I32(index, 4, 2), REAL(odd, 4, 2)}, AXIS(1)},
    {.x = {REAL(odd, 3, 1, 4), I32(index, 2, 5, 1), REAL(odd, 2, 5, 4)}, AXIS(0)},
    {.x = {REAL(odd, 1, 3, 1), I32(index, 2, 2, 4), REAL(odd, 2, 2, 4)}, AXIS(1)},
    {.x = {REAL(odd, 3, 1), I32(first, 3, 2), REAL(odd, 3, 2)}, AXIS(1)},
    {.x = {REAL(odd, 1), I32(first, 1), REAL(odd, 1)}, AXIS(0)},
    {.x = {REAL(odd, 3, 5), I32(index, 0, 5), REAL(odd, 0, 5)}, AXIS(0)},
    {.x = {REAL(odd, 3, 0), I32(index, 2, 1), REAL(odd, 2, 0)}, AXIS(0)},
    {.x = {REAL(odd, 7, 3, 67), I32(index, 7, 9, 1), REAL(odd, 7, 9, 67)},
     AXIS(1),
     .values_only = true},
    {.x = {REAL(odd, 7, 67, 3), I32(index, 7, 67, 9), REAL(odd, 7, 67, 9)},
     AXIS(2),
     .values_only = true},
};

static rn_tensor add_columns(rn_tensor x, rn_tensor indices)
{
    return rn_scatter_add(x, indices, rn_gather(x, rn_scale(indices, 0), 1), 1);
}

static rn_tensor write_columns(rn_tensor x, rn_tensor indices)
{
    return rn_scatter(x, indices, rn_gather(x, rn_scale(indices, 0), 1), 1);
}

/* Terms for one element are added in order: others would lose the small ones. */
static void more_scatter_add(void)
{
    const float large[3] = {1, 0x1p24F, -0x1p24F};
    const int32_t nothing[3] = {0, 0, 0};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_fill(g, RN_F32, rn_shape(1), 0);
    const rn_tensor i = rn_constant(g, RN_I32, rn_shape(3), nothing);
    const rn_tensor u = rn_constant(g, RN_F32, rn_shape(3), large);
    const rn_tensor back = rn_reverse(u, 0);
    rn_test_array y = rn_test_eval(rn_scatter_add(x, i, u, 0), NULL, 0);
    rn_test_array z = rn_test_eval(rn_scatter_add(x, i, back, 0), NULL, 0);

    cr_assert(y.at[0] == 0 && z.at[0] == 1, "%g %g", y.at[0], z.at[0]);
    rn_test_array_free(&y);
    rn_test_array_free(&z);
    rn_graph_free(g);
    expect_outside(add_columns, "scatter_add", "[4,65]");
}

static void more_scatter(void)
{
    expect_outside(write_columns, "scatter", "[4,65]");
}

/* Of both. */
#define REFUSED(name)                                                                      \
    REFUSES(name##_type,                                                                   \
            rn_##name(WIDE(g, RN_F32, 2, 7), x_of(g, RN_F32), x_of(g, RN_F32), 1))         \
    REFUSES(name##_types,                                                                  \
            rn_##name(WIDE(g, RN_F32, 2, 7), x_of(g, RN_I32), x_of(g, RN_F64), 1))         \
    REFUSES(name##_rank,                                                                   \
            rn_##name(WIDE(g, RN_F32, 7), x_of(g, RN_I32), x_of(g, RN_F32), 0))            \
    REFUSES(name##_sizes,                                                                  \
            rn_##name(WIDE(g, RN_F32, 2, 7), x_of(g, RN_I32), WIDE(g, RN_F32, 2, 7), 1))   \
    REFUSES(name##_axis,                                                                   \
            rn_##name(WIDE(g, RN_F32, 2, 7), x_of(g, RN_I32), x_of(g, RN_F32), 2))         \
    static const refusal refusals_##name[] = {                                             \
        {name##_type, #name ": the indices' type is not i32 (f32, f32, f32): "             \
                            "w [2,7], x [2,3], x [2,3]"},                                  \
        {name##_types, #name ": types of table and updates differ (f32, i32, f64): "       \
                             "w [2,7], x [2,3], x [2,3]"},                                 \
        {name##_rank, #name ": ranks differ: w [7], x [2,3], x [2,3]"},                    \
        {name##_sizes, #name ": sizes of the updates do not match: "                       \
                             "w [2,7], x [2,3], w [2,7]"},                                 \
        {name##_axis, #name ": no axis 2: w [2,7]"},                                       \
    };

REFUSED(scatter_add)
REFUSED(scatter)
MOVE(scatter_add, 3, scatters, refusals_scatter_add, more_scatter_add);
MOVE(scatter, 3, scatters, refusals_scatter, more_scatter);
