/* SPDX-License-Identifier: MIT */
/* The oracle's derivatives against closed forms. */
#include <criterion/criterion.h>

#include "quad.h"

typedef rn_tensor function(rn_tensor x);
typedef quad formula(quad x);

static quad tanh_slope(quad x)
{
    return 1 / (coshq(x) * coshq(x));
}

static quad sigmoid_slope(quad x)
{
    return 1 / (4 * coshq(x / 2) * coshq(x / 2));
}

static quad erf_slope(quad x)
{
    return M_2_SQRTPIq * expq(-x * x);
}

static quad log_slope(quad x)
{
    return 1 / x;
}

static quad square_slope(quad x)
{
    return 2 * x;
}

static const struct {
    function *f;
    formula *slope;
    double x;
} cases[] = {
    {rn_tanh, tanh_slope, 0.5},
    {rn_tanh, tanh_slope, -3},
    {rn_tanh, tanh_slope, 0},
    {rn_sigmoid, sigmoid_slope, 2},
    {rn_sigmoid, sigmoid_slope, -30},
    {rn_erf, erf_slope, 1.25},
    {rn_exp, expq, -1.5},
    {rn_exp, expq, 1e-300},
    {rn_exp, expq, 30},
    {rn_sin, cosq, 1},
    {rn_log, log_slope, 1e-300},
    {rn_log, log_slope, 1e200},
    {rn_log, log_slope, 0.7},
    {rn_square, square_slope, 1e150},
    {rn_square, square_slope, 1e-8},
};

Test(quad_derivative, closed_forms)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape()), y = cases[i].f(x);
        rn_test_quad *q = rn_test_quad_new(g);
        const double one = 1;
        const rn_test_quad_path path = {x, &one};
        quad error;

        rn_test_quad_set(q, x, &cases[i].x);
        const quad want = cases[i].slope((quad)cases[i].x);
        const quad got = rn_test_quad_derivative(q, y, &path, 1, &error),
                   off = fabsq(got - want);
        cr_assert(off <= 1e-20Q * fabsq(want), "case %d: %g for %g, off by %g", (int)i,
                  (double)got, (double)want, (double)off);
        cr_assert(off <= error && error <= 1e-19Q * fabsq(want),
                  "case %d: off by %g of %g, said to be %g", (int)i, (double)off,
                  (double)want, (double)error);
        cr_assert(rn_test_quad_run(q, x)[0] == (quad)cases[i].x, "x was not put back");
        rn_test_quad_free(q);
        rn_graph_free(g);
    }
}

/* At a kink there is no derivative and the error says so; beside it a shorter step is. */
Test(quad_derivative, kinks)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape()), y = rn_relu(x);
    rn_test_quad *q = rn_test_quad_new(g);
    const double one = 1, near = 1e-9;
    const rn_test_quad_path path = {x, &one};
    quad error;

    const quad half = rn_test_quad_derivative(q, y, &path, 1, &error);
    cr_assert(half == 0.5Q && !(error < 0.001Q), "%g +- %g", (double)half, (double)error);
    rn_test_quad_set(q, x, &near);
    cr_assert(rn_test_quad_derivative(q, y, &path, 1, &error) == 1 && error < 1e-20Q, "%g",
              (double)error);
    rn_test_quad_free(q);
    rn_graph_free(g);
}

Test(quad_derivative, second_derivatives_of_several_leaves)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2)),
                    y = rn_input(g, "y", RN_F64, rn_shape());
    const rn_tensor z = rn_sum_all(rn_mul(rn_exp(x), rn_sin(y)));
    rn_test_quad *q = rn_test_quad_new(g);
    const double values[2] = {0.5, -0.25}, angle = 2, first[2] = {1, 0}, both[2] = {1, 2},
                 one = 1;
    const quad h = 0x1p-28Q;

    rn_test_quad_set(q, x, values);
    rn_test_quad_set(q, y, &angle);
    const quad xy = rn_test_quad_second(q, z, (rn_test_quad_path){x, both}, h,
                                        (rn_test_quad_path){y, &one}, h);
    const quad xx = rn_test_quad_second(q, z, (rn_test_quad_path){x, first}, h,
                                        (rn_test_quad_path){x, both}, h);
    const quad want_xy = (expq(0.5Q) + 2 * expq(-0.25Q)) * cosq(2),
               want_xx = expq(0.5Q) * sinq(2);

    cr_assert(fabsq(xy - want_xy) <= 1e-12Q && fabsq(xx - want_xx) <= 1e-12Q, "%g %g",
              (double)(xy - want_xy), (double)(xx - want_xx));
    const rn_test_quad_path paths[2] = {{x, both}, {y, &one}};
    quad error;
    const quad slope = rn_test_quad_derivative(q, z, paths, 2, &error);
    const quad want =
        (expq(0.5Q) + 2 * expq(-0.25Q)) * sinq(2) + (expq(0.5Q) + expq(-0.25Q)) * cosq(2);
    cr_assert(fabsq(slope - want) <= error && error <= 1e-20Q);
    rn_test_quad_free(q);
    rn_graph_free(g);
}
