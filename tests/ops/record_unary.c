/* SPDX-License-Identifier: MIT */
/* Records of the element-wise operators of one operand. */
#include "records.h"

#include <math.h>

/* A scalar, sizes 0 and 1, a prime, several axes, more than one vector. */
#define SHAPES(fill)                                                                       \
    {.x = {REAL_SCALAR(fill)}}, {.x = {REAL(fill, 0)}}, {.x = {REAL(fill, 1)}},            \
        {.x = {REAL(fill, 7)}}, {.x = {REAL(fill, 2, 3, 5)}},                              \
    {                                                                                      \
        .x = { REAL(fill, 3, 0, 2) }                                                       \
    }
#define MANY(fill)                                                                         \
    {                                                                                      \
        .x = {REAL(fill, 1031)}, .values_only = true                                       \
    }

#define RECORD(name_, reference_of, ulps_, flags_, ...)                                    \
    RECORD_FROM(name_, reference_of, ulps_, 0, flags_, __VA_ARGS__)

/* With errors that are measured beside `floor`, for what has zeros. */
#define RECORD_FROM(name_, reference_of, ulps_, floor_, flags_, ...)                       \
    static rn_tensor build_##name_(const rn_tensor *x, const void *with)                   \
    {                                                                                      \
        return rn_##name_(x[0]);                                                           \
    }                                                                                      \
    static void reference_##name_(const rn_test_array *x, const void *with,                \
                                  rn_test_array *y)                                        \
    {                                                                                      \
        map_one(reference_of, x, y);                                                       \
    }                                                                                      \
    static const sample samples_##name_[] = {__VA_ARGS__};                                 \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 1,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_##name_),                               \
                                   .flags = flags_,                                        \
                                   .ulps = ulps_,                                          \
                                   .floor = floor_,                                        \
                                   REFUSALS(refusals_##name_),                             \
                                   .more = more_##name_}

#define POINTS(name_, ...)                                                                 \
    static void more_##name_(void)                                                         \
    {                                                                                      \
        static const point points[] = {__VA_ARGS__};                                       \
        expect_points(rn_##name_, points, COUNT(points));                                  \
        kinks_##name_();                                                                   \
    }

/* Operators of real types, and those of i32 too. */
#define REAL_ONLY(name_)                                                                   \
    REFUSES(integers_##name_, rn_##name_(x_of(g, RN_I32)))                                 \
    static const refusal refusals_##name_[] = {                                            \
        {integers_##name_, #name_ ": not defined for this type (i32): x [2,3]"}};          \
    static void kinks_##name_(void)                                                        \
    {                                                                                      \
    }
#define NUMBER(name_)                                                                      \
    REFUSES(bools_##name_, rn_##name_(x_of(g, RN_BOOL)))                                   \
    static const refusal refusals_##name_[] = {                                            \
        {bools_##name_, #name_ ": not defined for this type (bool): x [2,3]"}}

static double negative(double x)
{
    return -x;
}

static double sign(double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}

static double square(double x)
{
    return x * x;
}

static double sigmoid(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double rectified(double x)
{
    return fmax(x, 0);
}

static double silu(double x)
{
    return x < 0 ? x * exp(x) / (1 + exp(x)) : x / (1 + exp(-x));
}

static double normal(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

static double density(double x)
{
    return exp(-x * x / 2) / sqrt(8 * atan(1));
}

static double gelu(double x)
{
    return x * normal(x);
}

/* ---- exact ones ---- */

NUMBER(neg);
static void kinks_neg(void)
{
}
POINTS(neg, {0, -0.0}, {-0.0, 0}, {INFINITY, -INFINITY}, {NAN, NAN})
RECORD(neg, negative, 0, EXACT | INTEGERS_TOO, SHAPES(odd), MANY(odd));

NUMBER(abs);
static void kinks_abs(void)
{
    expect_gradient(rn_abs, 4, (const double[]){0, -0.0, 2, -3},
                    (const double[]){5, 5, 5, 5}, (const double[]){0, 0, 5, -5});
}
POINTS(abs, {-0.0, 0}, {0, 0}, {-INFINITY, INFINITY}, {NAN, NAN}, {-2, 2})
RECORD(abs, fabs, 0, EXACT | INTEGERS_TOO, SHAPES(odd), MANY(odd), MANY(regular));

NUMBER(sign);
static void kinks_sign(void)
{
    expect_gradient(rn_sign, 3, (const double[]){0, 2, -3}, (const double[]){5, 5, 5},
                    (const double[]){0, 0, 0});
}
POINTS(sign, {-0.0, -0.0}, {0, 0}, {-INFINITY, -1}, {INFINITY, 1}, {NAN, NAN}, {-2, -1},
       {1e-300 * 1e300, 1})
RECORD(sign, sign, 0, EXACT | INTEGERS_TOO, SHAPES(odd), MANY(odd));

NUMBER(square);
static void kinks_square(void)
{
}
POINTS(square, {-0.0, 0}, {-3, 9}, {-INFINITY, INFINITY}, {NAN, NAN})
RECORD(square, square, 0.5, EXACT | INTEGERS_TOO, SHAPES(odd), MANY(odd));

REFUSES(integers_relu, rn_relu(x_of(g, RN_I32)))
static const refusal refusals_relu[] = {
    {integers_relu, "relu: not defined for this type (i32): x [2,3]"}};
static void kinks_relu(void)
{
    expect_gradient(rn_relu, 5, (const double[]){0, -0.0, 2, -3, -4},
                    (const double[]){5, 5, 5, 5, INFINITY},
                    (const double[]){0, 0, 5, 0, 0});
}
POINTS(relu, {-1, 0}, {0, 0}, {-0.0, 0}, {3, 3}, {-INFINITY, 0}, {INFINITY, INFINITY},
       {NAN, NAN})
RECORD(relu, rectified, 0, EXACT, SHAPES(odd), MANY(regular));

/* ---- others ---- */

REAL_ONLY(sqrt)
POINTS(sqrt, {0, 0}, {-0.0, -0.0}, {4, 2}, {INFINITY, INFINITY}, {-1, NAN}, {NAN, NAN})
RECORD(sqrt, sqrt, 0.5, 0, SHAPES(positive), MANY(positive));

REAL_ONLY(exp)
POINTS(exp, {0, 1}, {-0.0, 1}, {-INFINITY, 0}, {INFINITY, INFINITY}, {-1000, 0},
       {1000, INFINITY}, {NAN, NAN})
RECORD(exp, exp, 2, 0, SHAPES(regular), MANY(regular), MANY(large), MANY(tiny));

REAL_ONLY(expm1)
POINTS(expm1, {0, 0}, {-0.0, -0.0}, {-INFINITY, -1}, {INFINITY, INFINITY}, {-1000, -1},
       {1000, INFINITY}, {NAN, NAN})
RECORD(expm1, expm1, 2, 0, SHAPES(regular), {.x = {REAL(large, 9)}}, MANY(regular),
       MANY(large), MANY(tiny));

REAL_ONLY(log)
POINTS(log, {1, 0}, {0, -INFINITY}, {-0.0, -INFINITY}, {INFINITY, INFINITY}, {-1, NAN},
       {NAN, NAN})
RECORD(log, log, 2, 0, SHAPES(positive), MANY(positive));

REAL_ONLY(log1p)
POINTS(log1p, {0, 0}, {-0.0, -0.0}, {-1, -INFINITY}, {INFINITY, INFINITY}, {-2, NAN},
       {NAN, NAN})
RECORD(log1p, log1p, 2, 0, SHAPES(open), MANY(open), MANY(positive), MANY(tiny));

REAL_ONLY(sin)
POINTS(sin, {0, 0}, {-0.0, -0.0}, {INFINITY, NAN}, {NAN, NAN})
RECORD(sin, sin, 2, 0, SHAPES(regular), MANY(regular), MANY(large), MANY(tiny));

REAL_ONLY(cos)
POINTS(cos, {0, 1}, {-0.0, 1}, {-INFINITY, NAN}, {NAN, NAN})
RECORD(cos, cos, 2, 0, SHAPES(regular), MANY(regular), MANY(large), MANY(tiny));

REAL_ONLY(tanh)
POINTS(tanh, {0, 0}, {-0.0, -0.0}, {INFINITY, 1}, {-INFINITY, -1}, {30, 1}, {NAN, NAN})
RECORD(tanh, tanh, 2, 0, SHAPES(regular), {.x = {REAL(large, 9)}}, MANY(regular),
       MANY(large), MANY(tiny));

REAL_ONLY(sigmoid)
POINTS(sigmoid, {0, 0.5}, {-0.0, 0.5}, {INFINITY, 1}, {-INFINITY, 0}, {1000, 1}, {-1000, 0},
       {NAN, NAN})
RECORD(sigmoid, sigmoid, 4, 0, SHAPES(regular), {.x = {REAL(large, 9)}}, MANY(regular),
       MANY(large), MANY(tiny));

REAL_ONLY(softplus)
POINTS(softplus, {INFINITY, INFINITY}, {-INFINITY, 0}, {1000, 1000}, {-1000, 0}, {NAN, NAN})
RECORD(softplus, softplus, 4, 0, SHAPES(regular), {.x = {REAL(large, 9)}}, MANY(regular),
       MANY(large), MANY(tiny));

REAL_ONLY(erf)
POINTS(erf, {0, 0}, {-0.0, -0.0}, {INFINITY, 1}, {-INFINITY, -1}, {30, 1}, {NAN, NAN})
RECORD(erf, erf, 2, 0, SHAPES(regular), MANY(regular), MANY(large), MANY(tiny));

REAL_ONLY(silu)
POINTS(silu, {0, 0}, {-0.0, -0.0}, {INFINITY, INFINITY}, {-INFINITY, -0.0}, {1000, 1000},
       {-1000, -0.0}, {NAN, NAN})
RECORD(silu, silu, 6, 0, SHAPES(regular), {.x = {REAL(large, 9)}}, MANY(regular),
       MANY(large), MANY(tiny));

REAL_ONLY(gelu)
POINTS(gelu, {0, 0}, {-0.0, -0.0}, {INFINITY, INFINITY}, {-INFINITY, -0.0}, {50, 50},
       {-50, -0.0}, {NAN, NAN})
/* Not of large numbers: the reference's own errors grow with the square of x. */
RECORD(gelu, gelu, 16, 0, SHAPES(regular), MANY(regular), MANY(tiny));

REAL_ONLY(normal_cdf)
POINTS(normal_cdf, {0, 0.5}, {-0.0, 0.5}, {INFINITY, 1}, {-INFINITY, 0}, {50, 1}, {-50, 0},
       {NAN, NAN})
RECORD(normal_cdf, normal, 16, 0, SHAPES(regular), MANY(regular), MANY(tiny));

REAL_ONLY(normal_pdf)
POINTS(normal_pdf, {INFINITY, 0}, {-INFINITY, 0}, {50, 0}, {-50, 0}, {1e300, 0}, {NAN, NAN})
/* As of gelu. */
RECORD(normal_pdf, density, 16, 0, SHAPES(regular), MANY(regular), MANY(tiny));
