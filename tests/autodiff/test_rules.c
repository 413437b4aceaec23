/* SPDX-License-Identifier: MIT */
/* How the sweep treats the results of a rule, and which tensors a rule in a loop may
 * use. */
#include "run/driver.h"

static void copy_map(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((double *)y)[i] = ((const double *)x[0])[i * step[0]];
}

/* A rule that gives what `wrong` says for its last operand. */
enum { SCALAR, ONE, ROW, KEPT_ROWS, LARGER, RIGHT };
static int wrong;

static void some_gradient(rn_pullback *p)
{
    const rn_tensor dy = p->dy;

    p->dx[0] = dy;
    switch (wrong) {
    case SCALAR:
        p->dx[p->inputs - 1] = rn_constant_like(dy, 3);
        break;
    case ONE:
        p->dx[p->inputs - 1] = rn_reshape(rn_sum_all(dy), rn_shape(1));
        break;
    case ROW:
        p->dx[p->inputs - 1] = rn_sum_axis(dy, 0);
        break;
    case KEPT_ROWS:
        p->dx[p->inputs - 1] = rn_sum(dy, (const int[]){1}, 1, true);
        break;
    case LARGER:
        p->dx[p->inputs - 1] = rn_broadcast(dy, rn_shape(5, 2, 3));
        break;
    default:
        p->dx[p->inputs - 1] = dy;
    }
}

/* The message of a gradient with respect to the last operand, [..] of `last`. */
static void expect_of_last(int mistake, int inputs, rn_shape last, const char *message)
{
    const rn_op op = {.name = "odd",
                      .inputs = inputs,
                      .map = {[RN_F64] = copy_map},
                      .gradient = some_gradient};
    rn_graph *g = rn_graph_new();
    const rn_tensor in[2] = {rn_test_f64(g, "x", inputs > 1 ? rn_shape(2, 3) : last),
                             rn_test_f64(g, "w", last)};
    const rn_tensor y = rn_sum_all(rn_apply(&op, in, inputs, NULL, 0));
    rn_tensor dx;

    wrong = mistake;
    cr_assert_eq(rn_grad(y, rn_null(), &in[inputs - 1], 1, &dx), !message[0]);
    rn_test_error_is(g, message);
    if (!message[0]) cr_assert(rn_shape_equal(rn_shape_get(dx), last));
    rn_graph_free(g);
}

#define EXPECT(mistake, inputs, shape, gives)                                              \
    expect_of_last(mistake, inputs, shape, "odd: its gradient rule returns f64 " gives)

/* What is smaller than the operand is a mistake, though it could be repeated. */
Test(rules, another_shape_than_the_operands_is_refused)
{
    EXPECT(SCALAR, 1, rn_shape(2, 3), "[] for operand 0, f64 x [2,3]");
    EXPECT(ONE, 1, rn_shape(2, 3), "[1] for operand 0, f64 x [2,3]");
    EXPECT(ROW, 1, rn_shape(2, 3), "[3] for operand 0, f64 x [2,3]");
    EXPECT(KEPT_ROWS, 1, rn_shape(2, 3), "[2,1] for operand 0, f64 x [2,3]");
    EXPECT(LARGER, 1, rn_shape(2, 3), "[5,2,3] for operand 0, f64 x [2,3]");
    EXPECT(SCALAR, 2, rn_shape(3), "[] for operand 1, f64 w [3]");
    EXPECT(ONE, 2, rn_shape(3), "[1] for operand 1, f64 w [3]");
    EXPECT(ONE, 2, rn_shape(), "[1] for operand 1, f64 w []");
    EXPECT(KEPT_ROWS, 2, rn_shape(3), "[2,1] for operand 1, f64 w [3]");
    EXPECT(LARGER, 2, rn_shape(3), "[5,2,3] for operand 1, f64 w [3]");
}

/* What has the result's shape is summed to the operand's. */
Test(rules, the_shape_of_the_result_is_summed)
{
    expect_of_last(RIGHT, 2, rn_shape(3), "");
    expect_of_last(RIGHT, 2, rn_shape(), "");
    expect_of_last(RIGHT, 2, rn_shape(2, 1), "");
    expect_of_last(ROW, 2, rn_shape(3), "");
    expect_of_last(KEPT_ROWS, 2, rn_shape(2, 1), "");
    expect_of_last(SCALAR, 2, rn_shape(), "");
}

/* An operator that is not element-wise sums by itself. */
static bool no_kernel(const rn_call *call)
{
    return call->inputs == 0;
}

static const char *two_by_three(rn_typing *t)
{
    t->shape = rn_shape(2, 3);
    return NULL;
}

Test(rules, only_element_wise_ones_are_summed)
{
    static const rn_op op = {.name = "odd",
                             .inputs = 1,
                             .shape = two_by_three,
                             .kernel = {[RN_F64] = no_kernel},
                             .gradient = some_gradient};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(3));
    rn_tensor dx;

    wrong = RIGHT;
    cr_assert_not(
        rn_grad(rn_sum_all(rn_apply(&op, &x, 1, NULL, 0)), rn_null(), &x, 1, &dx));
    rn_test_error_is(g,
                     "odd: its gradient rule returns f64 [2,3] for operand 0, f64 x [3]");
    rn_graph_free(g);
}

/* The rule of `take` mentions its indices, here the index of the step. */
static void product_of_rows(bool reverse)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor w = rn_test_f64(g, "w", rn_shape(3, 2));
    rn_loop *loop = rn_loop_begin(g);
    rn_tensor dw;

    rn_loop_steps(loop, 3);
    if (reverse) rn_loop_reverse(loop);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(2), 1));
    rn_loop_next(loop, h, rn_mul(h, rn_take(w, rn_loop_index(loop))));
    rn_loop_end(loop);
    cr_assert(rn_grad(rn_sum_all(rn_loop_final(loop, h)), rn_null(), &w, 1, &dw), "%s",
              rn_graph_error(g));
    rn_program *p = rn_test_compile(g, dw);
    rn_test_feed(p, w, (double[]){2, 3, 5, 7, 11, 13});
    rn_test_run(p);
    RN_TEST_EXPECT(p, dw, 55, 91, 22, 39, 10, 21);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(rules, the_index_of_a_step_is_mentioned)
{
    product_of_rows(false);
    product_of_rows(true);
}
