/* SPDX-License-Identifier: MIT */
/* Operators that refuse values next to those that are checked. */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <string.h>

enum { N = 4 };
static const double positive[N] = {0.01, 0.2, 1.5, 4};

/* y = log x; a logarithm of what is not positive is refused */
static bool kernel(const rn_call *call)
{
    const double *x = (const double *)call->in[0].data;
    double *y = (double *)call->out->data;

    for (int64_t i = 0; i < N; i++) {
        if (!(x[i] > 0)) {
            snprintf(call->message, RN_MESSAGE, "logarithm of %g", x[i]);
            return false;
        }
        y[i] = log(x[i]);
    }
    return true;
}

static const char *shape(rn_typing *typing)
{
    (void)typing;
    return NULL;
}

static void gradient(rn_pullback *p)
{
    p->dx[0] = rn_div(p->dy, p->x[0]);
}

static void wrong_gradient(rn_pullback *p)
{
    p->dx[0] = rn_neg(rn_div(p->dy, p->x[0]));
}

static const rn_op strict = {.name = "strict",
                             .inputs = 1,
                             .shape = shape,
                             .kernel = {[RN_F64] = kernel},
                             .gradient = gradient};
static const rn_op guilty = {.name = "guilty",
                             .inputs = 1,
                             .shape = shape,
                             .kernel = {[RN_F64] = kernel},
                             .gradient = wrong_gradient};

/* With an operator that chooses, or without. */
static rn_gradcheck_report *check(const rn_op *op, const double *x_data, bool chooses)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    const rn_value value = {x, x_data};
    const rn_tensor y = rn_apply(op, &x, 1, NULL, 0);

    rn_gradcheck_report *r =
        rn_gradcheck(rn_sum_all(rn_square(chooses ? rn_abs(y) : y)),
                     (rn_gradcheck_options){.values = &value, .value_count = 1});
    rn_graph_free(g);
    return r;
}

Test(refusing, steps_are_shorter_then)
{
    for (int chooses = 0; chooses < 2; chooses++) {
        rn_gradcheck_report *r = check(&strict, positive, chooses);
        cr_assert_eq(r->status, RN_OK, "%s", r->text);
        cr_assert(r->passed, "%s", r->text);
        cr_assert_eq(r->tensors[0].checked, N, "%s", r->text);
        rn_gradcheck_free(r);
    }
}

Test(refusing, a_wrong_rule_is_named)
{
    rn_gradcheck_report *r = check(&guilty, positive, false);

    cr_assert_not(r->passed, "%s", r->text);
    cr_assert_eq(r->tensors[0].failed, N, "%s", r->text);
    cr_assert_str_eq(r->culprit.op, "guilty", "%s", r->text);
    cr_assert_eq(r->culprit.mistake, RN_MISTAKE_SIGN, "%s", r->text);
    rn_gradcheck_free(r);
}

/* y = x; a negative x is refused */
static bool edge_kernel(const rn_call *call)
{
    const double *x = (const double *)call->in[0].data;

    for (int64_t i = 0; i < N; i++) {
        if (x[i] < 0) {
            snprintf(call->message, RN_MESSAGE, "%g is negative", x[i]);
            return false;
        }
        ((double *)call->out->data)[i] = x[i];
    }
    return true;
}

static void edge_gradient(rn_pullback *p)
{
    p->dx[0] = p->dy;
}

static const rn_op edge = {.name = "edge",
                           .inputs = 1,
                           .shape = shape,
                           .kernel = {[RN_F64] = edge_kernel},
                           .gradient = edge_gradient};

Test(refusing, an_element_at_the_edge_is_left_out)
{
    static const double at_edge[N] = {0, 0.2, 1.5, 4};
    static const char *const why[] = {"x element 0: the loss is not finite next to it",
                                      "x element 0: an operator refuses values next to it"};

    for (int chooses = 0; chooses < 2; chooses++) {
        rn_gradcheck_report *r = check(&edge, at_edge, chooses);
        cr_assert_eq(r->status, RN_OK, "%s", r->text);
        cr_assert(r->passed, "%s", r->text);
        cr_assert_eq(r->tensors[0].checked, N - 1, "%s", r->text);
        cr_assert(strstr(r->text, why[chooses]), "%s", r->text);
        rn_gradcheck_free(r);
    }
}
