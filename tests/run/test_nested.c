/* SPDX-License-Identifier: MIT */
/* Nested loops against nested loops in C, with captures across all levels. */
#include "driver.h"

enum { P = 3, Q = 4, R = 2, N = 2 };

/* ---- two levels ---- */

typedef struct {
    double x[P * Q * N], w[N], s[N]; /* inputs, and the outer carry */
    double want[P][Q][N], path[P][Q + 1][N], ends[P + 1][N];
} values;

static void two_levels_in_c(values *v, bool back_outer, bool back_inner)
{
    rn_test_numbers(v->x, P * Q * N, 1);
    rn_test_numbers(v->w, N, 2);
    for (int k = 0; k < N; k++) v->ends[back_outer ? P : 0][k] = v->s[k] = 0.5;
    for (int a = 0; a < P; a++) {
        const int t = back_outer ? P - 1 - a : a;
        double h[N], sum[N] = {0};
        for (int k = 0; k < N; k++)
            v->path[t][back_inner ? Q : 0][k] = h[k] = v->s[k] * v->w[k];
        for (int b = 0; b < Q; b++) {
            const int u = back_inner ? Q - 1 - b : b;
            for (int k = 0; k < N; k++) {
                const double x = v->x[(t * Q + u) * N + k];
                h[k] = h[k] * v->w[k] + (x * v->s[k] + (u + t * 10.0));
                v->want[t][u][k] = v->path[t][back_inner ? u : u + 1][k] = h[k];
            }
        }
        for (int u = 0; u < Q; u++)
            for (int k = 0; k < N; k++) sum[k] += v->want[t][u][k];
        for (int k = 0; k < N; k++)
            v->ends[back_outer ? t : t + 1][k] = v->s[k] = (h[k] + sum[k]) * 0.125;
    }
}

static void two_levels(bool back_outer, bool back_inner)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(P, Q, N));
    const rn_tensor w = rn_test_f64(g, "w", rn_shape(N));
    rn_loop *outer = rn_loop_begin(g);
    if (back_outer) rn_loop_reverse(outer);
    const rn_tensor x = rn_loop_each(outer, xs);
    const rn_tensor s = rn_loop_carry(outer, rn_fill(g, RN_F64, rn_shape(N), 0.5));
    const rn_tensor scaled = rn_mul(s, w); /* captured from one level up */
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    if (back_inner) rn_loop_reverse(inner);
    const rn_tensor y = rn_loop_each(inner, x), h = rn_loop_carry(inner, scaled);
    const rn_tensor i = rn_cast(rn_loop_index(inner), RN_F64);
    const rn_tensor o = rn_cast(rn_loop_index(outer), RN_F64);
    const rn_tensor n =
        rn_add(rn_mul(h, w), rn_add(rn_mul(y, s), rn_add(i, rn_scale(o, 10))));
    rn_loop_next(inner, h, n);
    rn_loop_end(inner);
    const rn_tensor hs = rn_loop_collect(inner, n), all = rn_loop_history(inner, h);
    const rn_tensor sum = rn_sum_axis(hs, 0);
    rn_loop_next(outer, s, rn_scale(rn_add(rn_loop_final(inner, h), sum), 0.125));
    cr_assert(rn_loop_end(outer), "%s", rn_graph_error(g));
    const rn_tensor stacks = rn_loop_collect(outer, hs), finals = rn_loop_final(outer, s);
    const rn_tensor histories = rn_loop_collect(outer, all);
    const rn_tensor sums = rn_loop_history(outer, s);
    rn_program *p = rn_test_compile(g, stacks, finals, histories, sums);

    values v;
    two_levels_in_c(&v, back_outer, back_inner);
    rn_test_feed(p, xs, v.x);
    rn_test_feed(p, w, v.w);
    double got[P * (Q + 1) * N];
    for (int again = 0; again < 2; again++) {
        rn_test_run(p);
        rn_test_near(rn_test_read(p, stacks, got), &v.want[0][0][0], P * Q * N, 1e-14,
                     "stacks");
        rn_test_near(rn_test_read(p, histories, got), &v.path[0][0][0], P * (Q + 1) * N,
                     1e-14, "histories");
        rn_test_near(rn_test_read(p, finals, got), v.s, N, 1e-14, "final");
        rn_test_near(rn_test_read(p, sums, got), &v.ends[0][0], (P + 1) * N, 1e-14, "sums");
    }
    rn_program_free(p);
    rn_graph_free(g);
}

Test(nested, two_levels)
{
    for (int k = 0; k < 4; k++) two_levels(k & 1, k & 2);
}

/* ---- three levels ---- */

/* The innermost body mentions leaves of all levels and of the graph. */
Test(nested, three_levels)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(P, Q, R, N));
    const rn_tensor w = rn_test_f64(g, "w", rn_shape(N));
    rn_loop *l1 = rn_loop_begin(g);
    const rn_tensor x1 = rn_loop_each(l1, xs);
    const rn_tensor a = rn_loop_carry(l1, rn_fill(g, RN_F64, rn_shape(N), 1));
    rn_loop *l2 = rn_loop_begin(rn_loop_body(l1));
    rn_loop_reverse(l2);
    const rn_tensor x2 = rn_loop_each(l2, x1), b = rn_loop_carry(l2, a);
    rn_loop *l3 = rn_loop_begin(rn_loop_body(l2));
    const rn_tensor x3 = rn_loop_each(l3, x2), c = rn_loop_carry(l3, b);
    const rn_tensor n = rn_add(rn_mul(rn_mul(a, b), x3), rn_mul(c, w));
    rn_loop_next(l3, c, n);
    rn_loop_end(l3);
    const rn_tensor cs = rn_loop_collect(l3, n);
    rn_loop_next(l2, b, rn_scale(rn_loop_final(l3, c), 0.5));
    rn_loop_end(l2);
    const rn_tensor css = rn_loop_collect(l2, cs);
    rn_loop_next(l1, a, rn_sub(rn_loop_final(l2, b), rn_scale(a, 0.25)));
    cr_assert(rn_loop_end(l1), "%s", rn_graph_error(g));
    const rn_tensor csss = rn_loop_collect(l1, css), end = rn_loop_final(l1, a);
    rn_program *p = rn_test_compile(g, csss, end);

    double x_[P * Q * R * N], w_[N], want[P * Q * R * N], a_[N], got[P * Q * R * N];
    rn_test_numbers(x_, P * Q * R * N, 3);
    rn_test_numbers(w_, N, 4);
    for (int k = 0; k < N; k++) {
        a_[k] = 1;
        for (int i = 0; i < P; i++) {
            double b_ = a_[k];
            for (int j = Q - 1; j >= 0; j--) {
                double c_ = b_;
                for (int r = 0; r < R; r++) {
                    const int at = ((i * Q + j) * R + r) * N + k;
                    want[at] = c_ = a_[k] * b_ * x_[at] + c_ * w_[k];
                }
                b_ = c_ * 0.5;
            }
            a_[k] = b_ - a_[k] * 0.25;
        }
    }
    rn_test_feed(p, xs, x_);
    rn_test_feed(p, w, w_);
    rn_test_run(p);
    rn_test_near(rn_test_read(p, csss, got), want, P * Q * R * N, 1e-14, "stacks");
    rn_test_near(rn_test_read(p, end, got), a_, N, 1e-14, "end");
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- captures that are made late or by nobody else ---- */

/* The innermost body is the first to mention an outer tensor, and its step input is a
 * capture of the middle one. */
Test(nested, captures_of_captures)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(Q)),
                    ys = rn_test_f64(g, "ys", rn_shape(P));
    rn_loop *outer = rn_loop_begin(g);
    const rn_tensor y = rn_loop_each(outer, ys);
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    const rn_tensor x = rn_loop_each(inner, xs); /* all of xs, in every outer step */
    const rn_tensor h = rn_loop_carry(inner, rn_index(xs, 0, 0));
    rn_loop_next(inner, h, rn_add(h, rn_mul(x, y)));
    rn_loop_end(inner);
    const rn_tensor f = rn_loop_final(inner, h);
    rn_loop_end(outer);
    const rn_tensor fs = rn_loop_collect(outer, f);
    rn_program *p = rn_test_compile(g, fs);

    rn_test_feed(p, xs, (double[]){1, 2, 3, 4});
    rn_test_feed(p, ys, (double[]){1, 10, 100});
    rn_test_run(p);
    RN_TEST_EXPECT(p, fs, 11, 101, 1001);
    rn_program_free(p);
    rn_graph_free(g);
}

/* Nested loops of no steps, at either level. */
Test(nested, of_no_steps)
{
    for (int k = 0; k < 3; k++) {
        const int64_t outer_steps = k == 0 ? 0 : 3, inner_steps = k == 1   ? 0
                                                                  : k == 2 ? 1
                                                                           : 3;
        rn_graph *g = rn_graph_new();
        rn_loop *outer = rn_loop_begin(g);
        rn_loop_steps(outer, outer_steps);
        const rn_tensor s = rn_loop_carry(outer, rn_constant_scalar(g, RN_F64, 2));
        rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
        rn_loop_steps(inner, inner_steps);
        const rn_tensor h = rn_loop_carry(inner, s), n = rn_scale(h, 3);
        rn_loop_next(inner, h, n);
        rn_loop_end(inner);
        rn_loop_next(outer, s, rn_offset(rn_loop_final(inner, h), 1));
        const rn_tensor hs = rn_loop_collect(inner, n);
        rn_loop_end(outer);
        const rn_tensor f = rn_loop_final(outer, s), all = rn_loop_collect(outer, hs);
        rn_program *p = rn_test_compile(g, f, all);
        rn_test_run(p);
        cr_assert_eq(rn_scalar(p, f), k == 0 ? 2 : k == 1 ? 5 : 67);
        cr_assert_eq(rn_test_count(all), outer_steps * inner_steps);
        if (k == 2) RN_TEST_EXPECT(p, all, 6, 21, 66);
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* An inner loop that nothing of the outer body enters runs once, outside it. */
Test(nested, an_invariant_inner_loop)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(Q)),
                    ys = rn_test_f64(g, "ys", rn_shape(P));
    rn_loop *outer = rn_loop_begin(g);
    const rn_tensor y = rn_loop_each(outer, ys);
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    const rn_tensor x = rn_loop_each(inner, xs);
    const rn_tensor h = rn_loop_carry(inner, rn_constant_scalar(g, RN_F64, 0));
    rn_loop_next(inner, h, rn_add(h, x));
    rn_loop_end(inner);
    const rn_tensor z = rn_mul(rn_loop_final(inner, h), y);
    rn_loop_end(outer);
    const rn_tensor zs = rn_loop_collect(outer, z);
    rn_program *p = rn_test_compile(g, zs);

    rn_test_feed(p, xs, (double[]){1, 2, 3, 4});
    rn_test_feed(p, ys, (double[]){1, 2, 3});
    rn_test_run(p);
    RN_TEST_EXPECT(p, zs, 10, 20, 30);
    rn_program_free(p);
    rn_graph_free(g);
}
