/* SPDX-License-Identifier: MIT */
/* Properties of all builders: null tensors are passed on, i32 wraps around. */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo/conv.h>
#include <rondo/grad.h>
#include <rondo/ops.h>
#include <rondo/program.h>

#include "eval.h"

#define NULL_IN_NULL_OUT(expression)                                                       \
    cr_assert(rn_is_null(expression), "%s is not null", #expression)

Test(edges, null_operands)
{
    const rn_tensor x = rn_null(), two[2] = {x, x};
    const rn_shape shape = {1, {2}};

    rn_tensor (*const unary[])(rn_tensor) = {
#define RN_ONE(name, ...)  rn_##name,
#define RN_ALSO(name, ...) rn_##name,
#include "elementwise.def"
        rn_sum_all,   rn_mean_all,  rn_max_all,   rn_stop_gradient, rn_ceil,
        rn_gelu_tanh, rn_transpose, rn_one_minus, rn_is_finite};
    rn_tensor (*const binary[])(rn_tensor, rn_tensor) = {
#define RN_TWO(name, ...) rn_##name,
#include "elementwise.def"
        rn_greater, rn_greater_equal, rn_matmul, rn_take};
    rn_tensor (*const reductions[])(rn_tensor, const int *, int, bool) = {
        rn_sum, rn_max, rn_min, rn_prod, rn_mean, rn_variance};
    rn_tensor (*const along[])(rn_tensor, int) = {rn_sum_axis, rn_mean_axis,   rn_max_axis,
                                                  rn_softmax,  rn_log_softmax, rn_reverse,
                                                  rn_expand,   rn_squeeze};

    for (size_t i = 0; i < sizeof unary / sizeof *unary; i++) NULL_IN_NULL_OUT(unary[i](x));
    for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
        NULL_IN_NULL_OUT(binary[i](x, x));
    for (size_t i = 0; i < sizeof reductions / sizeof *reductions; i++) {
        NULL_IN_NULL_OUT(reductions[i](x, NULL, 0, false));
        NULL_IN_NULL_OUT(reductions[i](x, (const int[]){0}, 1, true));
    }
    for (size_t i = 0; i < sizeof along / sizeof *along; i++)
        NULL_IN_NULL_OUT(along[i](x, 0));
    NULL_IN_NULL_OUT(rn_where(x, x, x));
    NULL_IN_NULL_OUT(rn_cast(x, RN_F32));
    NULL_IN_NULL_OUT(rn_argmax(x, 0, false));
    NULL_IN_NULL_OUT(rn_logsumexp(x, 0, true));
    NULL_IN_NULL_OUT(rn_matmul_transposed(x, x, RN_TRANSPOSE_X));
    NULL_IN_NULL_OUT(rn_reshape(x, shape));
    NULL_IN_NULL_OUT(rn_permute(x, (const int[]){0}));
    NULL_IN_NULL_OUT(rn_broadcast(x, shape));
    NULL_IN_NULL_OUT(rn_slice(x, 0, 0, 1, 1));
    NULL_IN_NULL_OUT(rn_index(x, 0, 0));
    NULL_IN_NULL_OUT(rn_pad(x, 0, 1, 1, 1));
    NULL_IN_NULL_OUT(rn_concat(two, 2, 0));
    NULL_IN_NULL_OUT(rn_concat(NULL, 0, 0));
    NULL_IN_NULL_OUT(rn_stack(two, 2, 0));
    NULL_IN_NULL_OUT(rn_stack(NULL, 0, 0));
    NULL_IN_NULL_OUT(rn_add_at(x, x, x));
    NULL_IN_NULL_OUT(rn_uniform(x, 1, RN_F32, shape));
    NULL_IN_NULL_OUT(rn_normal(x, 1, RN_F32, shape));
    NULL_IN_NULL_OUT(rn_scale(x, 2));
    NULL_IN_NULL_OUT(rn_offset(x, 2));
    NULL_IN_NULL_OUT(rn_normalize(x, 1));
    NULL_IN_NULL_OUT(rn_normalize_affine(x, x, x, 1));
    NULL_IN_NULL_OUT(rn_one_hot(x, 3, RN_F32));
    NULL_IN_NULL_OUT(rn_range(NULL, 3));
}

Test(edges, null_operands_along_an_axis)
{
    const rn_tensor x = rn_null();

    NULL_IN_NULL_OUT(rn_argsort(x, 0, false));
    NULL_IN_NULL_OUT(rn_sort(x, 0, false));
    NULL_IN_NULL_OUT(rn_top_k_indices(x, 0, 1, false));
    NULL_IN_NULL_OUT(rn_top_k(x, 0, 1, false));
    NULL_IN_NULL_OUT(rn_cumsum(x, 0, (rn_cumsum_options){0}));
    NULL_IN_NULL_OUT(rn_windows(x, 0, 1, 1, 1));
    NULL_IN_NULL_OUT(rn_fold(x, 0, 1, 1, 1));
    NULL_IN_NULL_OUT(rn_conv1d(x, x, (rn_conv1d_options){0}));
    NULL_IN_NULL_OUT(rn_conv2d(x, x, (rn_conv2d_options){.groups = 1}));
    NULL_IN_NULL_OUT(rn_causal_conv(x, x, 1));
    NULL_IN_NULL_OUT(rn_max_pool1d(x, 2, (rn_pool1d_options){0}));
    NULL_IN_NULL_OUT(rn_mean_pool2d(x, 2, 2, (rn_pool2d_options){.same = true}));
    NULL_IN_NULL_OUT(rn_pool_time(x, x, RN_POOL_MAX));
    NULL_IN_NULL_OUT(rn_causal_conv_step(x, x, 1, NULL));
    NULL_IN_NULL_OUT(rn_linear_scan(x, x, x, (rn_linear_scan_options){0}));
    NULL_IN_NULL_OUT(rn_gather(x, x, 0));
    NULL_IN_NULL_OUT(rn_scatter_add(x, x, x, 0));
    NULL_IN_NULL_OUT(rn_scatter(x, x, x, 0));
}

/* One null operand among others, with no error yet: an error. */
Test(edges, a_null_operand_is_an_error)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, (rn_shape){1, {2}});

    cr_assert(rn_is_null(rn_add(x, rn_null())));
    cr_assert_str_eq(rn_graph_error(g), "add: operand 1 is the null tensor");
    rn_graph_free(g);
}

static int32_t of_integers(rn_tensor (*op)(rn_tensor, rn_tensor), double a, double b)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_constant_scalar(g, RN_I32, a),
                    y = rn_constant_scalar(g, RN_I32, b);
    rn_test_array z = rn_test_eval(op(x, y), NULL, 0);
    const int32_t value = (int32_t)z.at[0];

    rn_test_array_free(&z);
    rn_graph_free(g);
    return value;
}

static rn_tensor neg_of_first(rn_tensor x, rn_tensor y)
{
    (void)y;
    return rn_neg(x);
}

static rn_tensor abs_of_first(rn_tensor x, rn_tensor y)
{
    (void)y;
    return rn_abs(x);
}

static rn_tensor sum_of_both(rn_tensor x, rn_tensor y)
{
    return rn_sum_all(rn_stack((const rn_tensor[]){x, y}, 2, 0));
}

Test(edges, integers_wrap)
{
    const double low = INT32_MIN, high = INT32_MAX;

    cr_assert(of_integers(rn_add, high, 1) == INT32_MIN);
    cr_assert(of_integers(rn_sub, low, 1) == INT32_MAX);
    cr_assert(of_integers(rn_mul, 65536, 65537) == 65536);
    cr_assert(of_integers(neg_of_first, low, 0) == INT32_MIN);
    cr_assert(of_integers(abs_of_first, low, 0) == INT32_MIN);
    cr_assert(of_integers(sum_of_both, high, 2) == INT32_MIN + 1);
    cr_assert(of_integers(rn_maximum, low, high) == INT32_MAX);
    cr_assert(of_integers(rn_minimum, low, high) == INT32_MIN);
}

/* A weight of 0 gives 0 for any cost, in the gradient too: dx = weigh(dz, y) where the
 * cotangent dz is 0, dy = weigh(x, dz) where x is. */
Test(edges, gradients_of_no_weight)
{
    const double x[4] = {2, 0, 3, 0}, y[4] = {INFINITY, 5, -INFINITY, 7};
    const double dz[4] = {0, INFINITY, 0, -INFINITY};
    const double dx[4] = {0, INFINITY, 0, -INFINITY}, dy[4] = {0, 0, 0, 0};
    rn_graph *g = rn_graph_new();
    const rn_tensor in[2] = {rn_constant(g, RN_F64, rn_shape(4), x),
                             rn_constant(g, RN_F64, rn_shape(4), y)};
    rn_tensor d[2];
    rn_test_array got[2];

    cr_assert(
        rn_grad(rn_weigh(in[0], in[1]), rn_constant(g, RN_F64, rn_shape(4), dz), in, 2, d));
    rn_test_run(d, 2, NULL, 0, got);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(got[0].at[i], dx[i], "dx[%d] is %g", i, got[0].at[i]);
        cr_assert_eq(got[1].at[i], dy[i], "dy[%d] is %g", i, got[1].at[i]);
    }
    rn_test_array_free(&got[0]);
    rn_test_array_free(&got[1]);
    rn_graph_free(g);
}

/* Products of neighbours of 1 and -1 keep their digits: 1 - x x loses them all. */
Test(edges, slope_of_tanh_beside_one)
{
    enum { N = 8 };
    double x[2 * N + 1], y[2 * N + 1];
    rn_graph *g = rn_graph_new();

    for (int i = 0; i <= 2 * N; i++) x[i] = (i % 2 ? -1 : 1) * (1 + (i - N) * 0x1p-52);
    const rn_tensor at = rn_input(g, "x", RN_F64, rn_shape(2 * N + 1));
    const rn_tensor slope = rn_tanh_slope(at, rn_constant_like(at, 1));
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(slope)});
    cr_assert(p, "%s", rn_graph_error(g));
    cr_assert_eq(rn_feed_f64(p, at, x, 2 * N + 1), RN_OK);
    cr_assert_eq(rn_run(p), RN_OK);
    cr_assert_eq(rn_read_f64(p, slope, y, 2 * N + 1), RN_OK);
    for (int i = 0; i <= 2 * N; i++) {
        const double off = (i - N) * 0x1p-52, want = -off * (2 + off);
        cr_assert(fabs(y[i] - want) <= 4 * 0x1p-53 * fabs(want), "%a: %a, not %a", x[i],
                  y[i], want);
    }
    rn_program_free(p);
    rn_graph_free(g);
}
