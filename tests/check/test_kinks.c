/* SPDX-License-Identifier: MIT */
/* Points without a derivative are told from wrong gradients; functions that are none,
 * too. */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <string.h>

enum { N = 4 };
static const double points[N] = {0, 1e-13, -0.5, 2};

/* Checks sum (3 y + y y) of y = f(x) at the points; `kinks` of them have no derivative. */
static void check(rn_tensor (*f)(rn_tensor x), int kinks, const char *op)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    const rn_value value = {x, points};
    rn_tensor y = f(x);
    rn_tensor loss = rn_sum_all(rn_add(rn_scale(y, 3), rn_square(y)));

    rn_gradcheck_report *r = rn_gradcheck(
        loss, (rn_gradcheck_options){.values = &value, .value_count = 1, .directions = -1});
    cr_assert_eq(r->status, RN_OK, "%s", r->text);
    cr_assert(r->passed, "%s", r->text);
    cr_assert_eq(r->kinks, kinks, "%s", r->text);
    cr_assert_eq(r->checked, N - kinks, "%s", r->text);
    if (kinks) {
        cr_assert(strncmp(r->kink[0].op, op, strlen(r->kink[0].op)) == 0, "%s", r->text);
        cr_assert(strstr(r->text, op), "%s", r->text);
        cr_assert_str_eq(r->kink[0].tensor, "x");
        cr_assert_eq(r->kink[0].element, 0);
        cr_assert(r->kink[0].distance < 1e-20, "%s", r->text);
        cr_assert(fabs(r->kink[1].distance - 1e-13) < 1e-13, "%s", r->text);
    }
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

static rn_tensor with_abs(rn_tensor x)
{
    return rn_abs(rn_scale(x, 2));
}

static rn_tensor with_maximum(rn_tensor x)
{
    return rn_maximum(rn_scale(x, 2), x);
}

static rn_tensor with_max(rn_tensor x)
{
    return rn_max_axis(rn_square(rn_concat((rn_tensor[]){x, x}, 2, 0)), 0);
}

static rn_tensor with_where(rn_tensor x)
{
    return rn_where(rn_less(x, rn_constant_like(x, 0)), rn_neg(x), rn_square(x));
}

static rn_tensor in_a_loop(rn_tensor x)
{
    rn_loop *loop = rn_loop_begin(x.graph);
    rn_tensor each = rn_loop_each(loop, x);
    rn_tensor carry = rn_loop_carry(loop, rn_constant_like(x, 0.25));
    rn_tensor y = rn_add(rn_relu(each), rn_tanh(carry));

    rn_loop_next(loop, carry, y);
    rn_loop_end(loop);
    return rn_loop_collect(loop, y);
}

Test(kinks, relu)
{
    check(rn_relu, 2, "relu: node ");
}

Test(kinks, absolute_value)
{
    check(with_abs, 2, "abs: node ");
}

Test(kinks, maximum)
{
    check(with_maximum, 2, "maximum: node ");
}

/* Each is there twice, so the largest is a tie wherever it is; the others choose
 * nothing. */
Test(kinks, maximum_over_an_axis)
{
    check(with_max, 0, "max: node ");
}

Test(kinks, selection)
{
    check(with_where, 2, "less: node ");
}

Test(kinks, inside_a_loop)
{
    check(in_a_loop, 2, "relu: node ");
}

Test(kinks, none)
{
    check(rn_tanh, 0, "");
}

/* A direction of all tensors meets the same kink, but does not tell of which element. The
 * number is that of the user's graph, where nodes that the loss does not need count too. */
Test(kinks, words_of_the_report)
{
    rn_graph *g = rn_graph_new();
    rn_tensor unused = rn_input(g, "unused", RN_F64, rn_shape(N));
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N)), y = rn_relu(x);
    const rn_value value = {x, points};
    char line[200];
    rn_gradcheck_report *r = rn_gradcheck(
        rn_sum_all(rn_exp(y)),
        (rn_gradcheck_options){
            .values = &value, .value_count = 1, .tensors = &x, .tensor_count = 1});

    cr_assert(r->passed, "%s", r->text);
    cr_assert_eq(r->kinks, 4 + 2, "%s", r->text);
    cr_assert_eq(r->kink[0].element, -1);
    snprintf(line, sizeof line,
             "not differentiable at 6 points, left out:\n"
             "    x element 0: relu: node %d [4] element 0, at distance 0\n"
             "    x element 1: relu: node %d [4] element 1, at distance 1",
             (int)y.id, (int)y.id);
    cr_assert(strstr(r->text, line), "%s", r->text);
    cr_assert(strstr(r->text, "    and 3 more\n"), "%s", r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
    (void)unused;
}

/* ---- a user's operator with a branch rule ---- */

/* z = 2 x where x > 0, else x / 2 */
static void bend(int64_t n, const void *const *x, const int64_t *step, void *y,
                 const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++) {
        const double at = ((const double *)x[0])[i * step[0]];
        ((double *)y)[i] = at > 0 ? 2 * at : at / 2;
    }
}

static rn_tensor bent_up(const rn_tensor *x)
{
    return rn_less(rn_constant_like(x[0], 0), x[0]);
}

static void bend_gradient(rn_pullback *p)
{
    const rn_tensor x = p->x[0];
    p->dx[0] =
        rn_mul(p->dy, rn_where(bent_up(p->x), rn_fill_like(x, 2), rn_fill_like(x, 0.5)));
}

static rn_tensor bend_branches(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)y, (void)attributes;
    return bent_up(x);
}

static rn_tensor bad_branches(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)attributes;
    return rn_matmul(x[0], y);
}

static const rn_op bending = {.name = "bending",
                              .inputs = 1,
                              .map = {[RN_F64] = bend},
                              .gradient = bend_gradient,
                              .branches = bend_branches};
static const rn_op untold = {.name = "untold",
                             .inputs = 1,
                             .map = {[RN_F64] = bend},
                             .gradient = bend_gradient,
                             .branches = bad_branches};

static rn_tensor bent(rn_tensor x)
{
    return rn_apply(&bending, &x, 1, NULL, 0);
}

Test(kinks, of_an_operator_of_the_users)
{
    check(bent, 2, "bending: node ");
}

/* Without them the check fails at the kink, and says why that may be. */
Test(kinks, without_branches)
{
    static const rn_op silent = {
        .name = "silent", .inputs = 1, .map = {[RN_F64] = bend}, .gradient = bend_gradient};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    const rn_value value = {x, points};
    rn_tensor loss = rn_sum_all(rn_apply(&silent, &x, 1, NULL, 0));
    rn_gradcheck_report *r =
        rn_gradcheck(loss, (rn_gradcheck_options){.values = &value, .value_count = 1});

    cr_assert_not(r->passed);
    cr_assert_eq(r->culprit.kind, RN_CULPRIT_ENGINE, "%s", r->text);
    cr_assert(strstr(r->culprit.text, "; silent has no rule `branches`, which it needs"),
              "%s", r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

Test(kinks, branches_that_cannot_be_built)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    rn_tensor loss = rn_sum_all(rn_apply(&untold, &x, 1, NULL, 0));
    rn_gradcheck_report *r = rn_gradcheck(loss, (rn_gradcheck_options){0});

    cr_assert_eq(r->status, RN_INVALID);
    cr_assert(strstr(r->text, "not made: untold: its branches: matmul: "), "%s", r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* The branch tensor has another shape than the result: which of three is the largest. */
Test(kinks, step_and_element_of_a_maximum_in_a_loop)
{
    enum { T = 3, W = 3 };
    static const double x_data[T * W] = {1, 2, 3, 4, 4, 1, 9, 8, 7};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, W));
    rn_loop *loop = rn_loop_begin(g);
    rn_tensor y = rn_max_axis(rn_loop_each(loop, x), 0);
    rn_loop_end(loop);
    rn_tensor loss = rn_sum_all(rn_square(rn_loop_collect(loop, y)));
    const rn_value value = {x, x_data};
    rn_gradcheck_report *r = rn_gradcheck(
        loss, (rn_gradcheck_options){.values = &value, .value_count = 1, .directions = -1});

    cr_assert(r->passed, "%s", r->text);
    cr_assert_eq(r->kinks, 2, "%s", r->text);
    for (int i = 0; i < 2; i++) {
        cr_assert_str_eq(r->kink[i].op, "max");
        cr_assert_eq(r->kink[i].element, W + i);
        cr_assert(r->kink[i].loop > x.id, "%s", r->text);
        cr_assert_eq(r->kink[i].loops, 1);
        cr_assert_eq(r->kink[i].step[0], 1, "%s", r->text);
        cr_assert(r->kink[i].choice == 0 || r->kink[i].choice == 1, "%s", r->text);
    }
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* x[2,1,1] is 0, and so are the loops' steps 2 and 1, in a graph where the check leaves out
 * nodes. */
Test(kinks, steps_of_nested_loops)
{
    enum { T = 3, S = 2, W = 2 };
    static const double x_data[T * S * W] = {1, 2, 3, 4, 4, 1, 9, 8, 7, 1, 5, 0};
    rn_graph *g = rn_graph_new();
    rn_input(g, "unused", RN_F64, rn_shape(W));
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, S, W));
    rn_loop *outer = rn_loop_begin(g);
    rn_tensor rows = rn_loop_each(outer, x);
    rn_loop *inner = rn_loop_begin(rows.graph);
    rn_tensor y = rn_relu(rn_loop_each(inner, rows));
    rn_loop_end(inner);
    rn_tensor ys = rn_square(rn_loop_collect(inner, y));
    rn_loop_end(outer);
    rn_tensor loss = rn_sum_all(rn_loop_collect(outer, ys));
    const rn_value value = {x, x_data};
    rn_gradcheck_report *r = rn_gradcheck(
        loss, (rn_gradcheck_options){.values = &value, .value_count = 1, .directions = -1});

    cr_assert_eq(r->kinks, 1, "%s", r->text);
    const rn_gradcheck_kink *k = &r->kink[0];
    cr_assert_str_eq(k->op, "relu");
    cr_assert_eq(k->id, y.id, "%s", r->text);
    cr_assert_eq(k->element, T * S * W - 1);
    cr_assert_eq(k->loops, 2);
    cr_assert(k->step[0] == 2 && k->step[1] == 1 && k->choice == 1, "%s", r->text);
    cr_assert(strstr(r->text, " step 2,1 of loop "), "%s", r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}

/* ---- a function that is none ---- */

static double calls;

static void drifting(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    (void)attributes;
    calls++;
    for (int64_t i = 0; i < n; i++)
        ((double *)y)[i] = ((const double *)x[0])[i * step[0]] + calls;
}

static void pass_on(rn_pullback *p)
{
    p->dx[0] = p->dy;
}

static const rn_op drift = {
    .name = "drift", .inputs = 1, .map = {[RN_F64] = drifting}, .gradient = pass_on};

Test(kinks, not_deterministic)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(N));
    rn_tensor loss = rn_sum_all(rn_apply(&drift, &x, 1, NULL, 0));
    rn_gradcheck_report *r = rn_gradcheck(loss, (rn_gradcheck_options){0});

    cr_assert_eq(r->status, RN_BAD_VALUE);
    cr_assert_not(r->passed);
    cr_assert(strstr(r->text, "not deterministic"), "%s", r->text);
    rn_gradcheck_free(r);
    rn_graph_free(g);
}
