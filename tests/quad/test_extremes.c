/* SPDX-License-Identifier: MIT */
/*
 * Functions and their derivatives at extreme numbers: infinities, zeros, the largest and
 * the smallest numbers, subnormal ones, and numbers where functions saturate; against
 * closed forms in quad.
 */
#include <criterion/criterion.h>

#include "extremes.h"

static quad logistic(quad x)
{
    return x < 0 ? expq(x) / (1 + expq(x)) : 1 / (1 + expq(-x));
}

static quad normal(quad x)
{
    return erfcq(-x * M_SQRT1_2q) / 2;
}

static quad density(quad x)
{
    return expq(-x * x / 2) * M_SQRT1_2q * M_2_SQRTPIq / 2;
}

#define FUNCTION(name, y, slope)                                                           \
    static quad name##_y(quad x)                                                           \
    {                                                                                      \
        return y;                                                                          \
    }                                                                                      \
    static quad name##_slope(quad x)                                                       \
    {                                                                                      \
        return slope;                                                                      \
    }

FUNCTION(neg, -x, -1 + 0 * x)
FUNCTION(abs, fabsq(x), x > 0 ? 1 : x < 0 ? -1 : 0)
FUNCTION(square, x *x, 2 * x)
FUNCTION(sqrt, sqrtq(x), 1 / (2 * sqrtq(x)))
FUNCTION(exp, expq(x), expq(x))
FUNCTION(expm1, expm1q(x), expq(x))
FUNCTION(log, logq(x), 1 / x)
FUNCTION(log1p, log1pq(x), 1 / (1 + x))
FUNCTION(tanh, tanhq(x), 1 / (coshq(x) * coshq(x)))
FUNCTION(sigmoid, logistic(x), logistic(x) * logistic(-x))
FUNCTION(softplus, x > 0 ? x + log1pq(expq(-x)) : log1pq(expq(x)), logistic(x))
FUNCTION(erf, erfq(x), M_2_SQRTPIq *expq(-x *x))
FUNCTION(relu, x > 0 ? x : 0, x > 0)
FUNCTION(reciprocal, 1 / x, -1 / x / x)
FUNCTION(silu, x *logistic(x), logistic(x) * (1 + x * logistic(-x)))
FUNCTION(gelu, x *normal(x), normal(x) + x * density(x))
FUNCTION(normal_cdf, normal(x), density(x))
FUNCTION(normal_pdf, density(x), -x *density(x))

typedef struct function {
    const char *name;
    rn_tensor (*build)(rn_tensor x);
    quad (*y)(quad x), (*slope)(quad x);
    double slack; /* what the rule's error is beside, if not the slope itself */
} function;

#define ROW(name, slack)                                                                   \
    {                                                                                      \
#name, rn_##name, name##_y, name##_slope, slack                                    \
    }

static const function functions[] = {
    ROW(neg, 0),        ROW(abs, 0),        ROW(square, 0),   ROW(sqrt, 0),
    ROW(exp, 0),        ROW(expm1, 0),      ROW(log, 0),      ROW(log1p, 0),
    ROW(tanh, 1),       ROW(sigmoid, 1),    ROW(softplus, 0), ROW(erf, 0),
    ROW(relu, 0),       ROW(reciprocal, 0), ROW(silu, 0),     ROW(gelu, 0),
    ROW(normal_cdf, 0), ROW(normal_pdf, 0),
};

enum { POINTS = 30 };

/* Half of them positive, the others their negatives. */
static void draw_points(const precision *p, double *x)
{
    const double half[POINTS / 2] = {0,
                                     p->tiniest,
                                     3 * p->tiniest,
                                     p->normal / 2,
                                     p->normal,
                                     rounded(p, 1e-20Q),
                                     0.5,
                                     3,
                                     12,
                                     30,
                                     86,
                                     95,
                                     rounded(p, 1e10Q),
                                     p->largest,
                                     HUGE_VAL};

    for (int i = 0; i < POINTS; i++) x[i] = i % 2 ? -half[i / 2] : half[i / 2];
}

/* Of a function; at an infinity from afar where there it is infinity times 0. */
static quad limit(quad (*f)(quad x), double x)
{
    const quad at = f((quad)x);

    return isnanq(at) && isinf(x) ? f(seen(x)) : at;
}

static void check_function(const function *f, const precision *p)
{
    rn_graph *g = rn_graph_new();
    rn_test_array x = rn_test_array_new(p->type, (rn_shape){1, {POINTS}}), got[2];
    const rn_tensor input = rn_input(g, "x", p->type, x.shape);
    rn_tensor y[2] = {f->build(input)};

    draw_points(p, x.at);
    cr_assert(rn_grad(y[0], rn_fill_like(y[0], 1), &input, 1, &y[1]), "%s", f->name);
    rn_test_run(y, 2, &(rn_test_feed){input, &x}, 1, got);
    for (int i = 0; i < POINTS; i++) {
        const quad want = limit(f->y, x.at[i]), slope = limit(f->slope, x.at[i]);

        if (isnanq(want)) continue; /* outside of the function's domain */
        cr_assert(near(p, got[0].at[i], want, 16, 0), "%s(%g) is %g, not %g in %s", f->name,
                  x.at[i], got[0].at[i], rounded(p, want), rn_type_name(p->type));
        cr_assert(near(p, got[1].at[i], slope, 16, f->slack),
                  "the derivative of %s at %g is %g, not %g in %s", f->name, x.at[i],
                  got[1].at[i], rounded(p, slope), rn_type_name(p->type));
    }
    rn_test_array_free(&got[0]);
    rn_test_array_free(&got[1]);
    rn_test_array_free(&x);
    rn_graph_free(g);
}

Test(extremes, functions)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        for (int t = 0; t < 2; t++) check_function(&functions[i], &precisions[t]);
}
