/* SPDX-License-Identifier: MIT */
/* What the sweep makes of what a rule returns, and what a rule in a loop may mention. */
#include "run/driver.h"

static void copy_map(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((double *)y)[i] = ((const double *)x[0])[i * step[0]];
}

static void three(rn_pullback *p)
{
    p->dx[0] = rn_constant_like(p->dy, 3);
}

static void rows_of_three(rn_pullback *p)
{
    p->dx[0] = rn_scale(rn_sum(p->dy, (const int[]){1}, 1, true), 3);
}

static rn_tensor gradient_of(rn_graph *g, const rn_op *op, rn_tensor x)
{
    const rn_tensor w = rn_test_constant_f64(g, rn_shape(2, 2), (double[]){1, 2, 3, 4});
    rn_tensor dx;

    cr_assert(rn_grad(rn_apply(op, &x, 1, NULL, 0), w, &x, 1, &dx), "%s",
              rn_graph_error(g));
    return dx;
}

/* A rule may give less than the shape of x: each element has that gradient. */
Test(rules, a_smaller_gradient_is_spread)
{
    static const rn_op scalar = {
        .name = "scalar", .inputs = 1, .map = {[RN_F64] = copy_map}, .gradient = three};
    static const rn_op rows = {.name = "rows",
                               .inputs = 1,
                               .map = {[RN_F64] = copy_map},
                               .gradient = rows_of_three};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2, 2));
    const rn_tensor a = gradient_of(g, &scalar, x), b = gradient_of(g, &rows, x);
    rn_program *p = rn_test_compile(g, a, b);

    rn_test_run(p);
    RN_TEST_EXPECT(p, a, 3, 3, 3, 3);
    RN_TEST_EXPECT(p, b, 9, 9, 21, 21);
    rn_program_free(p);
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
