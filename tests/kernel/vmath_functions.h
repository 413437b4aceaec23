/* SPDX-License-Identifier: MIT */
/*
 * The elementary functions of one variant, their references in long double, and errors in
 * units in the last place.
 *
 * The functions are the library's maps; what is compiled here keeps to the baseline.
 */
#ifndef RN_TESTS_VMATH_FUNCTIONS_H
#define RN_TESTS_VMATH_FUNCTIONS_H

#include "kernel/variant.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define INFINITE ((real)INFINITY)
#define NOTHING  ((real)NAN)

#if RN_REAL == 32
typedef uint32_t bit_pattern;
#define DIGITS  FLT_MANT_DIG
#define LOWEST  (FLT_MIN_EXP - FLT_MANT_DIG)
#define MAXIMUM FLT_MAX
#define NORMAL  FLT_MIN
#define TINIEST 0x1p-149f
#else
typedef uint64_t bit_pattern;
#define DIGITS  DBL_MANT_DIG
#define LOWEST  (DBL_MIN_EXP - DBL_MANT_DIG)
#define MAXIMUM DBL_MAX
#define NORMAL  DBL_MIN
#define TINIEST 0x1p-1074
#endif

/* ---- the functions ---- */

static real from_bits(bit_pattern bits)
{
    real x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

typedef void loop(real *restrict y, const real *restrict x, int64_t count);

/* As ops/op.h has it. */
typedef void map(int64_t n, const void *const *in, const int64_t *step, void *out,
                 const void *attributes);

#define LOOP(name)                                                                         \
    map R(rn__map_##name);                                                                 \
                                                                                           \
    static void loop_##name(real *restrict y, const real *restrict x, int64_t count)       \
    {                                                                                      \
        const void *in[] = {x};                                                            \
        const int64_t step[] = {1};                                                        \
                                                                                           \
        R(rn__map_##name)(count, in, step, y, NULL);                                       \
    }

LOOP(exp)
LOOP(expm1)
LOOP(log)
LOOP(log1p)
LOOP(tanh)
LOOP(sigmoid)
LOOP(softplus)
LOOP(erf)
LOOP(silu)
LOOP(gelu)
LOOP(sin)
LOOP(cos)

static long double sigmoid_of(long double x)
{
    return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
}

static long double softplus_of(long double x)
{
    return fmaxl(x, 0) + log1pl(expl(-fabsl(x)));
}

static long double silu_of(long double x)
{
    return x < 0 ? x * expl(x) / (1 + expl(x)) : x / (1 + expl(-x));
}

static long double gelu_of(long double x)
{
    return x * erfcl(-x / sqrtl(2)) / 2;
}

/* Where the function is neither constant nor out of range, and the bound of vmath.h. */
typedef struct function {
    const char *name;
    loop *run;
    long double (*reference)(long double x);
    long double low, high, bound;
    bool rises;
} function;

#if RN_REAL == 32
#define RANGE(low32, high32, low64, high64) low32, high32
#else
#define RANGE(low32, high32, low64, high64) low64, high64
#endif

static const function functions[] = {
    {"exp", loop_exp, expl, RANGE(-104, 89, -746, 710), 1.0L, true},
    {"expm1", loop_expm1, expm1l, RANGE(-20, 89, -40, 710), 1.2L, true},
    {"log", loop_log, logl, 0, 10, 1.0L, true},
    {"log1p", loop_log1p, log1pl, -1, 10, 1.0L, true},
    {"tanh", loop_tanh, tanhl, RANGE(-10, 10, -20, 20), 1.9L, true},
    {"sigmoid", loop_sigmoid, sigmoid_of, RANGE(-104, 20, -746, 40), 2.0L, true},
    {"softplus", loop_softplus, softplus_of, RANGE(-104, 20, -746, 40), 1.8L, true},
    {"erf", loop_erf, erfl, -6, 6, 1.4L, true},
    {"sin", loop_sin, sinl, -2e6L, 2e6L, 0.9L, false},
    {"cos", loop_cos, cosl, -2e6L, 2e6L, 0.9L, false},
    {"silu", loop_silu, silu_of, RANGE(-110, 20, -752, 40), 3.0L, false},
    {"gelu", loop_gelu, gelu_of, RANGE(-15, 6, -39, 9), 8.5L, false},
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* The distance of y from the true value in units of the true value's last place. */
static long double units(real y, long double truth)
{
    int exponent;

    if (isnan(truth)) return isnan(y) ? 0 : INFINITY;
    /* Past the largest number by half a unit, infinity is the right answer. */
    if (fabsl(truth) >= MAXIMUM * (1 + ldexpl(1, -DIGITS - 1)) || isinf(y))
        return isinf(y) && fabsl(truth) > MAXIMUM && (y > 0) == (truth > 0) ? 0 : INFINITY;
    frexpl(truth, &exponent);
    exponent -= DIGITS;
    return ldexpl(fabsl((long double)y - truth), -(exponent < LOWEST ? LOWEST : exponent));
}

/* ---- x^y ---- */

map R(rn__map_pow);

static void powers(real *z, const real *x, const real *y, int64_t count)
{
    const void *in[] = {x, y};
    const int64_t step[] = {1, 1};

    R(rn__map_pow)(count, in, step, z, NULL);
}

#define POW_BOUND 1.0L

static uint64_t scrambled(uint64_t k)
{
    k = (k ^ k >> 30) * 0xbf58476d1ce4e5b9u;
    k = (k ^ k >> 27) * 0x94d049bb133111ebu;
    return k ^ k >> 31;
}

static double fraction_of(uint64_t k)
{
    return (double)(scrambled(k) >> 11) * 0x1p-53;
}

/* Pair k of a fixed sequence: any numbers at all; any x and a z of any magnitude; x near 1;
 * and small numbers, every other y a whole one. */
static void pow_arguments(uint64_t k, real *x, real *y)
{
    const double u = fraction_of(4 * k), v = 2 * fraction_of(4 * k + 1) - 1;
    const double most = RN_REAL == 32 ? 110 : 760; /* log z is out of range beyond */

    *x = from_bits((bit_pattern)scrambled(4 * k + 2));
    *y = from_bits((bit_pattern)scrambled(4 * k + 3));
    if (k % 4 == 1)
        *x = (real)fabs(*x);
    else if (k % 4 == 2)
        *x = (real)(1 + v * ldexp(1, -(int)(u * 2 * DIGITS) / 2));
    if (k % 4 == 3)
        *x = (real)(20 * v), *y = (real)(k % 8 < 4 ? 40 * u - 20 : rint(40 * u - 20));
    else if (k % 4 > 0)
        *y = (real)((2 * fraction_of(4 * k + 3) - 1) * most / (double)logl(*x));
}

#endif
