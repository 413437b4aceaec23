/* SPDX-License-Identifier: MIT */
/*
 * Each mistake that a gradient check recognises, made in the rule of an operator of the
 * user's, which stands in a loop.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <string.h>

enum { T = 3, N = 3 };

/* ---- z = x y and its rule, wrong in many ways ---- */

typedef enum way {
    RIGHT,
    SIGN,
    DOUBLE,
    HALF,
    ZERO,
    UNSET,
    FACTOR,
    NUDGED,
    TRANSPOSED,
    EXCHANGED,
    COPIED,
    ONE_ROW,
    LARGEST,
    FORGOTTEN,
    SQUARED,
    SHIFTED,
    BACKWARDS,
    NOT_FINITE,
    LARGE_ONLY,
    NO_PRODUCT,
    NO_SHAPE,
    NO_TYPE
} way;
static way chosen; /* every test has a process of its own */

static void multiply(int64_t n, const void *const *x, const int64_t *step, void *z,
                     const void *attributes)
{
    const double *a = (const double *)x[0], *b = (const double *)x[1];

    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((double *)z)[i] = a[i * step[0]] * b[i * step[1]];
}

/* All rows moved down by one, the first one kept. */
static rn_tensor shift(rn_tensor x)
{
    const rn_tensor parts[2] = {rn_slice(x, 0, 0, 1, 1), rn_slice(x, 0, 0, N - 1, 1)};
    return rn_concat(parts, 2, 0);
}

/* The gradient to the first operand, given the right one. */
static rn_tensor first(const rn_pullback *p, rn_tensor dx)
{
    const rn_tensor y = p->x[1];

    switch (chosen) {
    case SIGN:
        return rn_neg(dx);
    case DOUBLE:
        return rn_scale(dx, 2);
    case HALF:
        return rn_scale(dx, 0.5);
    case ZERO:
        return rn_scale(dx, 0);
    case UNSET:
        return rn_null();
    case FACTOR:
        return rn_scale(dx, 1.7);
    case NUDGED:
        return rn_scale(dx, 1 + 1e-6);
    case TRANSPOSED:
        return rn_transpose(dx);
    case EXCHANGED:
        return rn_mul(p->dy, p->x[0]);
    case ONE_ROW:
        return rn_index(dx, 0, 1);
    case LARGEST:
        return rn_max_axis(dx, 0);
    case FORGOTTEN:
        return rn_mul(rn_fill_like(p->dy, 1), y);
    case SQUARED:
        return rn_mul(rn_square(p->dy), y);
    case SHIFTED:
        return shift(dx);
    case BACKWARDS:
        return rn_reverse(dx, 1);
    case NOT_FINITE:
        return rn_div(dx, rn_fill_like(dx, 0));
    case NO_PRODUCT:
        return rn_matmul(dx, rn_slice(y, 0, 0, 2, 1));
    case NO_SHAPE:
        return rn_concat((rn_tensor[]){dx, dx}, 2, 0);
    case NO_TYPE:
        return rn_cast(dx, RN_F32);
    case LARGE_ONLY:
        return rn_where(rn_less(rn_fill_like(dx, 5), p->x[0]), rn_scale(dx, 2), dx);
    default:
        return dx;
    }
}

static void gradient(rn_pullback *p)
{
    p->dx[0] = first(p, rn_mul(p->dy, p->x[1]));
    p->dx[1] = rn_mul(p->dy, chosen == EXCHANGED || chosen == COPIED ? p->x[1] : p->x[0]);
}

static const rn_op my_mul = {
    .name = "my_mul", .inputs = 2, .map = {[RN_F64] = multiply}, .gradient = gradient};
static const rn_op ruleless = {
    .name = "ruleless", .inputs = 2, .map = {[RN_F64] = multiply}};

/* ---- in a loop ---- */

typedef struct setting {
    rn_graph *graph;
    rn_tensor z, loop;
    double x[T * N * N], y[T * N * N];
    rn_gradcheck_report *report;
} setting;

/* sum w (x[t] y[t])^2 and a little of both; x [T,N,N] or, `broadcast`, [T,N]. */
static void run(setting *s, const rn_op *op, bool broadcast)
{
    s->graph = rn_graph_new();
    const rn_shape whole = rn_shape(T, N, N), rows = rn_shape(T, N);
    rn_tensor xs = rn_input(s->graph, "xs", RN_F64, broadcast ? rows : whole);
    rn_tensor ys = rn_input(s->graph, "ys", RN_F64, whole);

    for (int i = 0; i < T * N * N; i++) {
        s->x[i] = 1.5 + sin(i * 2.7);
        s->y[i] = -0.25 + cos(i * 1.3);
    }
    s->x[N * N + 5] = 6;
    rn_loop *loop = rn_loop_begin(s->graph);
    const rn_tensor in[2] = {rn_loop_each(loop, xs), rn_loop_each(loop, ys)};
    s->z = rn_name(rn_apply(op, in, 2, NULL, 0), "product");
    rn_tensor out = rn_mul(s->z, rn_tanh(s->z));
    rn_loop_end(loop);
    rn_tensor zs = rn_loop_collect(loop, out);
    rn_tensor loss = rn_add(rn_sum_all(zs), rn_add(rn_sum_all(xs), rn_sum_all(ys)));
    const rn_value values[2] = {{xs, s->x}, {ys, s->y}};
    s->report =
        rn_gradcheck(loss, (rn_gradcheck_options){.values = values, .value_count = 2});
}

static void discard(setting *s)
{
    rn_gradcheck_free(s->report);
    rn_graph_free(s->graph);
}

/* The mistake is found in the last step, with these words. */
static void expect(way w, bool broadcast, int operand, rn_mistake mistake)
{
    setting s;
    char place[160];

    chosen = w;
    run(&s, &my_mul, broadcast);
    const rn_gradcheck_culprit *c = &s.report->culprit;
    cr_assert_not(s.report->passed);
    cr_assert_eq(c->kind, RN_CULPRIT_RULE, "%s", s.report->text);
    cr_assert_eq(c->mistake, mistake, "%s", s.report->text);
    cr_assert_str_eq(c->op, "my_mul");
    cr_assert_str_eq(c->name, "product");
    cr_assert_eq(c->node, s.z.id);
    cr_assert_eq(c->loops, 1);
    cr_assert_eq(c->step[0], T - 1);
    cr_assert_eq(c->operand, operand, "%s", s.report->text);
    cr_assert(c->element >= 0 && c->element < rn_shape_count(c->shape));
    snprintf(place, sizeof place, "node %d my_mul \"product\" [3,3] step 2 of loop %d, ",
             (int)c->node, (int)c->loop);
    cr_assert(strstr(c->text, place), "%s is not in %s", place, c->text);
    snprintf(place, sizeof place, "operand %d %s [3", operand, operand ? "ys" : "xs");
    cr_assert(strstr(c->text, place), "%s is not in %s", place, c->text);
    cr_assert(strstr(c->text, rn_mistake_name(mistake)), "%s", c->text);
    cr_assert(strstr(s.report->text, c->text), "%s", s.report->text);
    discard(&s);
}

Test(mistakes, none)
{
    setting s;

    run(&s, &my_mul, false);
    cr_assert(s.report->passed, "%s", s.report->text);
    cr_assert_eq(s.report->culprit.kind, RN_CULPRIT_NONE);
    discard(&s);
}

Test(mistakes, ratios)
{
    expect(SIGN, false, 0, RN_MISTAKE_SIGN);
    expect(DOUBLE, false, 0, RN_MISTAKE_RATIO);
    expect(HALF, false, 0, RN_MISTAKE_RATIO);
    expect(FACTOR, false, 0, RN_MISTAKE_RATIO);
    expect(NUDGED, false, 0, RN_MISTAKE_RATIO);
    expect(SIGN, true, 0, RN_MISTAKE_SIGN);
}

Test(mistakes, zero)
{
    expect(ZERO, false, 0, RN_MISTAKE_ZERO);
    expect(UNSET, false, 0, RN_MISTAKE_ZERO);
}

Test(mistakes, elements_in_other_places)
{
    expect(TRANSPOSED, false, 0, RN_MISTAKE_TRANSPOSED);
    expect(SHIFTED, false, 0, RN_MISTAKE_SHIFTED);
    expect(BACKWARDS, false, 0, RN_MISTAKE_REVERSED);
}

Test(mistakes, gradients_of_other_operands)
{
    expect(EXCHANGED, false, 0, RN_MISTAKE_SWAPPED);
    expect(COPIED, false, 1, RN_MISTAKE_SWAPPED);
}

Test(mistakes, no_sum_over_what_was_broadcast)
{
    expect(ONE_ROW, true, 0, RN_MISTAKE_ONE_TERM);
    expect(LARGEST, true, 0, RN_MISTAKE_ONE_TERM);
}

Test(mistakes, the_cotangent)
{
    expect(FORGOTTEN, false, 0, RN_MISTAKE_NO_COTANGENT);
    expect(FORGOTTEN, true, 0, RN_MISTAKE_NO_COTANGENT);
    expect(SQUARED, false, 0, RN_MISTAKE_UNIT_COTANGENT);
}

Test(mistakes, not_finite)
{
    expect(NOT_FINITE, false, 0, RN_MISTAKE_NONFINITE);
}

/* One element of one step, not the last. */
Test(mistakes, at_one_place_only)
{
    setting s;

    chosen = LARGE_ONLY;
    run(&s, &my_mul, false);
    const rn_gradcheck_culprit *c = &s.report->culprit;
    cr_assert_eq(c->kind, RN_CULPRIT_RULE, "%s", s.report->text);
    cr_assert_eq(c->step[0], 1, "%s", s.report->text);
    cr_assert_eq(c->element, 5, "%s", s.report->text);
    cr_assert_eq(c->mistake, RN_MISTAKE_UNKNOWN, "%s", s.report->text);
    cr_assert(isnan(c->ratio));
    cr_assert_float_eq(c->analytic, 2 * c->numeric, 1e-9);
    cr_assert(strstr(c->text, " element (1,2): ratio 2.000, no known mistake"), "%s",
              c->text);
    discard(&s);
}

/* There is no gradient to compare, and still it is said whose rule is to blame. */
static void expect_refused(way w, const char *why)
{
    setting s;

    chosen = w;
    run(&s, &my_mul, false);
    const rn_gradcheck_culprit *c = &s.report->culprit;
    cr_assert_eq(s.report->status, RN_INVALID);
    cr_assert_not(s.report->passed);
    cr_assert(strstr(s.report->text, "not made: my_mul: its gradient rule"), "%s",
              s.report->text);
    cr_assert_eq(c->kind, RN_CULPRIT_RULE, "%s", s.report->text);
    cr_assert_eq(c->mistake, RN_MISTAKE_REFUSED, "%s", s.report->text);
    cr_assert_str_eq(c->op, "my_mul");
    cr_assert_str_eq(c->name, "product");
    cr_assert_eq(c->node, s.z.id);
    cr_assert(strstr(c->text, why), "%s", c->text);
    cr_assert(strstr(s.report->text, c->text), "%s", s.report->text);
    discard(&s);
}

Test(mistakes, refused)
{
    expect_refused(NO_PRODUCT, "refused: matmul: inner sizes differ: ");
    expect_refused(NO_SHAPE, "refused: it gives [6,3] for operand 0 of [3,3]");
    expect_refused(NO_TYPE, "refused: it gives f32 for operand 0 of f64");
}

Test(mistakes, no_rule)
{
    setting s;

    run(&s, &ruleless, false);
    cr_assert_eq(s.report->culprit.kind, RN_CULPRIT_RULE, "%s", s.report->text);
    cr_assert_eq(s.report->culprit.mistake, RN_MISTAKE_NO_RULE, "%s", s.report->text);
    cr_assert_str_eq(s.report->culprit.op, "ruleless");
    discard(&s);
}
