/* SPDX-License-Identifier: MIT */
/* First and second gradients of loops, of every output with respect to every input. */
#include "run/driver.h"

#include <rondo/gradcheck.h>

#include "graph/loop.h"

static void checked(rn_tensor loss, const char *what)
{
    rn_gradcheck_report *r = rn_gradcheck(loss, (rn_gradcheck_options){.exhaustive = 100});

    cr_assert(r->status == RN_OK && r->passed, "%s: %s", what, r->text);
    cr_log_info("%s: largest error %.3g of %lld", what, r->largest, (long long)r->checked);
    rn_gradcheck_free(r);
}

/* sum(x c) with c different for every element. */
static rn_tensor told_apart(rn_tensor x, uint64_t seed)
{
    const int64_t n = rn_test_count(x);
    double *c = (double *)malloc((size_t)(n + 1) * sizeof *c);
    const rn_tensor constant =
        rn_test_constant_f64(x.graph, rn_shape_get(x), rn_test_numbers(c, n, seed));

    free(c);
    return rn_sum_all(rn_mul(x, constant));
}

/* The sum of squares of the gradient of `loss` to all `x`, for another derivative. */
static rn_tensor square_of_gradient(rn_tensor loss, const rn_tensor *x, int count)
{
    rn_tensor dx[8], sum = rn_constant_like(loss, 0);

    cr_assert(rn_grad(loss, rn_null(), x, count, dx), "%s", rn_graph_error(loss.graph));
    for (int i = 0; i < count; i++) sum = rn_add(sum, told_apart(rn_square(dx[i]), 50));
    return rn_scale(sum, 0.1);
}

/* ---- one loop, all its outputs ---- */

typedef struct world {
    rn_graph *g;
    rn_tensor x[5]; /* xs [T,2,3], h0 [2,3], c0 [2,3], w [3,3], b [3] */
    rn_tensor ys, hT, cT, hs, cs;
} world;

static world begin(int64_t steps, bool reverse)
{
    world w = {.g = rn_graph_new()};
    const rn_shape shapes[] = {rn_shape(steps, 2, 3), rn_shape(2, 3), rn_shape(2, 3),
                               rn_shape(3, 3), rn_shape(3)};
    static const char *const names[] = {"xs", "h0", "c0", "w", "b"};

    for (int i = 0; i < 5; i++) w.x[i] = rn_test_f64(w.g, names[i], shapes[i]);
    rn_loop *loop = rn_loop_begin(w.g);
    if (reverse) rn_loop_reverse(loop);
    const rn_tensor x = rn_loop_each(loop, w.x[0]);
    const rn_tensor h = rn_loop_carry(loop, w.x[1]), c = rn_loop_carry(loop, w.x[2]);
    const rn_tensor n = rn_tanh(rn_add(rn_add(rn_matmul(h, w.x[3]), w.x[4]), rn_mul(x, c)));
    const rn_tensor i = rn_scale(rn_cast(rn_loop_index(loop), RN_F64), 0.1);
    const rn_tensor m = rn_sigmoid(rn_add(rn_sub(h, x), rn_add(n, i)));
    const rn_tensor y = rn_mul(n, m);
    rn_loop_next(loop, h, n);
    rn_loop_next(loop, c, m);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(w.g));
    w.ys = rn_loop_collect(loop, y);
    w.hT = rn_loop_final(loop, h), w.cT = rn_loop_final(loop, c);
    w.hs = rn_loop_history(loop, h), w.cs = rn_loop_history(loop, c);
    return w;
}

Test(loop_grad, of_each_output_and_of_all)
{
    static const int64_t counts[] = {0, 1, 2, 7};

    for (int k = 0; k < 8; k++) {
        world w = begin(counts[k / 2], k % 2);
        const rn_tensor l[] = {told_apart(w.ys, 1), told_apart(w.hT, 2),
                               told_apart(w.cT, 3), told_apart(w.hs, 4),
                               told_apart(w.cs, 5)};
        rn_tensor sum = rn_constant_scalar(w.g, RN_F64, 0);
        for (int i = 0; i < 5; i++) {
            if (counts[k / 2] || i) checked(rn_add(l[i], sum), "one output");
            sum = rn_add(sum, l[i]);
        }
        checked(sum, k % 2 ? "reversed, all outputs" : "all outputs");
        rn_graph_free(w.g);
    }
}

/* The gradient of a gradient, and that of this one, by finite differences of the last. */
Test(loop_grad, second_and_third_derivatives)
{
    for (int reverse = 0; reverse < 2; reverse++) {
        world w = begin(3, reverse);
        const rn_tensor all = rn_add(rn_add(told_apart(w.ys, 1), told_apart(w.hT, 2)),
                                     rn_add(told_apart(w.cs, 5), told_apart(w.hs, 6)));
        const rn_tensor second = square_of_gradient(all, w.x, 5);
        checked(second, "second derivative");
        const rn_tensor third = square_of_gradient(second, &w.x[3], 1);
        checked(third, "third derivative");
        rn_graph_free(w.g);
    }
}

Test(loop_grad, second_derivative_of_no_steps)
{
    for (int64_t steps = 0; steps < 2; steps++) {
        world w = begin(steps, false);
        const rn_tensor all =
            rn_add(told_apart(rn_square(w.hT), 2), told_apart(rn_exp(w.cs), 5));
        checked(square_of_gradient(all, w.x, 5), "second derivative");
        rn_graph_free(w.g);
    }
}

/* ---- loops in loops ---- */

static rn_tensor nested(rn_graph *g, rn_tensor xs, rn_tensor w, bool reverse)
{
    rn_loop *outer = rn_loop_begin(g);
    const rn_tensor x = rn_loop_each(outer, xs);
    const rn_tensor s = rn_loop_carry(outer, rn_index(xs, 0, 0));
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    if (reverse) rn_loop_reverse(inner);
    const rn_tensor e = rn_loop_each(inner, x), h = rn_loop_carry(inner, rn_index(s, 0, 1));
    const rn_tensor n = rn_tanh(rn_add(rn_mul(rn_mul(h, w), e), rn_sum_all(s)));
    rn_loop_next(inner, h, n);
    rn_loop_end(inner);
    const rn_tensor hs = rn_loop_collect(inner, n);
    const rn_tensor f = rn_loop_final(inner, h), all = rn_loop_history(inner, h);
    rn_loop_next(outer, s, rn_sin(rn_add(rn_add(hs, f), rn_mul(s, w))));
    cr_assert(rn_loop_end(outer), "%s", rn_graph_error(g));
    return rn_add(rn_add(told_apart(rn_loop_collect(outer, hs), 1),
                         told_apart(rn_loop_final(outer, s), 2)),
                  rn_add(told_apart(rn_loop_collect(outer, all), 3),
                         told_apart(rn_loop_history(outer, s), 4)));
}

Test(loop_grad, nested_loops)
{
    for (int reverse = 0; reverse < 2; reverse++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x[] = {rn_test_f64(g, "xs", rn_shape(3, 4, 2)),
                               rn_test_f64(g, "w", rn_shape(2))};
        const rn_tensor loss = nested(g, x[0], x[1], reverse);
        checked(loss, "nested");
        checked(square_of_gradient(loss, x, 2), "nested, second derivative");
        rn_graph_free(g);
    }
}

/* ---- rn_grad among the tensors of a body ---- */

/* Gradient descent written as a loop, and the gradient of where it ends: the inner gradient
 * is asked for in the body, before its end. */
Test(loop_grad, in_a_body)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x0 = rn_test_f64(g, "x0", rn_shape(3)),
                    a = rn_test_f64(g, "a", rn_shape(3, 3));
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_steps(loop, 5);
    const rn_tensor x = rn_loop_carry(loop, x0);
    const rn_tensor ax = rn_matmul(rn_expand(x, 0), a);
    const rn_tensor f = rn_sum_all(rn_softplus(ax)), to[] = {x, a};
    rn_tensor d[2];
    cr_assert(rn_grad(f, rn_null(), to, 2, d), "%s", rn_graph_error(g));
    rn_loop_next(
        loop, x,
        rn_sub(x, rn_add(rn_scale(d[0], 0.2), rn_scale(rn_sum_axis(d[1], 0), 0.1))));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    const rn_tensor fs = rn_loop_collect(loop, f);
    checked(rn_add(told_apart(rn_loop_final(loop, x), 7), told_apart(fs, 8)), "in a body");

    double x_[3] = {0.3, -0.2, 0.9}, a_[9], values[5], want[5];
    rn_test_numbers(a_, 9, 3);
    rn_program *p = rn_test_compile(g, fs);
    rn_test_feed(p, x0, x_), rn_test_feed(p, a, a_);
    for (int t = 0; t < 5; t++) {
        double s[3], sum = 0, dx[3] = {0}, da[3] = {0};
        for (int j = 0; j < 3; j++) {
            double z = 0;
            for (int i = 0; i < 3; i++) z += x_[i] * a_[i * 3 + j];
            sum += log1p(exp(z)), s[j] = 1 / (1 + exp(-z));
            for (int i = 0; i < 3; i++) dx[i] += s[j] * a_[i * 3 + j];
        }
        /* f'(a)[i][j] = x[i] s[j], summed over i */
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 3; i++) da[j] += x_[i] * s[j];
        want[t] = sum;
        for (int i = 0; i < 3; i++) x_[i] -= 0.2 * dx[i] + 0.1 * da[i];
    }
    rn_test_run(p);
    rn_test_near(rn_test_read(p, fs, values), want, 5, 1e-13, "descent");
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- carries that hardly are ---- */

Test(loop_grad, carries_that_swap_stay_or_are_dropped)
{
    for (int k = 0; k < 4; k++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(3, 2));
        const rn_tensor a0 = rn_test_f64(g, "a0", rn_shape(2)),
                        b0 = rn_test_f64(g, "b0", rn_shape(2));
        rn_loop *loop = rn_loop_begin(g);
        const rn_tensor x = rn_loop_each(loop, xs), a = rn_loop_carry(loop, a0),
                        b = rn_loop_carry(loop, b0);
        const rn_tensor y = rn_mul(rn_sin(a), rn_add(b, x));
        rn_loop_next(loop, a, k == 0 ? b : k == 1 ? a : k == 2 ? x : b0);
        rn_loop_next(loop, b, k == 0 ? a : k == 1 ? rn_mul(a, b) : k == 2 ? a : y);
        cr_assert(rn_loop_end(loop));
        const rn_tensor l = rn_add(told_apart(rn_loop_collect(loop, y), 1),
                                   told_apart(rn_loop_final(loop, b), 2));
        checked(rn_add(l, told_apart(rn_loop_history(loop, a), 3)), "odd carries");
        const rn_tensor to[] = {xs, a0, b0};
        checked(square_of_gradient(l, to, 3), "odd carries, second derivative");
        rn_graph_free(g);
    }
}

/* A loop that may stop before its first step: the final value is then the initial one, of
 * which the body reads nothing. The same within a loop that carries it. */
Test(loop_grad, of_an_initial_value_that_may_stay)
{
    for (int limit = 0; limit <= 2; limit++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor h0 = rn_test_f64(g, "h0", rn_shape(3)), x = rn_sin(h0);
        rn_loop *outer = rn_loop_begin(g);
        rn_loop_steps(outer, 2);
        const rn_tensor h = rn_loop_carry(outer, h0);
        rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
        rn_loop_steps(inner, 3);
        rn__loop_limit(inner, rn_constant_scalar(g, RN_I32, limit));
        const rn_tensor c = rn_loop_carry(inner, rn_tanh(h));
        rn_loop_next(inner, c, x);
        rn_loop_end(inner);
        rn_loop_next(outer, h, rn_loop_final(inner, c));
        rn_loop_end(outer);
        checked(told_apart(rn_loop_final(outer, h), 3), limit ? "some steps" : "no step");
        rn_graph_free(g);
    }
}
