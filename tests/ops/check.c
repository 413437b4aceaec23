/* SPDX-License-Identifier: MIT */
/* One check for every operator: value, layouts, gradients, refusals. */
#include "check.h"

#include <criterion/criterion.h>
#include <float.h>
#include <rondo/grad.h>
#include <stdio.h>
#include <string.h>

/* A sample with values, in one real type. */
typedef struct trial {
    const record *r;
    const sample *s;
    int number; /* of the sample; the same numbers give the same values */
    rn_type real;
    bool aliased; /* operand 0 is operand 1 too */
    rn_test_array x[OPERANDS];
} trial;

/* The operands of a trial in a graph. */
typedef struct scene {
    rn_graph *g;
    int inputs;
    rn_tensor input[OPERANDS];
    rn_test_array fed[OPERANDS];
    rn_test_feed feeds[OPERANDS];
    rn_tensor y;
} scene;

static const char *words(const trial *t, const char *what)
{
    static char text[200];

    snprintf(text, sizeof text, "%s, sample %d, %s%s: %s", t->r->name, t->number,
             rn_type_name(t->real), t->aliased ? ", aliased" : "", what);
    return text;
}

/* ---- trials ---- */

static trial trial_new(const record *r, int number, rn_type real, bool aliased)
{
    trial t = {.r = r,
               .s = &r->samples[number],
               .number = number,
               .real = real,
               .aliased = aliased};
    rn_test_random random = {(uint64_t)number * 977 + 5};

    for (int i = 0; i < r->inputs; i++) {
        const operand *o = &t.s->x[i];
        t.x[i] = rn_test_array_new(o->type == RN_F32 ? real : o->type, o->shape);
        o->fill(&t.x[i], &random);
    }
    if (aliased) memcpy(t.x[1].at, t.x[0].at, (size_t)rn_test_array_count(&t.x[0]) * 8);
    return t;
}

static void trial_free(trial *t)
{
    for (int i = 0; i < t->r->inputs; i++) rn_test_array_free(&t->x[i]);
}

static bool can_alias(const record *r, int number)
{
    const operand *x = r->samples[number].x;

    return (r->flags & ALIASED) && rn_shape_equal(x[0].shape, x[1].shape);
}

static rn_test_array expected(const trial *t)
{
    rn_test_array y = {RN_F32, {0, {0}}, NULL};

    t->r->reference(t->x, t->s->with, &y);
    rn_test_array_round(&y);
    return y;
}

/* Junk beside the values: what a view leaves out must have no influence. */
static scene scene_new(const trial *t, rn_test_layout layout)
{
    scene s = {.g = rn_graph_new(), .inputs = t->aliased ? 1 : t->r->inputs};
    rn_tensor x[OPERANDS];

    for (int i = 0; i < s.inputs; i++) {
        char name[2] = {(char)('a' + i), 0};
        s.fed[i] = rn_test_spread(&t->x[i], layout, 1e6);
        s.input[i] = rn_input(s.g, name, s.fed[i].type, s.fed[i].shape);
        x[i] = rn_test_view(s.input[i], layout);
    }
    if (t->aliased) x[1] = x[0];
    s.y = t->r->build(x, t->s->with);
    cr_assert(!rn_is_null(s.y), "%s", words(t, rn_graph_error(s.g)));
    return s;
}

/* The feeds point into the scene, so they are made where it stays. */
static void scene_feeds(scene *s)
{
    for (int i = 0; i < s->inputs; i++)
        s->feeds[i] = (rn_test_feed){s->input[i], &s->fed[i]};
}

static void scene_free(scene *s)
{
    for (int i = 0; i < s->inputs; i++) rn_test_array_free(&s->fed[i]);
    rn_graph_free(s->g);
}

/* ---- values ---- */

static void check_values(const record *r, int number, rn_type real, bool aliased)
{
    trial t = trial_new(r, number, real, aliased);
    rn_test_array want = expected(&t), plain = {RN_F32, {0, {0}}, NULL};
    const double epsilon = want.type == RN_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    const double tolerance = real == RN_I32 ? 0 : r->ulps * epsilon;

    for (int layout = 0; layout < RN_TEST_LAYOUTS; layout++) {
        scene s = scene_new(&t, (rn_test_layout)layout);
        scene_feeds(&s);
        rn_test_array y = rn_test_eval(s.y, s.feeds, s.inputs);
        static const char *const names[] = {"plain", "transposed", "sliced", "reversed"};

        rn_test_compare(&y, &want, tolerance, r->floor, words(&t, names[layout]));
        if (layout == 0)
            plain = rn_test_array_copy(&y);
        else if (!(r->flags & FEW_LAYOUTS))
            rn_test_compare(&y, &plain, 0, 0, words(&t, "bits differ by layout"));
        rn_test_array_free(&y);
        scene_free(&s);
    }
    rn_test_array_free(&plain);
    rn_test_array_free(&want);
    trial_free(&t);
}

/* ---- gradients against differences of the library's own values ---- */

static int real_inputs(const scene *s, rn_tensor *x)
{
    int count = 0;

    for (int i = 0; i < s->inputs; i++)
        if (rn_type_get(s->input[i]) == RN_F64 || rn_type_get(s->input[i]) == RN_F32)
            x[count++] = s->input[i];
    return count;
}

/* A scalar that depends on every element of every gradient. */
static rn_tensor loss_of_gradients(const scene *s, rn_tensor loss, rn_test_random *random)
{
    rn_tensor x[OPERANDS], dx[OPERANDS], sum = rn_null();
    const int count = real_inputs(s, x);

    cr_assert(rn_grad(loss, rn_null(), x, count, dx), "%s", rn_graph_error(s->g));
    for (int i = 0; i < count; i++) {
        const rn_tensor part = rn_test_project(dx[i], random, false);
        sum = i ? rn_add(sum, part) : part;
    }
    return sum;
}

/* Operands that are read later too have a cotangent when the operator's turn comes. It is a
 * small one, for a large loss blurs the differences. */
static rn_tensor with_other_readers(const scene *s, rn_tensor loss)
{
    rn_test_random random = {77};
    rn_tensor x[OPERANDS];
    const int count = real_inputs(s, x);

    for (int i = 0; i < count; i++) {
        const rn_tensor part = rn_test_project(rn_scale(x[i], 1e-3), &random, false);
        loss = rn_add(loss, rn_cast(part, rn_type_get(loss)));
    }
    return loss;
}

static void check_differences(const record *r, int number, bool aliased,
                              rn_test_layout layout)
{
    trial t = trial_new(r, number, RN_F64, aliased);
    scene s = scene_new(&t, layout);
    rn_test_random random = {(uint64_t)number + 99};

    scene_feeds(&s);
    const rn_tensor loss = rn_test_project(s.y, &random, false);
    rn_test_gradcheck(with_other_readers(&s, loss), s.feeds, s.inputs,
                      words(&t, "gradient"));
    const rn_tensor second = loss_of_gradients(&s, loss, &random);
    rn_test_gradcheck(second, s.feeds, s.inputs, words(&t, "second derivative"));
    scene_free(&s);
    trial_free(&t);
}

/* ---- exact gradients against the reference ---- */

static double weighted(const trial *t, const rn_test_array *weights)
{
    rn_test_array y = {RN_F32, {0, {0}}, NULL};
    double sum = 0;

    t->r->reference(t->x, t->s->with, &y);
    for (int64_t i = 0; i < rn_test_array_count(&y); i++) sum += weights->at[i] * y.at[i];
    rn_test_array_free(&y);
    return sum;
}

static void nudge(trial *t, int i, int64_t j, double by)
{
    t->x[i].at[j] += by;
    if (t->aliased) t->x[1].at[j] += by;
}

/* Half up and half down: exact for what is linear or quadratic on either side. */
static rn_test_array differences(trial *t, int i, const rn_test_array *weights)
{
    rn_test_array dx = rn_test_array_copy(&t->x[i]);

    for (int64_t j = 0; j < rn_test_array_count(&dx); j++) {
        nudge(t, i, j, 0.5);
        dx.at[j] = weighted(t, weights);
        nudge(t, i, j, -1);
        dx.at[j] -= weighted(t, weights);
        nudge(t, i, j, 0.5);
    }
    return dx;
}

static void check_exact(const record *r, int number, rn_type real, bool aliased)
{
    trial t = trial_new(r, number, real, aliased);
    scene s = scene_new(&t, RN_TEST_PLAIN);
    rn_test_random random = {(uint64_t)number + 7};
    rn_test_array weights = rn_test_array_new(rn_type_get(s.y), rn_shape_get(s.y));
    rn_test_array dx[OPERANDS];
    rn_tensor x[OPERANDS], gradient[OPERANDS];
    const int count = real_inputs(&s, x);

    scene_feeds(&s);
    rn_test_fill_odd(&weights, &random);
    cr_assert(rn_grad(s.y, rn_test_constant(s.g, &weights), x, count, gradient), "%s",
              rn_graph_error(s.g));
    rn_test_run(gradient, count, s.feeds, s.inputs, dx);
    for (int i = 0, k = 0; i < s.inputs; i++) {
        if (s.fed[i].type != real) continue;
        rn_test_array want = differences(&t, i, &weights);
        rn_test_compare(&dx[k], &want, 0, 0, words(&t, "exact gradient"));
        rn_test_array_free(&want);
        rn_test_array_free(&dx[k++]);
    }
    rn_test_array_free(&weights);
    scene_free(&s);
    trial_free(&t);
}

/* ---- all of it ---- */

static void check_sample(const record *r, int number, bool aliased)
{
    check_values(r, number, RN_F32, aliased);
    check_values(r, number, RN_F64, aliased);
    if (r->flags & INTEGERS_TOO) check_values(r, number, RN_I32, aliased);
    if ((r->flags & NO_GRADIENT) || r->samples[number].values_only) return;
    if (!(r->flags & NEAR_KINKS)) {
        check_differences(r, number, aliased, RN_TEST_PLAIN);
        check_differences(r, number, aliased, RN_TEST_SLICED);
    }
    if (r->flags & EXACT) {
        check_exact(r, number, RN_F32, aliased);
        check_exact(r, number, RN_F64, aliased);
    }
}

static void check_refusal(const record *r, const refusal *bad)
{
    rn_graph *g = rn_graph_new();

    cr_assert(rn_is_null(bad->call(g)), "%s: accepted, should say: %s", r->name,
              bad->message);
    cr_assert_str_eq(rn_graph_error(g), bad->message);
    rn_graph_free(g);
}

void check_record(const record *r)
{
    for (int i = 0; i < r->sample_count; i++) {
        check_sample(r, i, false);
        if (can_alias(r, i)) check_sample(r, i, true);
    }
    for (int i = 0; i < r->refusal_count; i++) check_refusal(r, &r->refusals[i]);
    if (r->more) r->more();
}
