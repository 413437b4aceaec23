/* SPDX-License-Identifier: MIT */
/*
 * The elementary functions of one variant: special values, errors in units in the last
 * place against the C library's long double, and invariants (order, sign, the same bits in
 * a loop as alone).
 */
#include "kernel_test.h"
#include "vmath_functions.h"

#include <stdlib.h>

#define SUITE_TEST(suite, name) Test(suite, name)
#define TEST(name)              SUITE_TEST(R(vmath), name)

enum { COUNT = 1021 };

static real value_at(const function *f, real x)
{
    real y;

    f->run(&y, &x, 1);
    return y;
}

/* ---- bounds ---- */

static uint64_t state = 1;

/* In [0, 1), a fixed sequence; all bits of it. */
static double draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)((state ^ state << 29) >> 11) * 0x1p-53;
}

/* Of any magnitude, near zero, and evenly over the range, in turn. */
static real draw_argument(const function *f, int i)
{
    bit_pattern bits = (bit_pattern)(draw() * (RN_REAL == 32 ? 0x1p32 : 0x1p63) * 2);
    long double even = f->low + (f->high - f->low) * (long double)draw();

    switch (i % 4) {
    case 0:
        return from_bits(bits);
    case 1:
        return (real)((draw() - 0.5) * 4);
    default:
        return (real)even;
    }
}

static void check_bounds(const function *f, const real *x)
{
    real y[COUNT];

    f->run(y, x, COUNT);
    for (int i = 0; i < COUNT; i++) {
        long double error = units(y[i], f->reference((long double)x[i]));
        cr_assert(error <= f->bound, "%s(%a) = %a: off by %.3Lf units", f->name,
                  (double)x[i], (double)y[i], error);
    }
}

TEST(errors_are_within_the_bounds)
{
    for (int f = 0; f < FUNCTIONS; f++)
        for (int round = 0; round < 200 / THINNING; round++) {
            real x[COUNT];

            for (int i = 0; i < COUNT; i++) x[i] = draw_argument(&functions[f], i);
            check_bounds(&functions[f], x);
        }
}

#if RN_REAL == 32
/* All exponents, both signs, subnormals, infinities and NaN: one of each 5003 bit
 * patterns. */
TEST(sweep_of_all_floats)
{
    for (int f = 0; f < FUNCTIONS; f++)
        for (uint64_t bits = 0; bits <= UINT32_MAX;) {
            real x[COUNT];

            for (int i = 0; i < COUNT; i++, bits += 5003 * THINNING)
                x[i] = from_bits((bit_pattern)bits);
            check_bounds(&functions[f], x);
        }
}
#endif

/* ---- exact values ---- */

typedef struct exact {
    loop *run;
    const char *name;
    real x, y;
} exact;

#define EXACT(name, x, y)                                                                  \
    {                                                                                      \
        loop_##name, #name, x, y                                                           \
    }

static const exact exact_values[] = {
    EXACT(exp, 0, 1),
    EXACT(exp, (real)-0.0, 1),
    EXACT(exp, INFINITE, INFINITE),
    EXACT(exp, -INFINITE, 0),
    EXACT(exp, MAXIMUM, INFINITE),
    EXACT(exp, -MAXIMUM, 0),
    EXACT(exp, TINIEST, 1),
    EXACT(exp, NOTHING, NOTHING),
    EXACT(expm1, 0, 0),
    EXACT(expm1, (real)-0.0, (real)-0.0),
    EXACT(expm1, TINIEST, TINIEST),
    EXACT(expm1, -NORMAL, -NORMAL),
    EXACT(expm1, INFINITE, INFINITE),
    EXACT(expm1, -INFINITE, -1),
    EXACT(expm1, MAXIMUM, INFINITE),
    EXACT(expm1, NOTHING, NOTHING),
    EXACT(log, 1, 0),
    EXACT(log, 0, -INFINITE),
    EXACT(log, (real)-0.0, -INFINITE),
    EXACT(log, INFINITE, INFINITE),
    EXACT(log, -1, NOTHING),
    EXACT(log, -INFINITE, NOTHING),
    EXACT(log, -TINIEST, NOTHING),
    EXACT(log, NOTHING, NOTHING),
    EXACT(log1p, 0, 0),
    EXACT(log1p, (real)-0.0, (real)-0.0),
    EXACT(log1p, TINIEST, TINIEST),
    EXACT(log1p, -TINIEST, -TINIEST),
    EXACT(log1p, -1, -INFINITE),
    EXACT(log1p, -2, NOTHING),
    EXACT(log1p, -INFINITE, NOTHING),
    EXACT(log1p, INFINITE, INFINITE),
    EXACT(log1p, NOTHING, NOTHING),
    EXACT(tanh, 0, 0),
    EXACT(tanh, (real)-0.0, (real)-0.0),
    EXACT(tanh, TINIEST, TINIEST),
    EXACT(tanh, -NORMAL, -NORMAL),
    EXACT(tanh, INFINITE, 1),
    EXACT(tanh, -INFINITE, -1),
    EXACT(tanh, -MAXIMUM, -1),
    EXACT(tanh, NOTHING, NOTHING),
    EXACT(sigmoid, 0, (real)0.5),
    EXACT(sigmoid, TINIEST, (real)0.5),
    EXACT(sigmoid, INFINITE, 1),
    EXACT(sigmoid, -INFINITE, 0),
    EXACT(sigmoid, MAXIMUM, 1),
    EXACT(sigmoid, -MAXIMUM, 0),
    EXACT(sigmoid, NOTHING, NOTHING),
    EXACT(softplus, INFINITE, INFINITE),
    EXACT(softplus, -INFINITE, 0),
    EXACT(softplus, MAXIMUM, MAXIMUM),
    EXACT(softplus, -MAXIMUM, 0),
    EXACT(softplus, NOTHING, NOTHING),
    EXACT(erf, (real)-0.0, (real)-0.0),
    EXACT(erf, INFINITE, 1),
    EXACT(erf, NOTHING, NOTHING),
    EXACT(sin, 0, 0),
    EXACT(sin, (real)-0.0, (real)-0.0),
    EXACT(sin, TINIEST, TINIEST),
    EXACT(sin, -NORMAL, -NORMAL),
    EXACT(sin, INFINITE, NOTHING),
    EXACT(sin, NOTHING, NOTHING),
    EXACT(cos, 0, 1),
    EXACT(cos, (real)-0.0, 1),
    EXACT(cos, TINIEST, 1),
    EXACT(cos, -INFINITE, NOTHING),
    EXACT(cos, NOTHING, NOTHING),
    EXACT(silu, 0, 0),
    EXACT(silu, (real)-0.0, (real)-0.0),
    EXACT(silu, TINIEST * 2, TINIEST),
    EXACT(silu, INFINITE, INFINITE),
    EXACT(silu, MAXIMUM, MAXIMUM),
    EXACT(silu, -INFINITE, (real)-0.0),
    EXACT(silu, -MAXIMUM, (real)-0.0),
    EXACT(silu, NOTHING, NOTHING),
    EXACT(gelu, 0, 0),
    EXACT(gelu, (real)-0.0, (real)-0.0),
    EXACT(gelu, TINIEST * 2, TINIEST),
    EXACT(gelu, INFINITE, INFINITE),
    EXACT(gelu, MAXIMUM, MAXIMUM),
    EXACT(gelu, -INFINITE, (real)-0.0),
    EXACT(gelu, -MAXIMUM, (real)-0.0),
    EXACT(gelu, NOTHING, NOTHING),
};

/* In a vector and in what a vector leaves over. */
TEST(exact_values)
{
    for (size_t v = 0; v < sizeof exact_values / sizeof *exact_values; v++) {
        const exact *e = &exact_values[v];
        real x[67], y[67];

        for (int i = 0; i < 67; i++) x[i] = e->x;
        e->run(y, x, 67);
        for (int i = 0; i < 67; i++)
            cr_assert(isnan(e->y) ? isnan(y[i])
                                  : y[i] == e->y && !signbit(y[i]) == !signbit(e->y),
                      "%s(%a) = %a", e->name, (double)e->x, (double)y[i]);
    }
}

/* The last number whose result is neither zero nor infinite, and the next. */
TEST(thresholds)
{
#if RN_REAL == 32
    const real last = 0x1.62e42ep6f, least = -0x1.9fe368p6f, up = nextafterf(last, 999);
    const real down = nextafterf(least, -999), far = -80;
#else
    const real last = 0x1.62e42fefa39efp9, least = -0x1.74910d52d3051p9,
               up = nextafter(last, 999);
    const real down = nextafter(least, -999), far = -700;
#endif
    const function *e = &functions[0], *sigmoid = &functions[5];

    cr_assert(isfinite(value_at(e, last)) && isinf(value_at(e, up)));
    cr_assert(value_at(e, least) == TINIEST && value_at(e, down) == 0);
    cr_assert(value_at(sigmoid, least) == TINIEST && value_at(sigmoid, far) > NORMAL);
}

/* ---- properties ---- */

TEST(rising_functions_rise)
{
    enum { STEPS = 20000 / THINNING };
    static real x[STEPS], y[STEPS];

    for (int f = 0; f < FUNCTIONS; f++) {
        const function *g = &functions[f];

        for (int i = 0; i < STEPS; i++)
            x[i] = (real)(g->low + (g->high - g->low) * i / (STEPS - 1));
        g->run(y, x, STEPS);
        for (int i = 1; g->rises && i < STEPS; i++)
            cr_assert(y[i - 1] <= y[i], "%s falls at %a", g->name, (double)x[i]);
    }
}

TEST(odd_functions_are_odd)
{
    const int odd[] = {4, 7, 8};

    for (int f = 0; f < 3; f++)
        for (int i = 0; i < 20000; i += THINNING) {
            const function *g = &functions[odd[f]];
            real x = draw_argument(g, i), y = value_at(g, x);
            cr_assert(isnan(y) || value_at(g, -x) == -y, "%s(%a)", g->name, (double)x);
        }
}

/* A value does not know whether it stood in a vector. */
TEST(same_bits_in_a_loop_as_alone)
{
    for (int f = 0; f < FUNCTIONS; f++) {
        real x[COUNT], y[COUNT];

        for (int i = 0; i < COUNT; i++) x[i] = draw_argument(&functions[f], i);
        functions[f].run(y, x, COUNT);
        for (int i = 0; i < COUNT; i++) {
            real alone = value_at(&functions[f], x[i]);
            cr_assert(isnan(alone) || !memcmp(&alone, &y[i], sizeof alone), "%s(%a)",
                      functions[f].name, (double)x[i]);
        }
    }
}

/* ---- x^y ---- */

static void check_power(real x, real y, real z)
{
    const long double truth = powl(x, y), error = units(z, truth);

    cr_assert(error <= POW_BOUND && (isnan(truth) || !signbit(z) == !signbit(truth)),
              "%a^%a = %a: off by %.3Lf units", (double)x, (double)y, (double)z, error);
}

TEST(powers_are_within_the_bound)
{
    for (uint64_t k = 0; k < 400000 / THINNING;) {
        real x[COUNT], y[COUNT], z[COUNT];

        for (int i = 0; i < COUNT; i++, k++) pow_arguments(k, &x[i], &y[i]);
        powers(z, x, y, COUNT);
        for (int i = 0; i < COUNT; i++) check_power(x[i], y[i], z[i]);
    }
}

/* Where the error of the logarithm's series counts most: far from 1, and multiplied by an
 * exponent that makes the largest and smallest results. */
TEST(powers_of_the_largest_exponents)
{
    const double most = RN_REAL == 32 ? 87 : 708;

    for (uint64_t k = 0; k < 400000 / THINNING;) {
        real x[COUNT], y[COUNT], z[COUNT];

        for (int i = 0; i < COUNT; i++, k++) {
            const double far = 0.29 + 0.0565 * fraction_of(4 * k);
            const double size = most * (0.9 + 0.1 * fraction_of(4 * k + 1));

            x[i] = (real)exp(k % 2 ? far : -far);
            y[i] = (real)((k % 4 < 2 ? size : -size) / log((double)x[i]));
        }
        powers(z, x, y, COUNT);
        for (int i = 0; i < COUNT; i++) check_power(x[i], y[i], z[i]);
    }
}

/* Each with each, and with the other sign. */
TEST(powers_of_special_values)
{
    const real one = 1, whole = RN_REAL == 32 ? 0x1p23f : 0x1p52;
    const real value[] = {0,
                          TINIEST,
                          NORMAL,
                          one / 3,
                          (real)0.5,
                          one - (real)0x1p-20,
                          1,
                          one + (real)0x1p-20,
                          (real)1.5,
                          2,
                          (real)2.5,
                          3,
                          whole - 1,
                          whole / 2 - one / 2,
                          whole,
                          whole + 1,
                          2 * whole - 1,
                          2 * whole,
                          MAXIMUM,
                          INFINITE,
                          NOTHING};
    enum { VALUES = sizeof value / sizeof *value, ALL = 2 * VALUES };
    static real x[ALL * ALL], y[ALL * ALL], z[ALL * ALL];

    for (int i = 0; i < ALL * ALL; i++) {
        const int j = i / ALL, k = i % ALL;
        x[i] = j < VALUES ? value[j] : -value[j - VALUES];
        y[i] = k < VALUES ? value[k] : -value[k - VALUES];
    }
    powers(z, x, y, ALL * ALL);
    for (int i = 0; i < ALL * ALL; i++) check_power(x[i], y[i], z[i]);
}

/* What has a value that a real holds is that value. */
TEST(exact_powers)
{
    for (int n = 0; n <= 13; n++) {
        const real x[] = {3, -3, 2, 9, 10},
                   y[] = {(real)n, (real)n, (real)-n, (real)0.5, (real)n};
        real z[5];

        powers(z, x, y, 5);
        for (int i = 0; i < (n > 10 ? 4 : 5); i++) {
            const long double truth = powl(x[i], y[i]);
            cr_assert((real)truth != truth || z[i] == (real)truth, "%a^%a = %a",
                      (double)x[i], (double)y[i], (double)z[i]);
        }
    }
}

TEST(same_bits_of_powers_in_a_loop_as_alone)
{
    real x[COUNT], y[COUNT], z[COUNT];

    for (int i = 0; i < COUNT; i++) pow_arguments((uint64_t)i, &x[i], &y[i]);
    powers(z, x, y, COUNT);
    for (int i = 0; i < COUNT; i++) {
        real alone;

        powers(&alone, &x[i], &y[i], 1);
        cr_assert(isnan(alone) || !memcmp(&alone, &z[i], sizeof alone), "%a^%a",
                  (double)x[i], (double)y[i]);
    }
}
