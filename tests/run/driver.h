/* SPDX-License-Identifier: MIT */
/* Compiling, feeding, running and reading; any failure fails the test. */
#ifndef RN_TESTS_RUN_DRIVER_H
#define RN_TESTS_RUN_DRIVER_H

#include <criterion/criterion.h>
#include <math.h>
#include <rondo/grad.h>
#include <rondo/loop.h>
#include <rondo/op.h>
#include <rondo/ops.h>
#include <rondo/program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

/* Within -1..1, another one for each seed and i, the same everywhere. */
static inline double rn_test_number(uint64_t seed, uint64_t i)
{
    uint64_t z = (seed << 32) + i + 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (double)(z >> 11) / 4503599627370496.0 - 1;
}

static inline double *rn_test_numbers(double *x, int64_t count, uint64_t seed)
{
    for (int64_t i = 0; i < count; i++) x[i] = rn_test_number(seed, (uint64_t)i);
    return x;
}

/* max |got - want| / max(1, max |want|); infinite when a NaN is on one side only. */
static inline double rn_test_distance(const double *got, const double *want, int64_t count)
{
    double size = 1, worst = 0;

    for (int64_t i = 0; i < count; i++)
        if (isfinite(want[i])) size = fmax(size, fabs(want[i]));
    for (int64_t i = 0; i < count; i++) {
        const double d = fabs(got[i] - want[i]);
        if (got[i] == want[i] || (isnan(got[i]) && isnan(want[i]))) continue;
        worst = isnan(d) ? INFINITY : fmax(worst, d);
    }
    return worst / size;
}

static inline void rn_test_near(const double *got, const double *want, int64_t count,
                                double tolerance, const char *what)
{
    const double distance = rn_test_distance(got, want, count);

    for (int64_t i = 0; i < count && !(distance <= tolerance); i++)
        cr_log_error("%s: element %lld is %.17g, not %.17g", what, (long long)i, got[i],
                     want[i]);
    cr_assert(distance <= tolerance, "%s: off by %.3g", what, distance);
}

/* ---- graphs ---- */

static inline rn_tensor rn_test_f64(rn_graph *g, const char *name, rn_shape shape)
{
    return rn_input(g, name, RN_F64, shape);
}

static inline rn_tensor rn_test_constant_f64(rn_graph *g, rn_shape shape, const double *x)
{
    return rn_constant(g, RN_F64, shape, x);
}

static inline void rn_test_error_is(const rn_graph *graph, const char *message)
{
    cr_assert_str_eq(rn_graph_error(graph), message);
}

/* ---- programs ---- */

static inline rn_program *rn_test_compile_with(rn_graph *g, rn_compile_options options)
{
    rn_program *p = rn_compile(g, options);

    cr_assert(p, "%s", rn_graph_error(g));
    return p;
}

#define rn_test_compile(g, ...)                                                            \
    rn_test_compile_with((g), (rn_compile_options){RN_OUTPUTS(__VA_ARGS__)})

static inline int64_t rn_test_count(rn_tensor x)
{
    return rn_shape_count(rn_shape_get(x));
}

/* Feeds doubles to an input of a real type, as the program has it. */
static inline void rn_test_feed(rn_program *p, rn_tensor x, const double *data)
{
    const size_t n = (size_t)rn_test_count(x);
    const bool single = rn_program_type(p, x) == RN_F32;
    float *narrow = (float *)malloc((n + 1) * sizeof *narrow);

    for (size_t i = 0; single && i < n; i++) narrow[i] = (float)data[i];
    const rn_status status =
        single ? rn_feed(p, x, narrow, n * sizeof *narrow) : rn_feed(p, x, data, n * 8);
    cr_assert(status == RN_OK, "%s", rn_program_error(p));
    free(narrow);
}

static inline void rn_test_feed_i32(rn_program *p, rn_tensor x, const int32_t *data)
{
    const size_t n = (size_t)rn_test_count(x);

    cr_assert(rn_feed(p, x, data, n * sizeof *data) == RN_OK, "%s", rn_program_error(p));
}

static inline void rn_test_run(rn_program *p)
{
    cr_assert(rn_run(p) == RN_OK, "%s", rn_program_error(p));
}

/* An output of any type, as doubles. */
static inline double *rn_test_read(rn_program *p, rn_tensor y, double *to)
{
    const size_t n = (size_t)rn_test_count(y);
    const rn_type type = rn_program_type(p, y);
    void *data = calloc(n + 1, sizeof(double));

    cr_assert(rn_read(p, y, data, n * rn_type_size(type)) == RN_OK, "%s",
              rn_program_error(p));
    for (size_t i = 0; i < n; i++)
        to[i] = type == RN_F32   ? (double)((float *)data)[i]
                : type == RN_F64 ? ((double *)data)[i]
                : type == RN_I32 ? ((int32_t *)data)[i]
                                 : ((uint8_t *)data)[i];
    free(data);
    return to;
}

/* Reads y and expects these values, exactly. */
static inline void rn_test_expect(rn_program *p, rn_tensor y, const double *want)
{
    const int64_t n = rn_test_count(y);
    double *got = (double *)malloc((size_t)(n + 1) * sizeof *got);

    rn_test_near(rn_test_read(p, y, got), want, n, 0, rn_name_get(y));
    free(got);
}

#define RN_TEST_EXPECT(p, y, ...)                                                          \
    do {                                                                                   \
        const double want_[] = {__VA_ARGS__};                                              \
        cr_assert_eq(rn_test_count(y), (int64_t)(sizeof want_ / sizeof *want_));           \
        rn_test_expect((p), (y), want_);                                                   \
    } while (0)

/* Whether a call returned RN_INVALID, with this message on the program. */
static inline void rn_test_refused(rn_program *p, rn_status status, const char *message)
{
    cr_assert_eq(status, RN_INVALID);
    cr_assert_str_eq(rn_program_error(p), message);
}

#endif
