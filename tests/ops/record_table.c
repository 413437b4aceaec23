/* SPDX-License-Identifier: MIT */
/* Records of the operators on rows of tables. */
#include "record_move.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static int64_t row_size(const rn_test_array *x)
{
    int64_t n = 1;

    for (int i = 1; i < x->shape.rank; i++) n *= x->shape.size[i];
    return n;
}

/* ---- take ---- */

BUILD(take)
{
    return rn_take(x[0], x[1]);
}
REFERENCE(take)
{
    const int64_t row = row_size(x);
    rn_shape shape = x[1].shape;

    for (int i = 1; i < x->shape.rank; i++) shape.size[shape.rank++] = x->shape.size[i];
    *y = rn_test_array_new(x->type, shape);
    for (int64_t i = 0; i < rn_test_array_count(&x[1]); i++)
        for (int64_t j = 0; j < row; j++)
            y->at[i * row + j] = x->at[(int64_t)x[1].at[i] * row + j];
}
static const sample takes[] = {
    {.x = {REAL(odd, 3), I32(index, 7)}},
    {.x = {REAL(odd, 3, 5), I32(index, 2, 4)}},
    {.x = {REAL(odd, 4, 2, 3), I32(index, 3)}},
    {.x = {REAL(odd, 3, 5), {RN_I32, SCALAR, rn_test_fill_index}}},
    {.x = {REAL(odd, 3, 5), I32(index, 0)}},
    {.x = {REAL(odd, 3, 0), I32(index, 2)}},
};

/* What happens to an index below and beyond the table. */
static void expect_outside(rn_tensor (*call)(rn_tensor x, rn_tensor indices),
                           const char *name, const char *shape)
{
    rn_graph *g = rn_graph_new();
    rn_test_array table = rn_test_array_new(RN_F32, (rn_shape)SHAPE(65, 2));
    rn_test_array which = rn_test_array_new(RN_I32, (rn_shape)SHAPE(4, 5));
    const rn_tensor x = rn_input(g, "x", RN_F32, table.shape);
    const rn_tensor indices = rn_input(g, "i", RN_I32, which.shape);
    const rn_test_feed feeds[2] = {{x, &table}, {indices, &which}};
    char message[200];

    which.at[12] = 77;
    snprintf(message, sizeof message,
             "%s: index 77 is outside 0..64 at element 12: result %s", name, shape);
    rn_test_run_fails(call(x, indices), feeds, 2, message);
    which.at[3] = -1;
    snprintf(message, sizeof message,
             "%s: index -1 is outside 0..64 at element 3: result %s", name, shape);
    rn_test_run_fails(call(x, indices), feeds, 2, message);
    rn_test_array_free(&table);
    rn_test_array_free(&which);
    rn_graph_free(g);
}

static void more_take(void)
{
    expect_outside(rn_take, "take", "[4,5,2]");
}

static rn_tensor small_table(rn_graph *g)
{
    return rn_input(g, "w", RN_F32, (rn_shape)SHAPE(7, 2));
}

REFUSES(take_type, rn_take(small_table(g), x_of(g, RN_F32)))
REFUSES(take_rank, rn_take(rn_input(g, "w", RN_F32, (rn_shape)SCALAR), x_of(g, RN_I32)))
REFUSES(take_axes,
        rn_take(small_table(g),
                rn_input(g, "x", RN_I32, (rn_shape)SHAPE(1, 1, 1, 1, 1, 1, 1, 1))))
static const refusal refusals_take[] = {
    {take_type, "take: the indices' type is not i32 (f32, f32): w [7,2], x [2,3]"},
    {take_rank, "take: rank below 1: w [], x [2,3]"},
    {take_axes, "take: the result has too many axes: w [7,2], x [1,1,1,1,1,1,1,1]"},
};
MOVE(take, 2, takes, refusals_take, more_take);

/* ---- check_range ---- */

BUILD(check_range)
{
    return rn_check_range(x[0], -3, 1000);
}
REFERENCE(check_range)
{
    *y = rn_test_array_copy(&x[0]);
}
static const sample check_ranges[] = {
    {.x = {I32(index, 7)}},
    {.x = {I32(index, 2, 4)}},
    {.x = {{RN_I32, SCALAR, rn_test_fill_index}}},
    {.x = {I32(index, 0)}},
};

/* What lies just outside on either side, where it lies, and the limits themselves. */
static void more_check_range(void)
{
    rn_graph *g = rn_graph_new();
    rn_test_array values = rn_test_array_new(RN_I32, (rn_shape)SHAPE(2, 3)), got;
    const rn_tensor x = rn_input(g, "x", RN_I32, values.shape);
    const rn_tensor y = rn_name(rn_check_range(x, -2, 5), "y");
    const rn_test_feed feed = {x, &values};

    values.at[4] = 5, values.at[5] = -2;
    rn_test_run(&y, 1, &feed, 1, &got);
    cr_assert(got.at[4] == 5 && got.at[5] == -2 && got.at[0] == 0);
    values.at[4] = 6;
    rn_test_run_fails(y, &feed, 1, "check_range: 6 is outside -2..5 at element 4: y [2,3]");
    values.at[1] = -3;
    rn_test_run_fails(y, &feed, 1,
                      "check_range: -3 is outside -2..5 at element 1: y [2,3]");
    rn_test_array_free(&got);
    rn_test_array_free(&values);
    rn_graph_free(g);
}

REFUSES(check_range_type, rn_check_range(x_of(g, RN_F32), 0, 1))
REFUSES(check_range_limits, rn_check_range(x_of(g, RN_I32), 3, 2))
static const refusal refusals_check_range[] = {
    {check_range_type, "check_range: the type is not i32 (f32): x [2,3]"},
    {check_range_limits, "check_range: low is above high: 3..2: x [2,3]"},
};
const record record_check_range = {.name = "check_range",
                                   .inputs = 1,
                                   .build = build_check_range,
                                   .reference = reference_check_range,
                                   SAMPLES(check_ranges),
                                   .flags = EXACT | NO_GRADIENT,
                                   REFUSALS(refusals_check_range),
                                   .more = more_check_range};

/* ---- add_at ---- */

BUILD(add_at)
{
    return rn_add_at(x[0], x[1], x[2]);
}
REFERENCE(add_at)
{
    const int64_t row = row_size(x);

    *y = rn_test_array_copy(x);
    for (int64_t i = 0; i < rn_test_array_count(&x[1]); i++)
        for (int64_t j = 0; j < row; j++)
            y->at[(int64_t)x[1].at[i] * row + j] += x[2].at[i * row + j];
}
static const sample add_ats[] = {
    {.x = {REAL(odd, 3), I32(index, 7), REAL(odd, 7)}},
    {.x = {REAL(odd, 3, 5), I32(index, 2, 2), REAL(odd, 2, 2, 5)}},
    {.x = {REAL(odd, 4, 2, 3), I32(index, 3), REAL(odd, 3, 2, 3)}},
    {.x = {REAL(odd, 3, 5), {RN_I32, SCALAR, rn_test_fill_index}, REAL(odd, 5)}},
    {.x = {REAL(odd, 3, 5), I32(index, 0), REAL(odd, 0, 5)}},
    {.x = {REAL(odd, 3, 0), I32(index, 2), REAL(odd, 2, 0)}},
    {.x = {REAL(odd, 3, 67), I32(index, 9), REAL(odd, 9, 67)}, .values_only = true},
};

static rn_tensor add_rows(rn_tensor x, rn_tensor indices)
{
    return rn_add_at(x, indices, rn_take(x, rn_scale(indices, 0)));
}

static void more_add_at(void)
{
    expect_outside(add_rows, "add_at", "[65,2]");
}

REFUSES(add_at_type, rn_add_at(small_table(g), x_of(g, RN_F32), x_of(g, RN_F32)))
REFUSES(add_at_types, rn_add_at(small_table(g), x_of(g, RN_I32), x_of(g, RN_F64)))
REFUSES(add_at_ranks, rn_add_at(small_table(g), x_of(g, RN_I32), x_of(g, RN_F32)))
REFUSES(add_at_sizes, rn_add_at(small_table(g), x_of(g, RN_I32),
                                rn_input(g, "u", RN_F32, (rn_shape)SHAPE(2, 3, 7))))
static const refusal refusals_add_at[] = {
    {add_at_type, "add_at: the indices' type is not i32 (f32, f32, f32): "
                  "w [7,2], x [2,3], x [2,3]"},
    {add_at_types, "add_at: types of table and updates differ (f32, i32, f64): "
                   "w [7,2], x [2,3], x [2,3]"},
    {add_at_ranks, "add_at: ranks do not match: w [7,2], x [2,3], x [2,3]"},
    {add_at_sizes,
     "add_at: sizes of the updates do not match: w [7,2], x [2,3], u [2,3,7]"},
};
MOVE(add_at, 3, add_ats, refusals_add_at, more_add_at);
