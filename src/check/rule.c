/* SPDX-License-Identifier: MIT */
/*
 * Judging one gradient rule alone: a graph of the one operator, fed with the operands of a
 * run, with a random cotangent; its gradient along a random direction of each operand
 * against a difference.
 */
#include "culprit.h"

#include <math.h>
#include <stdio.h>

#include "numeric.h"
#include "philox.h"
#include "rondo/grad.h"
#include "rondo/ops.h"

/* A graph of one operator, its operands at one step, and a direction for each real one. */
typedef struct trial {
    rn__arena *arena;
    char *text;
    size_t capacity;
    rn_graph *graph;
    rn_program *loss_program;
    int inputs;
    rn_tensor x[RN__SITE_OPERANDS], dx[RN__SITE_OPERANDS], dy, loss;
    void *value[RN__SITE_OPERANDS];
    double *moved[RN__SITE_OPERANDS], *direction[RN__SITE_OPERANDS];
    int along; /* which operand moves */
} trial;

static double uniform(uint32_t stream, uint64_t i)
{
    const uint32_t counter[4] = {(uint32_t)i, (uint32_t)(i >> 32), stream, 17};
    const uint32_t key[2] = {0x524e, 0};
    uint32_t bits[4];

    rn__philox(counter, key, bits);
    return 2 * ((double)bits[0] / 4294967296.0) - 1;
}

static size_t count_of(rn_tensor x)
{
    return (size_t)rn_shape_count(rn_shape_get(x));
}

static double *random_values(trial *t, rn_tensor like, uint32_t stream)
{
    const size_t n = count_of(like);
    double *value = (double *)rn__arena_new(t->arena, n * sizeof *value);

    for (size_t i = 0; value && i < n; i++) value[i] = uniform(stream, i);
    return value;
}

/* The operands of a site at one run of its loops. */
static bool take_values(trial *t, const rn__site *at, int64_t run)
{
    for (int i = 0; i < t->inputs; i++) {
        const size_t all = count_of(at->stack[i]) * rn_type_size(rn_type_get(at->stack[i]));
        const size_t one = count_of(t->x[i]) * rn_type_size(rn_type_get(t->x[i]));
        char *stack = (char *)rn__arena_new(t->arena, all);
        if (!stack || rn_read(at->program, at->stack[i], stack, all) != RN_OK) return false;
        t->value[i] = stack + (size_t)run * one;
        if (!rn__is_real(rn_type_get(t->x[i]))) continue;
        t->moved[i] = (double *)rn__arena_new(t->arena, one);
        t->direction[i] = random_values(t, t->x[i], 100 + (uint32_t)i);
        if (!t->moved[i] || !t->direction[i]) return false;
    }
    return true;
}

static bool build_trial(trial *t, const rn__site *at)
{
    const rn__node *node = rn__at(at->graph, at->id);
    rn_tensor real[RN__SITE_OPERANDS], gradient[RN__SITE_OPERANDS];
    int reals = 0;

    for (int i = 0; i < t->inputs; i++) {
        const rn__node *in = rn__at(at->graph, node->in[i]);
        t->x[i] = rn_input(t->graph, "", in->type, in->shape);
        t->dx[i] = rn_null();
        if (rn__is_real(in->type)) real[reals++] = t->x[i];
    }
    rn_tensor y =
        rn_apply(node->op, t->x, t->inputs, node->attributes, node->attribute_size);
    t->dy = rn_input(t->graph, "", rn_type_get(y), rn_shape_get(y));
    t->loss = rn_sum_all(rn_mul(y, t->dy));
    if (!rn_grad(t->loss, rn_null(), real, reals, gradient)) return false;
    for (int i = 0, k = 0; i < t->inputs; i++)
        if (rn__is_real(rn_type_get(t->x[i]))) t->dx[i] = gradient[k++];
    return true;
}

static bool feed(trial *t, rn_program *p, int i, const void *value)
{
    const size_t bytes = count_of(t->x[i]) * rn_type_size(rn_type_get(t->x[i]));

    return rn_feed(p, t->x[i], value, bytes) == RN_OK;
}

static bool feed_all(trial *t, rn_program *p)
{
    const double *dy = random_values(t, t->dy, 99);

    for (int i = 0; i < t->inputs; i++)
        if (!feed(t, p, i, t->value[i])) return false;
    return dy && rn_feed(p, t->dy, dy, count_of(t->dy) * sizeof *dy) == RN_OK;
}

static bool along(void *data, double h, double *y)
{
    trial *t = (trial *)data;
    const double *x = (const double *)t->value[t->along];
    const size_t n = count_of(t->x[t->along]);

    for (size_t i = 0; i < n; i++)
        t->moved[t->along][i] = x[i] + h * t->direction[t->along][i];
    if (!feed(t, t->loss_program, t->along, t->moved[t->along]) ||
        rn_run(t->loss_program) != RN_OK)
        return false;
    *y = rn_scalar(t->loss_program, t->loss);
    return true;
}

/* What the ratio of the rule's gradient to the right one tells. */
static const char *pattern(double ratio)
{
    if (fabs(ratio + 1) < 1e-6) return "the sign is wrong";
    if (fabs(ratio) < 1e-9) return "it gives zero";
    if (fabs(ratio - 2) < 1e-6) return "it is counted twice";
    if (fabs(ratio - 0.5) < 1e-6) return "half of it is missing";
    return "the rule does not fit the value";
}

static bool agree(trial *t, const rn__site *at, int64_t run, int i, double analytic)
{
    const rn__node *node = rn__at(at->graph, at->id);
    rn__derivative d;
    char name[160], where[32] = "";

    t->along = i;
    if (!rn__differentiate(along, t, 0x1p-3, &d)) return true;
    feed(t, t->loss_program, i, t->value[i]);
    const double size = fmax(fabs(analytic), fabs(d.value));
    if (fabs(analytic - d.value) <= 1e-9 * size + d.error) return true;
    if (at->graph->parent) snprintf(where, sizeof where, " at step %lld", (long long)run);
    rn__describe((rn_tensor){at->graph, at->id}, name, sizeof name);
    snprintf(
        t->text, t->capacity,
        "culprit: the gradient rule of %s: node %d %s%s, operand %d: %.9g, numerically "
        "%.9g, ratio %.6g: %s",
        node->op->name, (int)at->id, name, where, i, analytic, d.value, analytic / d.value,
        pattern(analytic / d.value));
    return false;
}

/* The gradient along each operand's direction, by the rule. */
static bool judge(trial *t, const rn__site *at, int64_t run)
{
    rn_compile_options options = {.output_count = 0};
    rn_tensor y[RN__SITE_OPERANDS];

    for (int i = 0; i < t->inputs; i++)
        if (!rn_is_null(t->dx[i])) y[options.output_count++] = t->dx[i];
    options.outputs = y;
    rn_program *p = rn_compile(t->graph, options);
    t->loss_program = rn_compile(t->graph, (rn_compile_options){RN_OUTPUTS(t->loss)});
    bool ok = p && t->loss_program && feed_all(t, p) && feed_all(t, t->loss_program) &&
              rn_run(p) == RN_OK;
    bool right = true;
    for (int i = 0; ok && right && i < t->inputs; i++) {
        if (rn_is_null(t->dx[i])) continue;
        const size_t n = count_of(t->x[i]);
        double *dx = (double *)rn__arena_new(t->arena, n * sizeof *dx), sum = 0;
        ok = dx && rn_read(p, t->dx[i], dx, n * sizeof *dx) == RN_OK;
        for (size_t k = 0; ok && k < n; k++) sum += dx[k] * t->direction[i][k];
        right = !ok || agree(t, at, run, i, sum);
    }
    rn_program_free(p);
    rn_program_free(t->loss_program);
    return right;
}

bool rn__rule_agrees(const rn__site *at, int64_t run, rn__arena *arena, char *text,
                     size_t capacity)
{
    trial t = {.arena = arena,
               .text = text,
               .capacity = capacity,
               .inputs = rn__at(at->graph, at->id)->inputs};

    t.graph = rn_graph_new_using(arena->allocator);
    const bool made = t.graph && build_trial(&t, at) && take_values(&t, at, run);
    const bool right = !made || judge(&t, at, run);
    rn_graph_free(t.graph);
    return right;
}
