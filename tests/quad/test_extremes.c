/* SPDX-License-Identifier: MIT */
/*
 * Functions and their derivatives at extreme numbers: infinities, zeros, the largest and
 * the smallest numbers, subnormal ones, and numbers where functions saturate; against
 * the closed forms in quad of elementwise.def.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "extremes.h"
#include "record.h"

typedef quad real;
#define F(name) name##q
#include "elementwise.h"

#define FUNCTION(name, formula)                                                            \
    static quad name(quad x)                                                               \
    {                                                                                      \
        (void)x;                                                                           \
        return formula;                                                                    \
    }
#define RN_ONE(name, kind, flags, ulps, y, ...) FUNCTION(name##_y, y)
#define RN_ALSO(name, y)                        FUNCTION(name##_y, y)
#define RN_SLOPE(name, domain, dx)              FUNCTION(name##_slope, dx)
#include "elementwise.def"

static const struct {
    const char *name;
    quad (*y)(quad x);
    int flags;
} values[] = {
#define RN_ONE(name, kind, flags, ulps, y, ...) {#name, name##_y, flags},
#define RN_ALSO(name, y)                        {#name, name##_y, 0},
#include "elementwise.def"
};

typedef struct function {
    const char *name;
    rn_tensor (*build)(rn_tensor x);
    quad (*y)(quad x), (*slope)(quad x);
    int flags;
} function;

/* Those that have a slope. */
static const function functions[] = {
#define RN_SLOPE(name, domain, dx) {#name, rn_##name, NULL, name##_slope, 0},
#include "elementwise.def"
};

static function function_at(size_t i)
{
    function f = functions[i];

    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        if (strcmp(values[k].name, f.name) == 0)
            f.y = values[k].y, f.flags = values[k].flags;
    cr_assert(f.y, "%s has a slope and no value", f.name);
    return f;
}

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

    const double slack = f->flags & FROM_VALUE ? 1 : 0;

    draw_points(p, x.at);
    cr_assert(rn_grad(y[0], rn_fill_like(y[0], 1), &input, 1, &y[1]), "%s", f->name);
    rn_test_run(y, 2, &(rn_test_feed){input, &x}, 1, got);
    for (int i = 0; i < POINTS; i++) {
        const quad want = limit(f->y, x.at[i]), slope = limit(f->slope, x.at[i]);

        if (isnanq(want)) continue; /* outside of the function's domain */
        cr_assert(near(p, got[0].at[i], want, 16, 0), "%s(%g) is %g, not %g in %s", f->name,
                  x.at[i], got[0].at[i], rounded(p, want), rn_type_name(p->type));
        cr_assert(near(p, got[1].at[i], slope, 16, slack),
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
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const function f = function_at(i);
        for (int t = 0; t < 2 && !(f.flags & PERIODIC); t++)
            check_function(&f, &precisions[t]);
    }
}
