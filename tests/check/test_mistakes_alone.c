/* SPDX-License-Identifier: MIT */
/* Mistakes in the rules of operators that stand alone. */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo.h>

/* ---- y = x held within -1 .. 1, and its rule without that, or for one side ---- */

static void hold(int64_t n, const void *const *x, const int64_t *step, void *y,
                 const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++) {
        const double at = ((const double *)x[0])[i * step[0]];
        ((double *)y)[i] = fmax(-1, fmin(1, at));
    }
}

static bool one_side;

static void hold_gradient(rn_pullback *p)
{
    const rn_tensor x = p->x[0], one = rn_constant_like(x, 1),
                    zero = rn_constant_like(x, 0);
    p->dx[0] = one_side ? rn_where(rn_less(x, one), p->dy, zero) : p->dy;
}

static const rn_op my_hold = {
    .name = "my_hold", .inputs = 1, .map = {[RN_F64] = hold}, .gradient = hold_gradient};

Test(mistakes, not_zero_where_it_should_be)
{
    static const double x_data[] = {-3, -0.5, 0.25, 2};

    for (int i = 0; i < 2; i++) {
        rn_graph *g = rn_graph_new();
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(4));
        const rn_value value = {x, x_data};
        one_side = i;
        rn_gradcheck_report *r =
            rn_gradcheck(rn_sum_all(rn_square(rn_apply(&my_hold, &x, 1, NULL, 0))),
                         (rn_gradcheck_options){.values = &value, .value_count = 1});
        cr_assert_eq(r->culprit.kind, RN_CULPRIT_RULE, "%s", r->text);
        cr_assert_eq(r->culprit.mistake, RN_MISTAKE_NOT_ZERO, "%s", r->text);
        cr_assert(isnan(r->culprit.ratio));
        rn_gradcheck_free(r);
        rn_graph_free(g);
    }
}

/* ---- y = the mean of x, and its rule without the 1 / n or with one more ---- */

static const char *scalar(rn_typing *t)
{
    t->shape = rn_shape();
    return NULL;
}

static bool mean(const rn_call *call)
{
    const double *x = (const double *)call->in[0].data;
    double sum = 0;

    for (int64_t i = 0; i < call->in[0].size[0]; i++) sum += x[i];
    *(double *)call->out->data = sum / (double)call->in[0].size[0];
    return true;
}

static double times;

static void mean_gradient(rn_pullback *p)
{
    p->dx[0] = rn_scale(rn_broadcast(p->dy, rn_shape_get(p->x[0])), times);
}

static const rn_op my_mean = {.name = "my_mean",
                              .inputs = 1,
                              .shape = scalar,
                              .kernel = {[RN_F64] = mean},
                              .gradient = mean_gradient};

/* A sum for a mean, and one mean too many: the ratio is the number of elements. */
static void check_mean(int n, double factor, double ratio)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(n));

    times = factor;
    rn_tensor y = rn_apply(&my_mean, &x, 1, NULL, 0);
    rn_gradcheck_report *r = rn_gradcheck(rn_square(y), (rn_gradcheck_options){0});
    cr_assert_not(r->passed);
    cr_assert_eq(r->culprit.kind, RN_CULPRIT_RULE, "%s", r->text);
    cr_assert_eq(r->culprit.mistake, RN_MISTAKE_RATIO, "%s", r->text);
    cr_assert_float_eq(r->culprit.ratio, ratio, 1e-6 * ratio, "%s", r->text);
    cr_assert_eq(r->culprit.loop, -1);
    cr_assert_eq(r->culprit.loops, 0);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

Test(mistakes, sizes)
{
    check_mean(7, 1, 7);
    check_mean(7, 1.0 / 49, 1.0 / 7);
    check_mean(200, 1, 200);
    check_mean(2, 1, 2);
}

/* ---- z = sin(x) y y, broadcast, and its rule with the two gradients exchanged ---- */

static void sine_times_square(int64_t n, const void *const *x, const int64_t *step, void *z,
                              const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++) {
        const double a = ((const double *)x[0])[i * step[0]];
        const double b = ((const double *)x[1])[i * step[1]];
        ((double *)z)[i] = sin(a) * b * b;
    }
}

static void exchanged(rn_pullback *p)
{
    const rn_tensor x = p->x[0], y = p->x[1];

    p->dx[1] = rn_mul(p->dy, rn_mul(rn_cos(x), rn_square(y)));
    p->dx[0] = rn_mul(p->dy, rn_mul(rn_sin(x), rn_scale(y, 2)));
}

static const rn_op my_product = {.name = "my_product",
                                 .inputs = 2,
                                 .map = {[RN_F64] = sine_times_square},
                                 .gradient = exchanged};

static void check_exchanged(rn_shape x, rn_shape y)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor in[2] = {rn_input(g, "x", RN_F64, x), rn_input(g, "y", RN_F64, y)};
    const rn_tensor z = rn_apply(&my_product, in, 2, NULL, 0);
    rn_gradcheck_report *r =
        rn_gradcheck(rn_sum_all(rn_square(z)), (rn_gradcheck_options){0});

    cr_assert_eq(r->culprit.kind, RN_CULPRIT_RULE, "%s", r->text);
    cr_assert_eq(r->culprit.mistake, RN_MISTAKE_SWAPPED, "%s", r->text);
    cr_assert_eq(r->culprit.operand, 0, "%s", r->text);
    cr_assert_eq(r->culprit.other, 1, "%s", r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

Test(mistakes, swapped_where_operands_are_broadcast)
{
    check_exchanged(rn_shape(2, 3), rn_shape(2, 3));
    check_exchanged(rn_shape(2, 3), rn_shape(3));
    check_exchanged(rn_shape(3), rn_shape(2, 3));
    check_exchanged(rn_shape(2, 3), rn_shape());
    check_exchanged(rn_shape(), rn_shape(2, 3));
    check_exchanged(rn_shape(2, 1), rn_shape(3));
    check_exchanged(rn_shape(4, 1, 3), rn_shape(2, 1));
    check_exchanged(rn_shape(20, 10), rn_shape(10));
}
