/* SPDX-License-Identifier: MIT */
/* Initial values: distributions, orthogonality, and what they depend on. */
#include "nn/initializer.h"
#include "nn_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "kernel/philox.h"
#include "nn/name.h"

/* The values of a weight of a new f64 model. free() them. */
static double *values(const char *name, rn_shape shape, rn_init init, uint64_t seed)
{
    rn_model *model = rn_test_model(seed);
    rn_graph *g = rn_graph_new();
    const size_t bytes = (size_t)rn_shape_count(shape) * sizeof(double);
    double *x = (double *)malloc(bytes + 1);

    cr_assert(!rn_is_null(rn_weight(rn_root(g, model), name, shape, init)), "%s",
              rn_graph_error(g));
    cr_assert_eq(rn_model_get(model, name, x, bytes), RN_OK);
    rn_graph_free(g);
    rn_model_free(model);
    return x;
}

typedef struct moments {
    double mean, deviation, kurtosis, largest;
} moments;

static moments moments_of(const double *x, int64_t count)
{
    moments m = {0, 0, 0, 0};
    const double n = (double)count;

    for (int64_t i = 0; i < count; i++) {
        m.mean += x[i] / n;
        m.largest = fmax(m.largest, fabs(x[i]));
    }
    for (int64_t i = 0; i < count; i++) {
        const double d = x[i] - m.mean;
        m.deviation += d * d / n;
        m.kurtosis += d * d * d * d / n;
    }
    m.kurtosis /= m.deviation * m.deviation;
    m.deviation = sqrt(m.deviation);
    return m;
}

/* Bounds are some five standard errors for 60000 values. */
static void check(rn_init init, double deviation, bool is_uniform)
{
    const int64_t in = 200, out = 300, count = in * out;
    double *x = values("w", rn_shape(in, out), init, 3);
    const moments m = moments_of(x, count);

    cr_assert(fabs(m.mean) < 0.02 * deviation, "mean %g", m.mean);
    cr_assert(fabs(m.deviation - deviation) < 0.015 * deviation, "deviation %g, not %g",
              m.deviation, deviation);
    cr_assert(fabs(m.kurtosis - (is_uniform ? 1.8 : 3)) < 0.1, "kurtosis %g", m.kurtosis);
    if (is_uniform) {
        cr_assert(m.largest <= deviation * sqrt(3));
        cr_assert(m.largest > deviation * sqrt(3) * 0.999);
    } else {
        cr_assert(m.largest > 3.5 * deviation && m.largest < 6.5 * deviation);
    }
    free(x);
}

Test(initializer, distributions)
{
    check((rn_init){RN_INIT_UNIFORM, 0.1}, 0.1 / sqrt(3), true);
    check((rn_init){RN_INIT_UNIFORM, 0}, 1 / sqrt(3), true);
    check((rn_init){RN_INIT_NORMAL, 2}, 2, false);
    check((rn_init){RN_INIT_NORMAL, 0}, 1, false);
    check((rn_init){RN_INIT_GLOROT_UNIFORM, 1}, sqrt(2. / 500), true);
    check((rn_init){RN_INIT_GLOROT_NORMAL, 1}, sqrt(2. / 500), false);
    check((rn_init){RN_INIT_GLOROT_NORMAL, 3}, 3 * sqrt(2. / 500), false);
    check((rn_init){RN_INIT_HE_UNIFORM, 1}, sqrt(2. / 200), true);
    check((rn_init){RN_INIT_HE_NORMAL, 1}, sqrt(2. / 200), false);
    check((rn_init){RN_INIT_LECUN_UNIFORM, 2}, 2 * sqrt(1. / 200), true);
    check((rn_init){RN_INIT_LECUN_NORMAL, 1}, sqrt(1. / 200), false);
}

Test(initializer, constants)
{
    double *zeros = values("w", rn_shape(7), (rn_init){RN_INIT_ZEROS, 5}, 1);
    double *twos = values("w", rn_shape(7), (rn_init){RN_INIT_CONSTANT, 2}, 1);
    double *none = values("w", rn_shape(7), (rn_init){RN_INIT_CONSTANT, 0}, 1);

    for (int i = 0; i < 7; i++) cr_assert(zeros[i] == 0 && twos[i] == 2 && none[i] == 0);
    free(zeros);
    free(twos);
    free(none);
}

Test(initializer, identity)
{
    const rn_init init = {RN_INIT_IDENTITY, 3};
    double *wide = values("w", rn_shape(2, 2, 3), init, 1);
    double *tall = values("w", rn_shape(3, 2), init, 1);
    double *vector = values("w", rn_shape(2), init, 1);
    const double want_wide[] = {3, 0, 0, 0, 3, 0, 3, 0, 0, 0, 3, 0};
    const double want_tall[] = {3, 0, 0, 3, 0, 0};

    cr_assert(!memcmp(wide, want_wide, sizeof want_wide));
    cr_assert(!memcmp(tall, want_tall, sizeof want_tall));
    cr_assert(vector[0] == 3 && vector[1] == 3);
    free(wide);
    free(tall);
    free(vector);
    free(values("w", rn_shape(2, 0, 2), init, 1));
}

/* Shapes as [in, out]: a vector has in 1, a scalar both; other axes than the last are
 * in. */
Test(initializer, fans)
{
    static const struct {
        rn_shape shape;
        double in, out;
    } cases[] = {
        {{1, {4000}}, 1, 4000}, {{3, {20, 30, 40}}, 600, 40}, {{2, {4000, 1}}, 4000, 1}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int64_t count = rn_shape_count(cases[i].shape);
        double *x = values("w", cases[i].shape, (rn_init){RN_INIT_GLOROT_UNIFORM, 1}, 1);
        const double limit = sqrt(6 / (cases[i].in + cases[i].out));
        const moments m = moments_of(x, count);
        cr_assert(m.largest <= limit && m.largest > 0.99 * limit, "case %zu: %g of %g", i,
                  m.largest, limit);
        free(x);
    }
}

Test(initializer, depends_on_seed_and_name)
{
    const rn_init normal = {RN_INIT_NORMAL, 1};
    double *x = values("w", rn_shape(9), normal, 1);
    double *same = values("w", rn_shape(3, 3), normal, 1);
    double *seed = values("w", rn_shape(9), normal, 2);
    double *name = values("v", rn_shape(9), normal, 1);

    cr_assert(!memcmp(x, same, 9 * sizeof *x));
    for (int i = 0; i < 9; i++) cr_assert(x[i] != seed[i] && x[i] != name[i]);
    free(x);
    free(same);
    free(seed);
    free(name);
}

/* The values are part of the library's promise: element i is Philox of (i / 2, hash). */
Test(initializer, is_philox)
{
    double *x = values("w", rn_shape(4), (rn_init){RN_INIT_UNIFORM, 1}, 0x123456789abcdef0);
    const uint64_t hash = rn__hash("w");
    const uint32_t key[2] = {0x9abcdef0, 0x12345678};

    cr_assert_eq(hash, UINT64_C(0x931aae91b01677e1), "hash 0x%llx",
                 (unsigned long long)hash);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t word[4] = {i / 2, 0, (uint32_t)hash, (uint32_t)(hash >> 32)};
        rn__philox(word, key, word);
        const uint64_t bits = (uint64_t)word[i % 2 * 2] << 32 | word[i % 2 * 2 + 1];
        cr_assert(x[i] == (double)(bits >> 11) * 0x1p-52 - 1);
    }
    free(x);
}

Test(initializer, f32_is_f64_rounded)
{
    rn_model *model = rn_model_new(3);
    rn_graph *g = rn_graph_new();
    double *x = values("w", rn_shape(50), (rn_init){RN_INIT_HE_NORMAL, 1}, 3);
    float y[50];

    rn_weight(rn_root(g, model), "w", rn_shape(50), (rn_init){RN_INIT_HE_NORMAL, 1});
    cr_assert_eq(rn_model_get(model, "w", y, sizeof y), RN_OK);
    for (int i = 0; i < 50; i++) cr_assert(y[i] == (float)x[i]);
    free(x);
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- orthogonal ---- */

static void check_orthogonal(int64_t in, int64_t out, double scale)
{
    double *w = values("w", rn_shape(in, out), (rn_init){RN_INIT_ORTHOGONAL, scale}, 5);
    const bool columns = in >= out;
    const int64_t vectors = columns ? out : in, size = columns ? in : out;
    const int64_t step = columns ? out : 1, next = columns ? 1 : out;

    for (int64_t i = 0; i < vectors; i++)
        for (int64_t j = 0; j <= i; j++) {
            double dot = 0;
            for (int64_t k = 0; k < size; k++)
                dot += w[i * next + k * step] * w[j * next + k * step];
            const double want = i == j ? scale * scale : 0;
            cr_assert(fabs(dot - want) < 1e-14 * scale * scale * 10,
                      "[%lld,%lld]: vectors %lld and %lld: %g", (long long)in,
                      (long long)out, (long long)i, (long long)j, dot);
        }
    free(w);
}

Test(initializer, orthogonal)
{
    static const int64_t sizes[][2] = {{1, 1},  {1, 9},  {9, 1},    {2, 2},
                                       {7, 7},  {8, 8},  {9, 9},    {64, 64},
                                       {17, 5}, {5, 17}, {150, 40}, {40, 150}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_orthogonal(sizes[i][0], sizes[i][1], i % 2 ? 1 : 2.5);
    free(values("w", rn_shape(0, 4), (rn_init){RN_INIT_ORTHOGONAL, 1}, 1));
}

/* By elimination, which destroys the matrix. */
static double determinant_of(double *q, int n)
{
    double d = 1;

    for (int c = 0; c < n; c++) {
        int p = c;
        for (int r = c; r < n; r++)
            if (fabs(q[r * n + c]) > fabs(q[p * n + c])) p = r;
        for (int k = 0; k < n && p != c; k++) {
            const double kept = q[p * n + k];
            q[p * n + k] = q[c * n + k];
            q[c * n + k] = kept;
        }
        d *= p == c ? q[c * n + c] : -q[c * n + c];
        for (int r = c + 1; r < n; r++)
            for (int k = n - 1; k >= c; k--)
                q[r * n + k] -= q[r * n + c] / q[c * n + c] * q[c * n + k];
    }
    return d;
}

/* Uniformly distributed over the orthogonal matrices: E w = 0, E w w = 1/n, E of the trace
 * is 0 and of its square 1, and both determinants are as likely. */
Test(initializer, orthogonal_is_uniform)
{
    enum { N = 4, MANY = 4000 };
    double sum[N * N] = {0}, square[N * N] = {0}, trace = 0, trace2 = 0, determinant = 0;

    for (uint64_t seed = 0; seed < MANY; seed++) {
        const rn__stream stream = {seed, 99};
        double q[N * N], t = 0;
        cr_assert(rn__orthonormal((rn_allocator){NULL, NULL}, stream, N, N, q));
        for (int i = 0; i < N * N; i++) {
            sum[i] += q[i] / MANY;
            square[i] += q[i] * q[i] / MANY;
        }
        for (int i = 0; i < N; i++) t += q[i * (N + 1)];
        trace += t / MANY;
        trace2 += t * t / MANY;
        const double d = determinant_of(q, N);
        cr_assert(fabs(fabs(d) - 1) < 1e-9);
        determinant += d / MANY;
    }
    for (int i = 0; i < N * N; i++) {
        cr_assert(fabs(sum[i]) < 0.04, "mean of element %d: %g", i, sum[i]);
        cr_assert(fabs(square[i] - 0.25) < 0.02, "square of element %d: %g", i, square[i]);
    }
    cr_assert(fabs(trace) < 0.08 && fabs(trace2 - 1) < 0.12, "trace %g, %g", trace, trace2);
    cr_assert(fabs(determinant) < 0.08, "determinant %g", determinant);
}
