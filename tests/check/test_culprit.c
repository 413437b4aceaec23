/* SPDX-License-Identifier: MIT */
/* A failed gradient check names the operator whose rule is wrong, and where. */
#include <criterion/criterion.h>
#include <rondo.h>
#include <string.h>

static double factor = 1; /* of the right gradient; every test has a process of its own */

static void square64(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    const double *from = (const double *)x[0];

    (void)attributes;
    for (int64_t i = 0; i < n; i++)
        ((double *)y)[i] = from[i * step[0]] * from[i * step[0]];
}

static void square32(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    const float *from = (const float *)x[0];

    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((float *)y)[i] = from[i * step[0]] * from[i * step[0]];
}

static void gradient(rn_pullback *p)
{
    p->dx[0] = rn_scale(rn_mul(p->dy, p->x[0]), 2 * factor);
}

static const rn_op my_square = {.name = "my_square",
                                .inputs = 1,
                                .map = {[RN_F32] = square32, [RN_F64] = square64},
                                .gradient = gradient};

static rn_tensor square(rn_tensor x)
{
    return rn_name(rn_apply(&my_square, &x, 1, NULL, 0), "squared");
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor g = square(rn_tanh(rn_gate(s, "g", x, state[0])));

    return state[0] = rn_tanh(rn_add(state[0], g));
}

static const rn_cell cell = {.name = "squaring", .states = 1, .step = step};

/* The report's text about a cell with the operator inside, for a rule that is off by
 * `f`. */
static void check(double f, bool passes, const char *says)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(4, 2, 3));

    factor = f;
    rn_sequence y = rn_recurrent(rn_root(g, model), "rnn", &cell, x,
                                 (rn_recurrent_options){.units = 3, .layers = 2});
    rn_gradcheck_report *r =
        rn_gradcheck(rn_sum_all(rn_square(y.outputs)), (rn_gradcheck_options){0});
    cr_assert_eq(r->status, RN_OK, "%s", r->text);
    cr_assert_eq(r->passed, passes, "%s", r->text);
    if (passes) cr_assert_str_eq(r->culprit.text, "");
    cr_assert(strstr(r->text, says), "%s", r->text);
    cr_assert(passes || strstr(r->text, r->culprit.text));
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(culprit, a_right_rule)
{
    check(1, true, "passed");
}

Test(culprit, a_wrong_sign)
{
    check(-1, false, "culprit: the gradient rule of my_square: node ");
    check(-1, false, " my_square \"squared\" [2,3] step 3 of loop ");
    check(-1, false, ": ratio -1.000, sign (");
}

Test(culprit, other_mistakes)
{
    check(0, false, "ratio 0.000, zero");
    check(-0.0, false, "ratio 0.000, zero");
    check(2, false, "ratio 2.000, a constant factor");
    check(0.5, false, "ratio 0.500, a constant factor");
    check(1 + 1e-4, false, "ratio 1.0001, a constant factor");
    check(1 + 1e-6, false, "ratio 1.000001, a constant factor");
}
