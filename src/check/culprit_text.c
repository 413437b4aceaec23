/* SPDX-License-Identifier: MIT */
/* What a search for the culprit found, in words. */
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "check/culprit.h"

static const char *const mistake_names[] = {
    [RN_MISTAKE_SIGN] = "sign",
    [RN_MISTAKE_RATIO] = "a constant factor",
    [RN_MISTAKE_ZERO] = "zero",
    [RN_MISTAKE_REFUSED] = "refused",
    [RN_MISTAKE_NO_RULE] = "no gradient rule",
    [RN_MISTAKE_NOT_ZERO] = "not zero where it should be",
    [RN_MISTAKE_TRANSPOSED] = "transposed",
    [RN_MISTAKE_SWAPPED] = "swapped",
    [RN_MISTAKE_ONE_TERM] = "one term of a sum, as without summing what was broadcast",
    [RN_MISTAKE_NO_COTANGENT] = "the cotangent is forgotten",
    [RN_MISTAKE_UNIT_COTANGENT] = "right for a cotangent of ones only",
    [RN_MISTAKE_SHIFTED] = "off by one along an axis",
    [RN_MISTAKE_REVERSED] = "backwards along an axis",
    [RN_MISTAKE_NONFINITE] = "not finite",
    [RN_MISTAKE_TYPES] = "f32 and f64 disagree",
    [RN_MISTAKE_READER_MISSING] = "a reader's contribution is missing",
};

const char *rn_mistake_name(rn_mistake mistake)
{
    const bool known = mistake > RN_MISTAKE_UNKNOWN && mistake <= RN_MISTAKE_TYPES;
    return known ? mistake_names[mistake] : "no known mistake";
}

void rn__culprit_place(rn_gradcheck_culprit *c, const rn__suspect *suspect, int64_t run)
{
    const rn__node *node = rn__at(suspect->user_graph, suspect->user_id);
    const rn_loop *loop = suspect->user_graph->loop;

    snprintf(c->op, sizeof c->op, "%s", node->op->name);
    snprintf(c->name, sizeof c->name, "%s", node->name ? node->name : "");
    c->node = suspect->user_id;
    c->loop = loop ? loop->node : -1;
    c->loops = rn__steps_at(suspect->user_graph, run, c->step);
}

/* node 21 tanh "lstm/layer0/c" [2,3] step 7 of loop 12 */
static void add_place(rn__text *t, const rn_gradcheck_culprit *c,
                      const rn__suspect *suspect)
{
    char shape[128];

    rn__text_add(t, "node %d %s", (int)c->node, c->op);
    if (c->name[0]) rn__text_add(t, " \"%s\"", c->name);
    if (suspect && rn__at(suspect->user_graph, suspect->user_id)->op != &rn__op_loop)
        rn__text_add(t, " %s",
                     rn__shape_text(rn__at(suspect->user_graph, suspect->user_id)->shape,
                                    shape, sizeof shape));
    for (int i = 0; i < c->loops; i++)
        rn__text_add(t, "%s%lld", i ? "," : " step ", (long long)c->step[i]);
    if (c->loop >= 0)
        rn__text_add(t, "%s loop %d", c->loops ? " of" : " of the body of", (int)c->loop);
}

/* (1,2) */
static void add_element(rn__text *t, rn_shape shape, int64_t element)
{
    int64_t at[RN_RANK_MAX];

    for (int i = shape.rank - 1; i >= 0; i--) {
        at[i] = element % shape.size[i];
        element /= shape.size[i];
    }
    rn__text_add(t, " element (");
    for (int i = 0; i < shape.rank; i++)
        rn__text_add(t, "%s%lld", i ? "," : "", (long long)at[i]);
    rn__text_add(t, ")");
}

/* How a loop reads one of its inputs. */
static const char *role_of(const rn_loop *loop, int32_t outer)
{
    for (int i = 0; i < loop->carry.count; i++)
        if (rn__list_at(loop->carry, rn__carry, i)->initial == outer) return "carried";
    for (int i = 0; i < loop->each.count; i++)
        if (rn__list_at(loop->each, rn__pair, i)->outer == outer) return "step input";
    return "captured";
}

/* An input of a loop goes by its name alone: its number is that of a copy. */
static void add_input(rn__text *t, const rn_gradcheck_culprit *c,
                      const rn__suspect *suspect)
{
    const rn__node *node = rn__at(suspect->graph, suspect->id);
    const int32_t outer = node->in[c->operand];
    const rn__node *in = rn__at(suspect->graph, outer);
    char shape[128];

    rn__text_add(t, ", input %d, %s%s%s %s", c->operand, role_of(node->loop, outer),
                 in->name ? " " : "", in->name ? in->name : "",
                 rn__shape_text(in->shape, shape, sizeof shape));
}

static void add_operand(rn__text *t, const rn_gradcheck_culprit *c,
                        const rn__suspect *suspect)
{
    const rn__node *node = rn__at(suspect->user_graph, suspect->user_id);
    char name[160];

    if (node->op == &rn__op_loop) {
        add_input(t, c, suspect);
    } else {
        const rn_tensor x = rn__tensor(suspect->user_graph, node->in[c->operand]);
        rn__text_add(t, ", operand %d %s", c->operand, rn__describe(x, name, sizeof name));
    }
    if (c->element >= 0) add_element(t, c->shape, c->element);
}

static void add_numbers(rn__text *t, const rn_gradcheck_culprit *c)
{
    double ratio = isnan(c->ratio) ? c->analytic / c->numeric : c->ratio;

    ratio = ratio == 0 ? 0 : ratio; /* not -0 */
    /* A mistake in the seventh place must show. */
    rn__text_add(t,
                 fabs(ratio * 1000 - nearbyint(ratio * 1000)) < 1e-6 ? ": ratio %.3f, "
                                                                     : ": ratio %.9g, ",
                 ratio);
    rn__text_add(t, "%s", rn_mistake_name(c->mistake));
    if (c->mistake == RN_MISTAKE_SWAPPED)
        rn__text_add(t, ": it is the gradient of operand %d", c->other);
    rn__text_add(t, " (analytic %.9g, numeric %.9g +- %.2g)", c->analytic, c->numeric,
                 c->error);
}

/* What is known of the engine: a tensor whose gradient is not the sum it should be. */
static void add_engine(rn__text *t, const rn_gradcheck_culprit *c, const char *refused,
                       const rn__suspect *reason)
{
    rn__text_add(t,
                 "culprit: the engine%s: each of %d rules agrees with its operator on the "
                 "values of this run",
                 c->node < 0 && !refused ? ", or the loss is not smooth here" : "",
                 c->rules);
    if (c->unjudged) rn__text_add(t, " (%d could not be judged)", c->unjudged);
    if (refused) rn__text_add(t, ", but the gradient is refused: %s", refused);
    if (reason && reason->stops)
        rn__text_add(t, "; node %d stop_gradient stops the gradient on purpose",
                     (int)reason->user_id);
    else if (reason && reason->unjudged && c->node < 0 && !refused)
        rn__text_add(
            t,
            "; node %d %.100s could not be judged: if it reads a value that is not "
            "finite, a gradient of 0 for it becomes NaN where the slope is infinite",
            (int)reason->user_id, rn__at(reason->user_graph, reason->user_id)->op->name);
    else if (reason && c->node < 0 && !refused)
        rn__text_add(t, "; %.100s has no rule `branches`, which it needs if it chooses",
                     rn__at(reason->user_graph, reason->user_id)->op->name);
    if (c->node < 0) return;
    rn__text_add(t, ", but the gradient of ");
    add_place(t, c, NULL);
    if (c->element >= 0) add_element(t, c->shape, c->element);
    rn__text_add(t, " is not the sum of what its readers give: %s",
                 rn_mistake_name(c->mistake));
    if (c->other >= 0) rn__text_add(t, ", that of node %d", c->other);
    rn__text_add(t, " (%.9g, the sum is %.9g)", c->analytic, c->numeric);
}

static void add_kernels(rn__text *t, const rn_gradcheck_culprit *c,
                        const rn__suspect *suspect)
{
    rn__text_add(t, "culprit: the f32 kernel of %s: ", c->op);
    add_place(t, c, suspect);
    add_element(t, c->shape, c->element);
    rn__text_add(t, ": f32 gives %.9g, f64 gives %.9g, the error bound is %.2g",
                 c->analytic, c->numeric, c->error);
}

static void add_loop(rn__text *t, const rn_gradcheck_culprit *c)
{
    rn__text_add(t, "culprit: the gradient of a loop, in which each rule agrees");
    if (c->unjudged) rn__text_add(t, " (%d could not be judged)", c->unjudged);
    rn__text_add(t, ": ");
}

void rn__culprit_text(rn_gradcheck_culprit *c, const rn__suspect *suspect,
                      const char *refused)
{
    rn__text t = {c->text, sizeof c->text, 0};

    if (c->kind == RN_CULPRIT_ENGINE) add_engine(&t, c, refused, suspect);
    if (c->kind == RN_CULPRIT_KERNEL) add_kernels(&t, c, suspect);
    if (c->kind != RN_CULPRIT_RULE && c->kind != RN_CULPRIT_LOOP) return;
    if (c->kind == RN_CULPRIT_RULE)
        rn__text_add(&t, "culprit: the gradient rule of %s: ", c->op);
    else
        add_loop(&t, c);
    add_place(&t, c, suspect);
    if (refused) {
        rn__text_add(&t, ": refused: %s", refused);
        return;
    }
    add_operand(&t, c, suspect);
    add_numbers(&t, c);
}
