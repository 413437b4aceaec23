/* SPDX-License-Identifier: MIT */
/*
 * A call that is divided as its operator's record says has the bits of one call for all: of
 * every node that the samples of all operators make, and of larger ones.
 */
#include <criterion/criterion.h>
#include <rondo/ops.h>
#include <string.h>

#include "divide.h"
#include "records.h"

/* ---- the samples of every operator ---- */

static int check_sample(const record *r, int number, rn_type real, const rn_op *op)
{
    const sample *s = &r->samples[number];
    rn_graph *g = rn_graph_new();
    rn_test_random random = {(uint64_t)number * 31 + 1};
    rn_test_array value[OPERANDS];
    rn_test_feed feeds[OPERANDS];
    rn_tensor x[OPERANDS];

    for (int i = 0; i < r->inputs; i++) {
        const rn_type type = s->x[i].type == RN_F32 ? real : s->x[i].type;
        value[i] = rn_test_array_new(type, s->x[i].shape);
        s->x[i].fill(&value[i], &random);
        x[i] = rn_input(g, "x", type, s->x[i].shape);
        feeds[i] = (rn_test_feed){x[i], &value[i]};
    }
    const rn_tensor y = r->build(x, s->with);
    cr_assert(!rn_is_null(y), "%s", rn_graph_error(g));
    const int cuts = check_graph(y, feeds, r->inputs, op, r->name);
    for (int i = 0; i < r->inputs; i++) rn_test_array_free(&value[i]);
    rn_graph_free(g);
    return cuts;
}

/* An operator that could be divided, and never was, is not tested. */
static void check_operator(const record *r, const rn_op *op)
{
    const bool divisible = op && (rn__is_elementwise(op) || op->divide);
    int cuts = 0;

    for (int i = 0; i < r->sample_count; i++) {
        cuts += check_sample(r, i, RN_F32, op) + check_sample(r, i, RN_F64, op);
        if (r->flags & INTEGERS_TOO) cuts += check_sample(r, i, RN_I32, op);
    }
    cr_assert(!divisible || cuts > 0, "%s: nothing to cut in its samples", r->name);
}

#define RN_OP(name, code, kind, ...)                                                       \
    extern const rn_op rn__op_##name;                                                      \
    Test(divide, name)                                                                     \
    {                                                                                      \
        check_operator(&record_##name, &rn__op_##name);                                    \
    }
#include "ops/ops.def"
#undef RN_OP

#define RN_COMPOSITE(name)                                                                 \
    Test(divide_composite, name)                                                           \
    {                                                                                      \
        check_operator(&record_##name, NULL);                                              \
    }
#include "composites.def"
#undef RN_COMPOSITE

static bool is_whole(const rn_op *op)
{
    return strcmp(op->name, "add_at") == 0 || strcmp(op->name, "ragged") == 0;
}

/* All say how, but one that says why not, and one that counts. */
Test(division, of_every_operator)
{
    for (int i = 0; i < rn__op_count; i++) {
        const rn_op *op = rn__ops[i];
        const bool divided = rn__is_elementwise(op) || op->divide;

        cr_expect(divided == !(op->view || is_whole(op)), "%s", op->name);
    }
}

/* ---- larger ones, which kernels compute in blocks ---- */

typedef rn_tensor maker(rn_tensor x, rn_tensor y);

static void check_large(maker *make, rn_shape of_x, rn_shape of_y, const char *what)
{
    for (int real = RN_F32; real <= RN_F64; real++) {
        rn_graph *g = rn_graph_new();
        rn_test_random random = {5};
        rn_test_array x = rn_test_array_new((rn_type)real, of_x);
        rn_test_array y = rn_test_array_new((rn_type)real, of_y);
        const rn_tensor in[2] = {rn_input(g, "x", x.type, of_x),
                                 rn_input(g, "y", y.type, of_y)};
        const rn_test_feed feeds[2] = {{in[0], &x}, {in[1], &y}};

        rn_test_fill_regular(&x, &random);
        rn_test_fill_regular(&y, &random);
        const rn_tensor z = make(in[0], in[1]);
        cr_assert(!rn_is_null(z), "%s", rn_graph_error(g));
        cr_assert_gt(check_graph(z, feeds, 2, rn__node_of(z)->op, what), 0, "%s", what);
        rn_test_array_free(&x);
        rn_test_array_free(&y);
        rn_graph_free(g);
    }
}

#define LARGE(name, of_x, of_y, call)                                                      \
    static rn_tensor make_##name(rn_tensor x, rn_tensor y)                                 \
    {                                                                                      \
        (void)y;                                                                           \
        return call;                                                                       \
    }                                                                                      \
    Test(divide_large, name)                                                               \
    {                                                                                      \
        check_large(make_##name, rn_shape of_x, rn_shape of_y, #name);                     \
    }

#define SUM_OVER(axis) rn_sum(x, (const int[]){axis}, 1, false)

LARGE(rows, (601, 300), (300, 77), rn_matmul(x, y))
LARGE(x_turned, (300, 401), (300, 77), rn_matmul_transposed(x, y, RN_TRANSPOSE_X))
LARGE(y_turned, (401, 300), (77, 300), rn_matmul_transposed(x, y, RN_TRANSPOSE_Y))
LARGE(both_turned, (300, 61), (77, 300),
      rn_matmul_transposed(x, y, (rn_transposition)(RN_TRANSPOSE_X | RN_TRANSPOSE_Y)))
LARGE(one_row, (1, 300), (300, 1031), rn_matmul(x, y))
LARGE(one_row_y_turned, (1, 300), (1031, 300), rn_matmul_transposed(x, y, RN_TRANSPOSE_Y))
LARGE(one_column, (1031, 300), (300, 1), rn_matmul(x, y))
LARGE(few_columns, (401, 37), (37, 3), rn_matmul(x, y))
LARGE(long_sums, (5, 40000), (40000, 3), rn_matmul(x, y))
LARGE(batch, (7, 67, 40), (7, 40, 33), rn_matmul(x, y))
LARGE(steps, (13, 17, 40), (40, 65), rn_matmul(x, y))
LARGE(repeated, (7, 40), (5, 40, 33), rn_matmul(x, y))
LARGE(sum_first, (1300, 67), (1), SUM_OVER(0))
LARGE(sum_last, (67, 1300), (1), SUM_OVER(1))
LARGE(sum_middle, (5, 2100, 67), (1), SUM_OVER(1))
LARGE(mean_last, (67, 1300), (1), rn_mean_axis(x, 1))
LARGE(max_first, (1300, 67), (1), rn_max_axis(x, 0))
LARGE(softmax, (131, 257), (1), rn_softmax(x, 1))
LARGE(normalize, (131, 257), (1), rn_normalize(x, 1e-5))
LARGE(added, (131, 257), (257), rn_add(x, y))
LARGE(joined, (131, 57), (131, 257), rn_concat((const rn_tensor[]){x, y}, 2, 1))

/* ---- messages ---- */

/* A range counts elements as the whole call does. */
static void expect_message(rn_tensor y, const rn_test_array *values, int64_t from,
                           int64_t n, const char *message)
{
    int cut[INPUTS];
    job j = job_new(y.graph, rn__node_of(y), values);

    job_begin(&j);
    cr_assert(rn__op_divides(j.op, &j.call, 0, cut));
    cr_assert(!run_range(&j, 0, cut, from, n));
    cr_assert_str_eq(j.message, message);
    job_free(&j);
}

Test(division, messages)
{
    rn_graph *g = rn_graph_new();
    rn_test_array values[2] = {rn_test_array_new(RN_F32, (rn_shape){2, {3, 4}}),
                               rn_test_array_new(RN_I32, (rn_shape){1, {7}})};
    const rn_tensor x = rn_input(g, "x", RN_F32, values[0].shape);
    const rn_tensor i = rn_input(g, "i", RN_I32, values[1].shape);

    values[1].at[5] = 9;
    expect_message(rn_take(x, i), values, 4, 3, "index 9 is outside 0..2 at element 5");
    rn_test_array table[3] = {rn_test_array_new(RN_F32, (rn_shape){2, {7, 4}}),
                              rn_test_array_new(RN_I32, (rn_shape){2, {7, 2}}),
                              rn_test_array_new(RN_F32, (rn_shape){2, {7, 2}})};
    const rn_tensor t = rn_input(g, "t", RN_F32, table[0].shape);
    const rn_tensor n = rn_input(g, "n", RN_I32, table[1].shape);
    const rn_tensor u = rn_input(g, "u", RN_F32, table[2].shape);
    table[1].at[11] = 4;
    expect_message(rn_gather(t, n, 1), table, 4, 3,
                   "index 4 is outside 0..3 at element 11");
    expect_message(rn_scatter_add(t, n, u, 1), table, 4, 3,
                   "index 4 is outside 0..3 at element 11");
    for (int k = 0; k < 3; k++) rn_test_array_free(&table[k]);
    expect_message(rn_check_range(i, 0, 8), values + 1, 2, 5,
                   "9 is outside 0..8 at element 5");
    rn_test_array_free(&values[0]);
    rn_test_array_free(&values[1]);
    rn_graph_free(g);
}
