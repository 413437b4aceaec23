/* SPDX-License-Identifier: MIT */
/* Values of every size: steps that fit them, and what is said where none does. */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo.h>
#include <string.h>

enum { N = 2 };

/* The check of sum w f(x) at two values. */
static rn_gradcheck_report *check(rn_tensor (*f)(rn_tensor x), double first, double second)
{
    static const double weights[N] = {1.5, -0.75};
    const double x_data[N] = {first, second};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    const rn_tensor w = rn_constant(g, RN_F64, rn_shape(N), weights);
    const rn_value value = {x, x_data};

    rn_gradcheck_report *r =
        rn_gradcheck(rn_sum_all(rn_mul(f(x), w)),
                     (rn_gradcheck_options){.values = &value, .value_count = 1});
    rn_graph_free(g);
    return r;
}

/* Everything is compared, and passes. */
static void expect_pass(rn_tensor (*f)(rn_tensor x), double first, double second)
{
    rn_gradcheck_report *r = check(f, first, second);

    cr_assert_eq(r->status, RN_OK, "%g: %s", first, r->text);
    cr_assert(r->passed, "%g: %s", first, r->text);
    cr_assert_eq(r->tensors[0].checked, N, "%g: %s", first, r->text);
    rn_gradcheck_free(r);
}

static rn_tensor reciprocal(rn_tensor x)
{
    return rn_div(rn_constant_like(x, 1), x);
}

static rn_tensor minus_1e20(rn_tensor x)
{
    return rn_sub(x, rn_constant_like(x, 1e20));
}

Test(scales, tiny)
{
    static const double size[] = {1e-3, 1e-8, 1e-13, 1e-20, 1e-100};

    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        expect_pass(rn_log, size[i], 1.5);
        expect_pass(rn_sqrt, size[i], 1.5);
        expect_pass(reciprocal, -size[i], 1.5);
        expect_pass(rn_tanh, size[i], 1.5);
    }
}

Test(scales, huge)
{
    static const double size[] = {1e3, 1e6, 1e8, 1e12, 1e20, 1e100};

    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        expect_pass(rn_log, size[i], 1.5);
        expect_pass(rn_square, size[i], 2 * size[i]);
        expect_pass(rn_tanh, -size[i], 1.5);
        if (size[i] < 1e10) expect_pass(rn_sin, size[i], 1.5);
    }
    expect_pass(minus_1e20, 1e20, 1e20);
}

/* A wave that is shorter than any step: it is said that nothing is compared. */
Test(scales, beyond_all_steps)
{
    rn_gradcheck_report *r = check(rn_sin, 1e30, 1.5);

    cr_assert(r->passed, "%s", r->text);
    cr_assert_eq(r->kinks, 1, "%s", r->text);
    cr_assert_str_eq(r->kink[0].op, "loss");
    cr_assert_eq(r->kink[0].element, 0);
    cr_assert(strstr(r->text, "x element 0: no step shows enough of the loss"), "%s",
              r->text);
    rn_gradcheck_free(r);
}

/* ---- what is wrong is seen at every size ---- */

static void identity(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    const double *from = (const double *)x[0];

    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((double *)y)[i] = from[i * step[0]];
}

static void nudged(rn_pullback *p)
{
    p->dx[0] = rn_scale(p->dy, 1 + 1e-6);
}

static const rn_op wrong = {
    .name = "wrong", .inputs = 1, .map = {[RN_F64] = identity}, .gradient = nudged};

static rn_tensor wrongly(rn_tensor x)
{
    return rn_apply(&wrong, &x, 1, NULL, 0);
}

static rn_tensor wrong_log(rn_tensor x)
{
    return rn_log(wrongly(x));
}

static void expect_failure(rn_tensor (*f)(rn_tensor x), double x)
{
    rn_gradcheck_report *r = check(f, x, x);

    cr_assert_eq(r->status, RN_OK, "%s", r->text);
    cr_assert_eq(r->tensors[0].failed, N, "%g: %s", x, r->text);
    cr_assert_str_eq(r->culprit.op, "wrong", "%g: %s", x, r->text);
    rn_gradcheck_free(r);
}

Test(scales, mistakes)
{
    static const double size[] = {1e-100, 1e-13, 1e-3, 1, 1e6, 1e20, 1e100};

    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        expect_failure(wrongly, size[i]);
        expect_failure(wrong_log, size[i]);
    }
}

/* ---- where there is nothing to compare ---- */

static rn_tensor larger(rn_tensor x)
{
    return rn_maximum(x, rn_constant_like(x, 1e50));
}

Test(scales, a_tie_of_huge_values)
{
    rn_gradcheck_report *r = check(larger, 1e50, 2e50);

    cr_assert(r->passed, "%s", r->text);
    cr_assert_eq(r->tensors[0].checked, 1, "%s", r->text);
    /* No direction of all moves so large values. */
    cr_assert_eq(r->kinks, 4 + 1, "%s", r->text);
    cr_assert_str_eq(r->kink[4].op, "maximum");
    cr_assert_eq(r->kink[4].element, 0);
    rn_gradcheck_free(r);
}

Test(scales, the_edge_of_a_domain)
{
    rn_gradcheck_report *r = check(rn_sqrt, 0, 4);

    cr_assert(r->passed, "%s", r->text);
    cr_assert_eq(r->tensors[0].checked, 1, "%s", r->text);
    cr_assert_str_eq(r->kink[0].op, "loss");
    cr_assert(strstr(r->text, "x element 0: the loss is not finite next to it"), "%s",
              r->text);
    rn_gradcheck_free(r);
}

Test(scales, a_loss_that_is_no_number)
{
    rn_gradcheck_report *r = check(rn_log, 1, -2);

    cr_assert_eq(r->status, RN_BAD_VALUE);
    cr_assert_not(r->passed);
    cr_assert(
        strstr(r->text,
               "not made: the loss is nan: log [2]: NaN at element 1, computed from -2"),
        "%s", r->text);
    rn_gradcheck_free(r);
}

static void one_percent_off(rn_pullback *p)
{
    p->dx[0] = rn_scale(rn_mul(p->dy, rn_cos(p->x[0])), 1.01);
}

static void sine(int64_t n, const void *const *x, const int64_t *step, void *y,
                 const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++)
        ((double *)y)[i] = sin(((const double *)x[0])[i * step[0]]);
}

static rn_tensor guilty(rn_tensor x)
{
    static const rn_op op = {.name = "guilty",
                             .inputs = 1,
                             .map = {[RN_F64] = sine},
                             .gradient = one_percent_off};

    return rn_offset(rn_apply(&op, &x, 1, NULL, 0), 1e8);
}

/* The loss has too few digits to tell a wrong gradient from a spike as narrow as x is. */
Test(scales, a_wrong_rule_of_tiny_elements_in_a_huge_loss)
{
    rn_gradcheck_report *r = check(guilty, 1e-12, -2e-12);

    cr_assert_not(r->passed, "%s", r->text);
    cr_assert(strstr(r->text, "gradcheck: FAILED: "), "%s", r->text);
    cr_assert_str_eq(r->culprit.op, "guilty", "%s", r->text);
    rn_gradcheck_free(r);
}

/* A gradient that is missing, beside a loss that hides it. */
static void missing(rn_pullback *p)
{
    p->dx[0] = rn_scale(p->dy, 0);
}

static const rn_op none = {
    .name = "none", .inputs = 1, .map = {[RN_F64] = identity}, .gradient = missing};

Test(scales, a_gradient_that_nothing_shows)
{
    static const double x_data[N] = {0.5, -1.5};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    const rn_tensor y = rn_apply(&none, &x, 1, NULL, 0);
    const rn_value value = {x, x_data};

    for (int huge = 0; huge < 2; huge++) {
        const rn_tensor loss = rn_offset(rn_scale(rn_sum_all(y), 1e-9), huge ? 1e6 : 0);
        rn_gradcheck_report *r =
            rn_gradcheck(loss, (rn_gradcheck_options){.values = &value, .value_count = 1});
        cr_assert_eq(r->passed, huge, "%s", r->text);
        cr_assert_eq(r->inconclusive == r->checked, huge, "%s", r->text);
        rn_gradcheck_free(r);
    }
    rn_graph_free(g);
}
