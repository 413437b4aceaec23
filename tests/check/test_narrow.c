/* SPDX-License-Identifier: MIT */
/* Losses that change within less than a step: waves whose length the steps are multiples
 * of.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo.h>

enum { N = 4 };
static const double pi = 3.14159265358979323846;

/* The check of a loss of x by a function of it. */
static rn_gradcheck_report *check(rn_tensor (*f)(rn_tensor x, double k), double k)
{
    static const double x_data[N] = {0.3, -1.2, 0.77, 2.1};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    const rn_value value = {x, x_data};

    rn_gradcheck_report *r = rn_gradcheck(
        rn_sum_all(f(x, k)), (rn_gradcheck_options){.values = &value, .value_count = 1});
    rn_graph_free(g);
    return r;
}

static void expect_pass(rn_tensor (*f)(rn_tensor x, double k), double k)
{
    rn_gradcheck_report *r = check(f, k);

    cr_assert(r->passed, "%g: %s", k, r->text);
    cr_assert_eq(r->tensors[0].checked, N, "%g: %s", k, r->text);
    rn_gradcheck_free(r);
}

/* ---- waves ---- */

static rn_tensor wave(rn_tensor x, double k)
{
    return rn_sin(rn_scale(x, pi * k));
}

static rn_tensor beside_a_wave(rn_tensor x, double k)
{
    return rn_add(x, rn_scale(wave(x, k), 1e-3));
}

/* As an encoding of positions has them: the differences over all longer steps are zero. */
Test(narrow, waves)
{
    for (int k = 0; k < 14; k++) {
        expect_pass(wave, ldexp(1, k));
        expect_pass(beside_a_wave, ldexp(1, k));
    }
}

/* y = sin(512 pi x) */
static void map(int64_t n, const void *const *x, const int64_t *step, void *y,
                const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++)
        ((double *)y)[i] = sin(512 * pi * ((const double *)x[0])[i * step[0]]);
}

/* Forgotten: dx is not set. */
static void gradient(rn_pullback *p)
{
    (void)p;
}

static rn_tensor guilty_wave(rn_tensor x, double k)
{
    static const rn_op guilty = {
        .name = "guilty", .inputs = 1, .map = {[RN_F64] = map}, .gradient = gradient};

    (void)k;
    return rn_apply(&guilty, &x, 1, NULL, 0);
}

Test(narrow, a_forgotten_wave)
{
    rn_gradcheck_report *r = check(guilty_wave, 0);

    cr_assert_not(r->passed, "%s", r->text);
    cr_assert_eq(r->culprit.mistake, RN_MISTAKE_ZERO, "%s", r->text);
    rn_gradcheck_free(r);
}

/* ---- poles and spikes ---- */

/* 1 / (x - a) next to the first x */
static rn_tensor pole(rn_tensor x, double k)
{
    return rn_reciprocal(rn_offset(x, -0.3 - k));
}

static rn_tensor beside_a_pole(rn_tensor x, double k)
{
    return rn_add(x, rn_scale(pole(x, k), 1e-2 * k));
}

static rn_tensor bump(rn_tensor x, double k)
{
    return rn_exp(rn_neg(rn_square(rn_scale(rn_offset(x, -0.3 - k / 2), 1 / k))));
}

static rn_tensor beside_a_bump(rn_tensor x, double k)
{
    return rn_add(x, rn_scale(bump(x, k), 1e-3));
}

Test(narrow, poles_and_spikes)
{
    static const double width[] = {1e-3, 1e-4, 1e-5, 1e-6, 1e-7};

    for (size_t i = 0; i < sizeof width / sizeof *width; i++) {
        expect_pass(pole, width[i]);
        expect_pass(beside_a_pole, width[i]);
        expect_pass(bump, width[i]);
        expect_pass(beside_a_bump, width[i]);
    }
}

Test(narrow, fast_waves)
{
    for (double k = 1e5; k < 1e8; k *= 10) expect_pass(wave, 2 * k);
}

/* It fails at all elements, whose neighbourhood is looked at again. */
static rn_tensor beside_a_guilty_one(rn_tensor x, double k)
{
    return rn_add(guilty_wave(x, k), beside_a_bump(x, k));
}

Test(narrow, a_wrong_one_among_them)
{
    rn_gradcheck_report *r = check(beside_a_guilty_one, 1e-5);

    cr_assert_not(r->passed, "%s", r->text);
    cr_assert_eq(r->tensors[0].failed, N, "%s", r->text);
    cr_assert_str_eq(r->culprit.op, "guilty", "%s", r->text);
    rn_gradcheck_free(r);
}

/* ---- who is to blame ---- */

static double frequency;

static void fast_map(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++)
        ((double *)y)[i] = sin(frequency * ((const double *)x[0])[i * step[0]]);
}

static void fast_gradient(rn_pullback *p)
{
    const rn_tensor slope = rn_scale(rn_cos(rn_scale(p->x[0], frequency)), frequency);

    p->dx[0] = rn_mul(p->dy, slope);
}

/* A right one of an operator that is nearer to the loss. */
static rn_tensor after_a_guilty_one(rn_tensor x, double k)
{
    static const rn_op fast = {.name = "fast",
                               .inputs = 1,
                               .map = {[RN_F64] = fast_map},
                               .gradient = fast_gradient};
    const rn_tensor y = guilty_wave(x, 0);

    frequency = k;
    return rn_apply(&fast, &y, 1, NULL, 0);
}

Test(narrow, an_innocent_wave)
{
    for (double k = 1e3; k < 1e8; k *= 10) {
        rn_gradcheck_report *r = check(after_a_guilty_one, 6.25 * k);
        cr_assert_not(r->passed, "%s", r->text);
        cr_assert_str_eq(r->culprit.op, "guilty", "%g: %s", k, r->text);
        rn_gradcheck_free(r);
    }
}
