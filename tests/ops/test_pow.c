/* SPDX-License-Identifier: MIT */
/* Derivatives of x^y where a factor of their formulas has no value. */
#include <criterion/criterion.h>
#include <rondo/grad.h>
#include <rondo/ops.h>

#include "eval.h"

/* d/dx d/dy x^y = x^(y-1) (1 + y log x), also where y is 0. */
Test(pow, mixed_derivative)
{
    rn_graph *g = rn_graph_new();
    rn_test_array x = rn_test_array_new(RN_F64, (rn_shape){1, {2}});
    rn_test_array y = rn_test_array_new(RN_F64, x.shape);
    const rn_tensor in[2] = {rn_input(g, "x", RN_F64, x.shape),
                             rn_input(g, "y", RN_F64, x.shape)};
    const rn_test_feed feeds[2] = {{in[0], &x}, {in[1], &y}};
    rn_tensor dx, dxdy;

    x.at[0] = 2, y.at[0] = 0, x.at[1] = 1, y.at[1] = 3;
    const rn_tensor z = rn_sum_all(rn_pow(in[0], in[1]));
    cr_assert(rn_grad(z, rn_null(), &in[0], 1, &dx));
    cr_assert(rn_grad(rn_sum_all(dx), rn_null(), &in[1], 1, &dxdy));
    rn_test_array got = rn_test_eval(dxdy, feeds, 2);
    cr_assert(got.at[0] == 0.5 && got.at[1] == 1, "%g, %g", got.at[0], got.at[1]);
    rn_test_array_free(&got);
    rn_test_array_free(&y);
    rn_test_array_free(&x);
    rn_graph_free(g);
}

/* x^(y-1) is infinite where x is subnormal and y is 0, but the gradient to x is 0. And x^2
 * may be 0 where 2 x is not. */
Test(pow, small_base)
{
    for (int real = RN_F32; real <= RN_F64; real++) {
        rn_graph *g = rn_graph_new();
        rn_test_array x = rn_test_array_new((rn_type)real, (rn_shape){1, {3}});
        rn_test_array y = rn_test_array_new((rn_type)real, x.shape);
        const rn_tensor in[2] = {rn_input(g, "x", x.type, x.shape),
                                 rn_input(g, "y", x.type, x.shape)};
        const rn_test_feed feeds[2] = {{in[0], &x}, {in[1], &y}};
        rn_tensor dx;

        x.at[0] = real == RN_F32 ? 0x1p-149 : 0x1p-1074;
        x.at[1] = -x.at[0];
        x.at[2] = real == RN_F32 ? 0x1p-80 : 0x1p-600;
        y.at[2] = 2;
        cr_assert(rn_grad(rn_sum_all(rn_pow(in[0], in[1])), rn_null(), in, 1, &dx));
        rn_test_array got = rn_test_eval(dx, feeds, 2);
        cr_assert(got.at[0] == 0 && got.at[1] == 0, "%g, %g", got.at[0], got.at[1]);
        cr_assert_eq(got.at[2], 2 * x.at[2], "%g", got.at[2]);
        rn_test_array_free(&got);
        rn_test_array_free(&y);
        rn_test_array_free(&x);
        rn_graph_free(g);
    }
}

/* d2/dx2 x^y = y (y-1) x^(y-2) is finite where x^(y-2) alone is not, and where x is 0. */
Test(pow, second_derivative)
{
    rn_graph *g = rn_graph_new();
    rn_test_array x = rn_test_array_new(RN_F64, (rn_shape){1, {3}});
    rn_test_array y = rn_test_array_new(RN_F64, x.shape);
    const rn_tensor in[2] = {rn_input(g, "x", RN_F64, x.shape),
                             rn_input(g, "y", RN_F64, x.shape)};
    const rn_test_feed feeds[2] = {{in[0], &x}, {in[1], &y}};
    rn_tensor dx, dxdx;

    x.at[0] = y.at[0] = 0x1p-600, y.at[1] = 2, y.at[2] = 3;
    cr_assert(rn_grad(rn_sum_all(rn_pow(in[0], in[1])), rn_null(), in, 1, &dx));
    cr_assert(rn_grad(rn_sum_all(dx), rn_null(), in, 1, &dxdx));
    rn_test_array got = rn_test_eval(dxdx, feeds, 2);
    cr_assert_eq(got.at[0], -0x1p600, "%g", got.at[0]);
    cr_assert(got.at[1] == 2 && got.at[2] == 0, "%g, %g", got.at[1], got.at[2]);
    rn_test_array_free(&got);
    rn_test_array_free(&y);
    rn_test_array_free(&x);
    rn_graph_free(g);
}
