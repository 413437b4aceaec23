/* SPDX-License-Identifier: MIT */
/*
 * Operators along an axis and their gradients, for rows of the largest and the smallest
 * numbers, and with infinities as masks, against closed forms in quad.
 */
#include <criterion/criterion.h>

#include "extremes.h"

enum { N = 4 };

static const double weights[N] = {1, -2, 3, 0.5};

static quad mean_of(const quad *x)
{
    return (x[0] + x[1] + x[2] + x[3]) / N;
}

/* y and the gradient of sum(weights y), of rows. */
typedef void reference(const quad *x, quad *y, quad *dx);

static void mean_reference(const quad *x, quad *y, quad *dx)
{
    for (int i = 0; i < N; i++) y[i] = mean_of(x), dx[i] = (quad)weights[0] / N;
}

static void variance_reference(const quad *x, quad *y, quad *dx)
{
    quad d[N], q[N];

    for (int i = 0; i < N; i++) d[i] = x[i] - mean_of(x), q[i] = d[i] * d[i];
    for (int i = 0; i < N; i++) y[i] = mean_of(q), dx[i] = weights[0] * 2 * d[i] / N;
}

static void normalize_by(const quad *x, quad epsilon, quad *y, quad *dx)
{
    quad w[N], wy[N], q[N];

    for (int i = 0; i < N; i++) y[i] = x[i] - mean_of(x), q[i] = y[i] * y[i];
    const quad r = 1 / sqrtq(mean_of(q) + epsilon);
    for (int i = 0; i < N; i++) y[i] *= r, w[i] = weights[i], wy[i] = w[i] * y[i];
    for (int i = 0; i < N; i++) dx[i] = r * (w[i] - mean_of(w) - y[i] * mean_of(wy));
}

static void normalize_reference(const quad *x, quad *y, quad *dx)
{
    normalize_by(x, (quad)1e-5, y, dx);
}

static void exact_reference(const quad *x, quad *y, quad *dx)
{
    normalize_by(x, 0, y, dx);
}

static void softmax_parts(const quad *x, quad *y, quad *largest, quad *rest)
{
    quad m = x[0], s = 0;

    for (int i = 0; i < N; i++) m = fmaxq(m, x[i]);
    for (int i = 0; i < N; i++) s += expq(x[i] - m);
    for (int i = 0; i < N; i++) y[i] = expq(x[i] - m) / s;
    *largest = m, *rest = logq(s);
}

static void softmax_reference(const quad *x, quad *y, quad *dx)
{
    quad m, rest, sum = 0;

    softmax_parts(x, y, &m, &rest);
    for (int i = 0; i < N; i++) sum += weights[i] * y[i];
    for (int i = 0; i < N; i++) dx[i] = y[i] * (weights[i] - sum);
}

static void log_softmax_reference(const quad *x, quad *y, quad *dx)
{
    quad m, rest, sum = 0;

    softmax_parts(x, dx, &m, &rest);
    for (int i = 0; i < N; i++) sum += weights[i];
    for (int i = 0; i < N; i++) y[i] = x[i] - m - rest, dx[i] = weights[i] - dx[i] * sum;
}

static void logsumexp_reference(const quad *x, quad *y, quad *dx)
{
    quad m, rest;

    softmax_parts(x, dx, &m, &rest);
    for (int i = 0; i < N; i++) y[i] = m + rest, dx[i] *= weights[0];
}

/* One value in each row, in its first column; the weights of the others see zeros. */
static rn_tensor first(rn_tensor y)
{
    return rn_pad(rn_expand(y, -1), -1, 0, N - 1, 0);
}

static rn_tensor mean(rn_tensor x)
{
    return first(rn_mean_axis(x, -1));
}

static rn_tensor variance(rn_tensor x)
{
    return first(rn_variance(x, (const int[]){-1}, 1, false));
}

static rn_tensor normalize(rn_tensor x)
{
    return rn_normalize(x, 1e-5);
}

static rn_tensor normalize_exactly(rn_tensor x)
{
    return rn_normalize(x, 0);
}

static rn_tensor softmax(rn_tensor x)
{
    return rn_softmax(x, -1);
}

static rn_tensor log_softmax(rn_tensor x)
{
    return rn_log_softmax(x, -1);
}

static rn_tensor logsumexp(rn_tensor x)
{
    return first(rn_logsumexp(x, -1, false));
}

enum { MASKED = 1, ONE = 2 };

/* What is true of all finite rows, or of those with some -inf; or has one value a row. */
static const struct {
    const char *name;
    rn_tensor (*build)(rn_tensor x);
    reference *of;
    unsigned rows;
} along[] = {
    {"mean", mean, mean_reference, ONE},
    {"variance", variance, variance_reference, ONE},
    {"normalize", normalize, normalize_reference, 0},
    {"normalize, epsilon 0", normalize_exactly, exact_reference, 0},
    {"softmax", softmax, softmax_reference, MASKED},
    {"log_softmax", log_softmax, log_softmax_reference, MASKED},
    {"logsumexp", logsumexp, logsumexp_reference, MASKED | ONE},
};

enum { ROWS = 12, FINITE_ROWS = 9 };

static void draw_rows(const precision *p, double (*x)[N])
{
    const double M = p->largest, t = p->tiniest, I = HUGE_VAL;
    const double all[ROWS][N] = {
        {M, M, M, -M},
        {M, -M, M / 2, 0},
        {-M, -M, -M, -M / 4},
        {M, 1, -1, 0},
        {1, 2, -3, 0.5},
        {M / 3, M, M, M},
        {t, 5 * t, -2 * t, 0},
        {p->normal, 0, -p->normal, t},
        {rounded(p, 1e19Q), rounded(p, -2e19Q), 3e18, 0}, /* squares at the edge of f32 */
        {-I, 1, 2, -I},
        {-I, M, -M, 3},
        {-I, -I, 7, -I}};

    for (int i = 0; i < ROWS * N; i++) x[i / N][i % N] = rounded(p, all[i / N][i % N]);
}

static void check_row(const char *name, const precision *p, const double *x, bool one,
                      reference *of, const double *y, const double *dx)
{
    quad in[N], want[N], slope[N], size = 0, spread = 0;

    for (int i = 0; i < N; i++) in[i] = seen(x[i]);
    of(in, want, slope);
    for (int i = 0; i < N; i++) size = fmaxq(size, fabsq(slope[i]));
    for (int i = 0; i < N; i++) spread = fmaxq(spread, isinf(x[i]) ? 0 : fabsq(want[i]));
    for (int i = 0; i < N; i++) {
        if (one && i > 0) want[i] = 0;
        cr_assert(near(p, y[i], want[i], 64, one || fabsq(spread) > 4 ? 0 : 1),
                  "%s of %g %g %g %g: element %d is %g, not %g in %s", name, x[0], x[1],
                  x[2], x[3], i, y[i], rounded(p, want[i]), rn_type_name(p->type));
        /* Not where the value, or some gradient of the row, has overflown. */
        if ((one && isinf(y[0])) || size > p->largest) continue;
        cr_assert(near(p, dx[i], slope[i], 256, (double)size),
                  "%s of %g %g %g %g: gradient %d is %g, not %g in %s", name, x[0], x[1],
                  x[2], x[3], i, dx[i], rounded(p, slope[i]), rn_type_name(p->type));
    }
}

static void check_along(size_t k, const precision *p)
{
    rn_graph *g = rn_graph_new();
    double rows[ROWS][N];
    const int count = along[k].rows & MASKED ? ROWS : FINITE_ROWS;
    rn_test_array x = rn_test_array_new(p->type, (rn_shape){2, {count, N}}), got[2];
    rn_test_array w = rn_test_array_new(p->type, x.shape);
    const rn_tensor input = rn_input(g, "x", p->type, x.shape);
    rn_tensor y[2] = {along[k].build(input)};

    draw_rows(p, rows);
    for (int i = 0; i < count * N; i++)
        x.at[i] = rows[i / N][i % N], w.at[i] = weights[i % N];
    cr_assert(rn_grad(y[0], rn_test_constant(g, &w), &input, 1, &y[1]));
    rn_test_run(y, 2, &(rn_test_feed){input, &x}, 1, got);
    for (int i = 0; i < count; i++)
        check_row(along[k].name, p, x.at + i * N, (along[k].rows & ONE) != 0, along[k].of,
                  got[0].at + i * N, got[1].at + i * N);
    rn_test_array_free(&got[0]);
    rn_test_array_free(&got[1]);
    rn_test_array_free(&w);
    rn_test_array_free(&x);
    rn_graph_free(g);
}

Test(extreme_rows, rows)
{
    for (size_t k = 0; k < sizeof along / sizeof *along; k++)
        for (int t = 0; t < 2; t++) check_along(k, &precisions[t]);
}

/* A constant row has no variance, however large it is. */
Test(extreme_rows, constant_rows_are_normalised_to_zeros)
{
    for (int t = 0; t < 2; t++) {
        const precision *p = &precisions[t];
        rn_graph *g = rn_graph_new();
        rn_test_array x = rn_test_array_new(p->type, (rn_shape){2, {3, N}});
        const rn_tensor input = rn_input(g, "x", p->type, x.shape);

        for (int i = 0; i < 3 * N; i++) x.at[i] = i < N ? p->largest : i < 2 * N ? 0 : -1;
        rn_test_array y =
            rn_test_eval(rn_normalize(input, 1e-5), &(rn_test_feed){input, &x}, 1);
        for (int i = 0; i < 3 * N; i++) cr_assert(y.at[i] == 0, "%d: %g", i, y.at[i]);
        rn_test_array_free(&y);
        rn_test_array_free(&x);
        rn_graph_free(g);
    }
}
