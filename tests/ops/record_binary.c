/* SPDX-License-Identifier: MIT */
/* Records of the arithmetic of two operands. */
#include "record_binary.h"

#include <criterion/criterion.h>
#include <rondo/grad.h>

static double plus(double x, double y)
{
    return x + y;
}

static double minus(double x, double y)
{
    return x - y;
}

static double times(double x, double y)
{
    return x * y;
}

static double over(double x, double y)
{
    return x / y;
}

static double larger(double x, double y)
{
    return x > y ? x : y;
}

static double smaller(double x, double y)
{
    return x < y ? x : y;
}

REFUSED(add)
BINARY(add, plus, x->type, 0, EXACT | ALIASED | INTEGERS_TOO, NULL, PAIRS(odd, odd));

REFUSED(sub)
BINARY(sub, minus, x->type, 0, EXACT | ALIASED | INTEGERS_TOO, NULL, PAIRS(odd, odd));

REFUSED(mul)
BINARY(mul, times, x->type, 0, EXACT | ALIASED | INTEGERS_TOO, NULL, PAIRS(odd, odd));

static void more_weigh(void)
{
    static const binary_point points[] = {
        {2, 3, 6, 3, 2},
        {0, INFINITY, 0, INFINITY, 0},
        {0, -INFINITY, 0, -INFINITY, 0},
        {0.5, INFINITY, INFINITY, INFINITY, 0.5},
        {0, NAN, NAN, NAN, 0},
        {INFINITY, 0, NAN, 0, INFINITY},
    };
    expect_binary_points(rn_weigh, points, COUNT(points));
}
REFUSED(weigh)
BINARY(weigh, times, x->type, 0, EXACT | ALIASED, more_weigh, PAIRS(odd, odd));

static void more_div(void)
{
    static const binary_point points[] = {
        {1, 2, 0.5, 0.5, -0.25},
        {1, 0, INFINITY, INFINITY, -INFINITY},
        {0, 0, NAN, INFINITY, NAN},
        {3, INFINITY, 0, 0, -0.0},
    };
    expect_binary_points(rn_div, points, COUNT(points));
}
REFUSED(div)
BINARY(div, over, x->type, 0.5, ALIASED, more_div, PAIRS(regular, positive));

/* d/dx d/dy x^y = x^(y-1) (1 + y log x), also where y is 0. */
static void mixed_derivative_of_pow(void)
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
static void small_base_of_pow(void)
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
static void second_derivative_of_pow(void)
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

/* Where y is 0 its gradient is 0 at x = 0 too; so is that of x at 0^0. */
static void more_pow(void)
{
    static const binary_point points[] = {
        {0, 0, 1, 0, 0},
        {0, 2, 0, 0, 0},
        {2, 0, 1, 0, 0.6931471805599453},
        {0, 1, 0, 1, 0},
        {-2, 3, -8, 12, 0},
        {-2, 0.5, NAN, NAN, 0},
        {0, -1, INFINITY, -INFINITY, 0},
        {INFINITY, 0.25, INFINITY, 0, INFINITY},
        {-INFINITY, 0.25, INFINITY, 0, 0},
        {-2, 0, 1, 0, 0},
        {INFINITY, -1, 0, 0, 0},
        {INFINITY, -2, 0, 0, 0},
        {0.5, INFINITY, 0, 0, 0},
        {2, -INFINITY, 0, 0, 0},
        {2, INFINITY, INFINITY, INFINITY, INFINITY},
    };
    expect_binary_points(rn_pow, points + 3, COUNT(points) - 3);
    expect_binary_points(rn_pow, points, 2);
    mixed_derivative_of_pow();
    small_base_of_pow();
    second_derivative_of_pow();
}
REFUSED(pow)
BINARY(pow, pow, x->type, 4, ALIASED, more_pow, PAIRS(positive, regular));

static void more_maximum(void)
{
    static const binary_point points[] = {{2, 2, 2, 0.5, 0.5},     {-1, 3, 3, 0, 1},
                                          {4, 3, 4, 1, 0},         {-INFINITY, 0, 0, 0, 1},
                                          {1, NAN, NAN, 0.5, 0.5}, {NAN, 1, NAN, 0.5, 0.5}};
    expect_binary_points(rn_maximum, points, COUNT(points));
}
REFUSED(maximum)
BINARY(maximum, larger, x->type, 0, NEAR_KINKS | INTEGERS_TOO, more_maximum,
       PAIRS(odd, odd));

static void more_minimum(void)
{
    static const binary_point points[] = {{2, 2, 2, 0.5, 0.5},     {-1, 3, -1, 1, 0},
                                          {4, 3, 3, 0, 1},         {INFINITY, 0, 0, 0, 1},
                                          {1, NAN, NAN, 0.5, 0.5}, {NAN, 1, NAN, 0.5, 0.5}};
    expect_binary_points(rn_minimum, points, COUNT(points));
}
REFUSED(minimum)
BINARY(minimum, smaller, x->type, 0, INTEGERS_TOO, more_minimum, PAIRS(regular, regular));
