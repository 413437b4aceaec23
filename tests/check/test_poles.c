/* SPDX-License-Identifier: MIT */
/*
 * Right rules at points where they give no number, or meet one: they are not accused, and
 * do not hide another that is guilty.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo.h>
#include <string.h>

#define MAP(name, f)                                                                       \
    static void name(int64_t n, const void *const *x, const int64_t *step, void *y,        \
                     const void *attributes)                                               \
    {                                                                                      \
        (void)attributes;                                                                  \
        for (int64_t i = 0; i < n; i++)                                                    \
            ((double *)y)[i] = f(((const double *)x[0])[i * step[0]]);                     \
    }

MAP(map_cbrt, cbrt)
MAP(map_sin, sin)

/* y = cbrt x, dx = dy / (3 y y), infinite at 0 */
static void cbrt_gradient(rn_pullback *p)
{
    p->dx[0] = rn_div(p->dy, rn_scale(rn_square(p->y), 3));
}

static const rn_op steep = {
    .name = "steep", .inputs = 1, .map = {[RN_F64] = map_cbrt}, .gradient = cbrt_gradient};

/* The sign is wrong. */
static void sin_gradient(rn_pullback *p)
{
    p->dx[0] = rn_neg(rn_mul(p->dy, rn_cos(p->x[0])));
}

static const rn_op guilty = {
    .name = "guilty", .inputs = 1, .map = {[RN_F64] = map_sin}, .gradient = sin_gradient};

static rn_tensor apply(const rn_op *op, rn_tensor x)
{
    return rn_apply(op, &x, 1, NULL, 0);
}

static rn_gradcheck_report *check(rn_tensor loss, rn_tensor x, const double *data)
{
    const rn_value value = {x, data};

    return rn_gradcheck(loss, (rn_gradcheck_options){.values = &value, .value_count = 1});
}

static void expect_guilty(rn_gradcheck_report *r)
{
    cr_assert_not(r->passed, "%s", r->text);
    cr_assert_eq(r->culprit.kind, RN_CULPRIT_RULE, "%s", r->text);
    cr_assert_str_eq(r->culprit.op, "guilty", "%s", r->text);
    cr_assert_eq(r->culprit.mistake, RN_MISTAKE_SIGN, "%s", r->text);
    rn_gradcheck_free(r);
}

Test(poles, an_infinite_gradient_is_left_out)
{
    static const double x_data[] = {0, 0.5, -2};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3));
    rn_gradcheck_report *r = check(rn_sum_all(apply(&steep, x)), x, x_data);

    cr_assert(r->passed, "%s", r->text);
    cr_assert_eq(r->tensors[0].checked, 2, "%s", r->text);
    cr_assert(strstr(r->text, "x element 0: the loss is too steep next to it"), "%s",
              r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* As with a step input that is 0 past the end of a sequence. */
Test(poles, beside_a_guilty_rule)
{
    static const double x_data[] = {0.3, 0.5, -2}, other_data[] = {0, 1.5, 3};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3));
    rn_tensor other = rn_constant(g, RN_F64, rn_shape(3), other_data);
    rn_tensor steeply = apply(&steep, rn_mul(apply(&guilty, x), other));
    rn_tensor used = rn_where(rn_less(rn_constant_like(other, 0), other), steeply,
                              rn_constant_like(other, 0));

    expect_guilty(check(rn_sum_all(rn_square(used)), x, x_data));
    rn_graph_free(g);
}

/* What is NaN and not used tells nothing of the sum over a broadcast. */
Test(poles, nan_beside_a_guilty_rule)
{
    static const double b_data[] = {0.3, 0.5}, x_data[] = {1, 2, NAN, NAN};
    static const bool first_data[] = {true, false};
    rn_graph *g = rn_graph_new();
    rn_tensor b = rn_input(g, "b", RN_F64, rn_shape(2));
    rn_tensor x = rn_constant(g, RN_F64, rn_shape(2, 2), x_data);
    rn_tensor first = rn_constant(g, RN_BOOL, rn_shape(2, 1), first_data);
    rn_tensor y = rn_add(x, apply(&guilty, b));
    rn_tensor used = rn_where(first, y, rn_constant_like(y, 0));

    expect_guilty(check(rn_sum_all(rn_square(used)), b, b_data));
    rn_graph_free(g);
}

/* A gradient that is stopped on purpose is no rule's fault, but it is said. */
Test(poles, stopped_on_purpose)
{
    static const double x_data[] = {0.3, 0.5, -2};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3));
    rn_tensor loss = rn_sum_all(rn_mul(x, rn_stop_gradient(x)));
    rn_gradcheck_report *r = check(loss, x, x_data);

    cr_assert_not(r->passed);
    cr_assert_eq(r->culprit.kind, RN_CULPRIT_ENGINE, "%s", r->text);
    cr_assert(strstr(r->text, "stop_gradient stops the gradient on purpose"), "%s",
              r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* The slope of log is infinite at an element that nobody reads: the gradient there is NaN,
 * and the report says where it may come from. */
Test(poles, a_pole_that_nobody_reads_is_named)
{
    static const double values[3] = {0, 1, 2};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3));
    rn_tensor loss = rn_sum_all(rn_slice(rn_log(x), 0, 1, 3, 1));
    const rn_value at[] = {{x, values}};
    rn_gradcheck_report *r =
        rn_gradcheck(loss, (rn_gradcheck_options){.values = at, .value_count = 1});

    cr_assert(r && !r->passed);
    cr_assert_eq(r->culprit.kind, RN_CULPRIT_ENGINE);
    cr_assert(strstr(r->text, "node 2 slice could not be judged: if it reads a value that "
                              "is not finite, a gradient of 0 for it becomes NaN where the "
                              "slope is infinite"),
              "%s", r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}
