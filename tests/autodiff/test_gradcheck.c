/* SPDX-License-Identifier: MIT */
/* The gradient check: wrong rules must fail, and the report must name them. */
#include "run/driver.h"

#include <rondo/gradcheck.h>

/* ---- x^2 with a wrong gradient ---- */

typedef struct mistake {
    double factor; /* 1: right */
    int64_t only;  /* in this element; -1: in all */
} mistake;

static void square_map(int64_t n, const void *const *x, const int64_t *step, void *y,
                       const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++) {
        const double v = ((const double *)x[0])[i * step[0]];
        ((double *)y)[i] = v * v;
    }
}

static void wrong_gradient(rn_pullback *p)
{
    const mistake *m = (const mistake *)p->attributes;
    const int64_t n = rn_test_count(p->y);
    double *factor = (double *)malloc((size_t)(n + 1) * sizeof *factor);

    for (int64_t i = 0; i < n; i++)
        factor[i] = m->only < 0 || m->only == i ? 2 * m->factor : 2;
    const rn_tensor f = rn_test_constant_f64(p->dy.graph, rn_shape_get(p->y), factor);
    p->dx[0] = rn_mul(p->dy, rn_mul(f, p->x[0]));
    free(factor);
}

static const rn_op wrong = {.name = "wrong",
                            .inputs = 1,
                            .map = {[RN_F64] = square_map},
                            .gradient = wrong_gradient};

static rn_gradcheck_report *check(int64_t n, mistake m, double scale, double offset,
                                  rn_gradcheck_options options)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(n));
    const rn_tensor y = rn_sum_all(rn_apply(&wrong, &x, 1, &m, sizeof m));
    rn_gradcheck_report *r = rn_gradcheck(rn_offset(rn_scale(y, scale), offset), options);

    cr_assert(r);
    cr_assert_eq(r->status, RN_OK, "%s", r->text);
    rn_graph_free(g);
    return r;
}

/* Whether the check fails, as it should. */
static bool caught(int64_t n, mistake m, double scale, double offset)
{
    rn_gradcheck_report *r = check(n, m, scale, offset, (rn_gradcheck_options){0});
    const bool passed = r->passed;

    cr_assert_eq(r->passed, r->failed == 0);
    cr_assert_eq(strstr(r->text, "FAILED") == NULL, passed, "%s", r->text);
    rn_gradcheck_free(r);
    return !passed;
}

/* Small tensors, large ones, tiny gradients and huge ones. */
#define CAUGHT(expected, factor, only)                                                     \
    do {                                                                                   \
        const mistake m = {factor, only};                                                  \
        cr_assert_eq(caught(5, m, 1, 0), expected);                                        \
        cr_assert_eq(caught(200, m, 1, 0), expected);                                      \
        cr_assert_eq(caught(5, m, 1e-6, 0), expected);                                     \
        cr_assert_eq(caught(5, m, 1e6, 0), expected);                                      \
        cr_assert_eq(caught(200, m, 1e-6, 0), expected);                                   \
        cr_assert_eq(caught(200, m, 1e200, 0), expected);                                  \
        cr_assert_eq(caught(200, m, 1e-200, 0), expected);                                 \
    } while (0)

Test(gradcheck, a_right_rule_passes)
{
    CAUGHT(false, 1, -1);
    cr_assert_not(caught(5, (mistake){1, -1}, 1e-6, 1000));
    cr_assert_not(caught(5, (mistake){1, -1}, 1, 1e9));
    cr_assert_not(caught(200, (mistake){1, -1}, 1e-9, 1));
    cr_assert_not(caught(0, (mistake){1, -1}, 1, 1));
}

Test(gradcheck, a_wrong_rule_fails)
{
    CAUGHT(true, -1, -1);
    CAUGHT(true, 1.001, -1);
    CAUGHT(true, 1 + 1e-6, -1);
    CAUGHT(true, 2, -1);
    CAUGHT(true, 0, -1);
    CAUGHT(true, NAN, -1);
    CAUGHT(true, INFINITY, -1);
}

Test(gradcheck, one_wrong_element_fails)
{
    CAUGHT(true, -1, 3);
    CAUGHT(true, 1.001, 3);
    CAUGHT(true, 0, 3);
    CAUGHT(true, NAN, 3);
    for (int64_t i = 0; i < 200; i += 13)
        cr_assert(caught(200, (mistake){1.0001, i}, 1, 0));
}

/* Gradients far below the loss: what cancellation hides is not held against the rule, but a
 * sign is seen. */
Test(gradcheck, a_wrong_sign_beside_a_large_loss)
{
    cr_assert(caught(5, (mistake){-1, -1}, 1e-6, 1000));
    cr_assert(caught(5, (mistake){0, -1}, 1e-6, 1000));
}

/* ---- the report ---- */

Test(gradcheck, report_of_a_small_tensor)
{
    rn_gradcheck_report *r = check(5, (mistake){-1, 3}, 1, 0,
                                   (rn_gradcheck_options){.worst = 2, .directions = -1});

    cr_assert_eq(r->checked, 5);
    cr_assert_eq(r->failed, 1);
    cr_assert_eq(r->worst_count, 2);
    cr_assert_str_eq(r->worst[0].tensor, "x");
    cr_assert_eq(r->worst[0].element, 3);
    cr_assert_not(r->worst[0].passed);
    cr_assert(r->worst[1].passed);
    cr_assert_float_eq(r->worst[0].analytic, -r->worst[0].numeric, 1e-9);
    cr_assert_eq(r->worst[0].error, r->largest);
    cr_assert_gt(r->largest, 0.01);
    cr_assert_gt(r->excess, 1e6);
    cr_assert_eq(r->tensor_count, 1);
    cr_assert_str_eq(r->tensors[0].name, "x");
    cr_assert_eq(r->tensors[0].elements, 5);
    cr_assert_eq(r->tensors[0].failed, 1);
    cr_assert_eq(r->tensors[0].worst.element, 3);
    char want[200];
    snprintf(want, sizeof want, "x element 3: analytic %.15g +- %.1e, numeric ",
             r->worst[0].analytic, r->worst[0].analytic_bound);
    cr_assert(strstr(r->text, want), "%s", r->text);
    snprintf(want, sizeof want, "gradcheck: FAILED: 1 of 5 comparisons failed; ");
    cr_assert(!strncmp(r->text, want, strlen(want)), "%s", r->text);
    rn_gradcheck_free(r);
}

Test(gradcheck, report_of_a_nan)
{
    rn_gradcheck_report *r =
        check(5, (mistake){NAN, 2}, 1, 0, (rn_gradcheck_options){.directions = -1});

    cr_assert_eq(r->failed, 1);
    cr_assert(isnan(r->largest));
    cr_assert_eq(r->worst[0].element, 2);
    cr_assert(isnan(r->worst[0].excess) && !r->worst[0].passed);
    cr_assert_eq(r->worst_count, 5);
    rn_gradcheck_free(r);
}

Test(gradcheck, worst_come_first)
{
    rn_gradcheck_report *r =
        check(40, (mistake){1.5, -1}, 1, 0, (rn_gradcheck_options){.directions = -1});

    cr_assert_eq(r->worst_count, 8);
    for (int i = 1; i < r->worst_count; i++)
        cr_assert_geq(r->worst[i - 1].excess, r->worst[i].excess);
    cr_assert_eq(r->failed, 40);
    rn_gradcheck_free(r);
}

Test(gradcheck, large_tensors_are_sampled)
{
    rn_gradcheck_report *r = check(1000, (mistake){1, -1}, 1, 0, (rn_gradcheck_options){0});
    cr_assert_eq(r->checked, 4 + 1 + 8);
    rn_gradcheck_free(r);
    r = check(1000, (mistake){1, -1}, 1, 0,
              (rn_gradcheck_options){.directions = 2, .samples = 100, .worst = 200});
    cr_assert_eq(r->checked, 103);
    cr_assert_eq(r->worst_count, 103);
    bool seen[1000] = {false};
    int directions = 0, stretches = 0;
    for (int i = 0; i < r->worst_count; i++) {
        const int64_t e = r->worst[i].element;
        cr_assert(e >= -1 && e < 1000);
        if (e < 0)
            directions++;
        else
            seen[e] = true;
    }
    for (int k = 0; k < 10; k++)
        for (int i = 0; i < 100; i++)
            if (seen[k * 100 + i]) {
                stretches++;
                break;
            }
    cr_assert_eq(directions, 3, "two of all together, one of x");
    cr_assert_eq(stretches, 10, "samples come from everywhere");
    rn_gradcheck_free(r);
    r = check(1000, (mistake){1, -1}, 1, 0, (rn_gradcheck_options){.exhaustive = 1000});
    cr_assert_eq(r->checked, 4 + 1000);
    rn_gradcheck_free(r);
}

/* No tolerance: one part in 10^9 is seen, and what the error bounds allow is said. */
Test(gradcheck, error_bounds)
{
    rn_gradcheck_report *r =
        check(5, (mistake){1 + 1e-9, -1}, 1, 0, (rn_gradcheck_options){.directions = -1});

    cr_assert_eq(r->failed, 5, "%s", r->text);
    for (int i = 0; i < 5; i++) {
        const rn_gradcheck_entry *e = &r->worst[i];
        cr_assert(e->analytic_bound < 1e-13 && e->numeric_bound < 1e-10, "%s", r->text);
        const double bounds = e->analytic_bound + e->numeric_bound;
        cr_assert_float_eq(e->excess, fabs(e->analytic - e->numeric) / bounds,
                           1e-9 * e->excess);
    }
    rn_gradcheck_free(r);
}

/* Terms that cancel out do not make the error of a direction any larger. */
Test(gradcheck, error_of_a_direction)
{
    double least = 1;

    for (uint64_t seed = 0; seed < 200; seed++) {
        rn_gradcheck_report *r =
            check(200, (mistake){1, -1}, 1, 0,
                  (rn_gradcheck_options){.seed = seed, .exhaustive = -1, .samples = -1});
        cr_assert(r->passed && r->largest < 1e-11, "seed %d: %s", (int)seed, r->text);
        for (int i = 0; i < r->worst_count; i++)
            least = fmin(least, fabs(r->worst[i].analytic));
        rn_gradcheck_free(r);
    }
    cr_assert(least < 0.01, "no terms cancel out: %g", least);
}

/* One wrong element of many is found without looking at each. */
Test(gradcheck, a_wrong_element_is_located)
{
    for (int64_t i = 1; i < 5000; i += 1234) {
        rn_gradcheck_report *r =
            check(5000, (mistake){1.001, i}, 1, 0, (rn_gradcheck_options){.samples = -1});
        cr_assert_not(r->passed);
        bool found = false;
        for (int k = 0; k < r->worst_count; k++)
            found |= r->worst[k].element == i && !r->worst[k].passed;
        cr_assert(found, "element %d: %s", (int)i, r->text);
        rn_gradcheck_free(r);
    }
}

Test(gradcheck, the_same_seed_gives_the_same_report)
{
    rn_gradcheck_options o = {.seed = 5, .worst = 30};
    rn_gradcheck_report *a = check(100, (mistake){1, -1}, 1, 0, o);
    rn_gradcheck_report *b = check(100, (mistake){1, -1}, 1, 0, o);
    o.seed = 6;
    rn_gradcheck_report *c = check(100, (mistake){1, -1}, 1, 0, o);

    cr_assert_str_eq(a->text, b->text);
    cr_assert_str_neq(a->text, c->text);
    rn_gradcheck_free(a), rn_gradcheck_free(b), rn_gradcheck_free(c);
    rn_gradcheck_free(NULL);
}
