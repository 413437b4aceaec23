/* SPDX-License-Identifier: MIT */
/*
 * Shrinks a graph that fails a check to a small one that still fails: operators are
 * replaced by constants, inputs or one of their operands as long as the check keeps
 * failing. Changes are made in place and undone if the check passes.
 */
#ifndef RN_TESTS_AUTODIFF_SHRINK_H
#define RN_TESTS_AUTODIFF_SHRINK_H

#include "compile/passes.h"
#include "compile/random_graph.h"
#include "graph/loop.h"

/* Whether the check of this loss fails. */
typedef bool rn_test_fails(rn_tensor loss, const void *data);

typedef struct rn_test_shrinking {
    rn_tensor loss;
    rn_test_fails *fails;
    const void *data;
} rn_test_shrinking;

/* The root, then each body. */
static inline rn_graph *rn_test_next_graph(rn_graph *g)
{
    return g->parent ? g->next_body : g->bodies;
}

/* Pseudo-random elements: halves, quarters and the like, or 0 and 1. */
static inline void rn_test_become_constant(rn_graph *g, int32_t id)
{
    rn__node *node = rn__at(g, id);
    const int64_t n = rn_shape_count(node->shape);
    const size_t bytes = (size_t)n * rn_type_size(node->type);
    char *data = (char *)rn__arena_new(&g->root->arena, bytes + 8);

    cr_assert(data);
    for (int64_t i = 0; i < n; i++) {
        const double x = rn_test_number(17 + (uint64_t)id, (uint64_t)i);
        if (node->type == RN_F64) ((double *)(void *)data)[i] = floor(x * 8) / 8;
        if (node->type == RN_BOOL) data[i] = x > 0;
    }
    *node = (rn__node){.op = &rn__op_constant,
                       .type = node->type,
                       .variant = node->type,
                       .shape = node->shape,
                       .in = node->in,
                       .attributes = data,
                       .attribute_size = bytes};
}

static inline bool rn_test_still_fails(const rn_test_shrinking *s)
{
    return s->fails(s->loss, s->data);
}

static inline void rn_test_become_input(rn_graph *g, int32_t id)
{
    rn__node *node = rn__at(g, id);
    static int cuts;
    char name[16];

    snprintf(name, sizeof name, "cut%d", ++cuts);
    *node = (rn__node){.op = &rn__op_input,
                       .type = node->type,
                       .variant = node->type,
                       .shape = node->shape,
                       .in = node->in,
                       .attributes = node->attributes,
                       .name = rn__arena_string(&g->root->arena, name)};
}

/* ---- operators become leaves ---- */

/* A loop lists its outputs: one that is a leaf now leaves the list, one that is an output
 * again comes back to it. */
static inline void rn_test_list_output(rn_loop *loop, int32_t id, bool listed)
{
    int32_t *all = rn__list_at(loop->output, int32_t, 0);
    int at = 0;

    if (listed) {
        all[loop->output.count++] = id;
        return;
    }
    while (all[at] != id) at++;
    loop->output.count--;
    memmove(&all[at], &all[at + 1], (size_t)(loop->output.count - at) * sizeof *all);
}

static inline void rn_test_try_leaves(rn_test_shrinking *s, rn_graph *g,
                                      void (*become)(rn_graph *g, int32_t id))
{
    for (int32_t id = g->count - 1; id >= 0; id--) {
        const rn__node before = *rn__at(g, id);
        if (before.inputs == 0 || before.type != RN_F64 || before.op == &rn__op_loop)
            continue;
        const bool output = before.op == &rn__op_get;
        if (output) rn_test_list_output(before.loop, id, false);
        become(g, id);
        if (rn_test_still_fails(s)) continue;
        *rn__at(g, id) = before;
        if (output) rn_test_list_output(before.loop, id, true);
    }
}

/* ---- operands are replaced ---- */

/* *slot is the id of a node of g that somebody reads. */
static inline void rn_test_try_slot(rn_test_shrinking *s, rn_graph *g, int32_t *slot)
{
    const int32_t before = *slot;
    const rn__node *node = rn__at(g, before);

    if (node->op == &rn__op_get || node->op == &rn__op_loop) return;
    for (int i = 0; i < node->inputs && *slot == before; i++) {
        const rn__node *in = rn__at(g, node->in[i]);
        if (in->type != node->type || !rn_shape_equal(in->shape, node->shape)) continue;
        *slot = node->in[i];
        if (!rn_test_still_fails(s)) *slot = before;
    }
}

static inline void rn_test_try_loop(rn_test_shrinking *s, rn_loop *loop)
{
    for (int i = 0; i < loop->carry.count; i++) {
        rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
        rn_test_try_slot(s, loop->body, &c->next);
        rn_test_try_slot(s, loop->outer, &c->initial);
    }
    for (int i = 0; i < loop->each.count; i++)
        rn_test_try_slot(s, loop->outer, &rn__list_at(loop->each, rn__pair, i)->outer);
    for (int i = 0; i < loop->capture.count; i++)
        rn_test_try_slot(s, loop->outer, &rn__list_at(loop->capture, rn__pair, i)->outer);
}

/* What a stack is collected of. */
static inline void rn_test_try_collected(rn_test_shrinking *s, rn__node *node)
{
    rn__get get = *(const rn__get *)node->attributes;
    const void *before = node->attributes;
    int32_t id = (int32_t)get.id;
    rn__get *changed =
        (rn__get *)rn__arena_new(&s->loss.graph->root->arena, sizeof *changed);

    if (get.kind != RN__COLLECT || !changed) return;
    const rn__node *from = rn__at(node->loop->body, id);
    for (int i = 0; i < from->inputs && node->attributes == before; i++) {
        const rn__node *in = rn__at(node->loop->body, from->in[i]);
        if (in->type != from->type || !rn_shape_equal(in->shape, from->shape)) continue;
        *changed = (rn__get){get.kind, from->in[i]};
        node->attributes = changed;
        if (!rn_test_still_fails(s)) node->attributes = before;
    }
}

static inline void rn_test_try_operands(rn_test_shrinking *s, rn_graph *g)
{
    if (g == s->loss.graph) rn_test_try_slot(s, g, &s->loss.id);
    for (int32_t id = g->count - 1; id >= 0; id--) {
        rn__node *node = rn__at(g, id);
        if (node->op == &rn__op_loop)
            rn_test_try_loop(s, node->loop);
        else if (node->op == &rn__op_get)
            rn_test_try_collected(s, node);
        else
            for (int i = 0; i < node->inputs; i++) rn_test_try_slot(s, g, &node->in[i]);
    }
}

/* The loss in a graph of its own, of what it needs. */
static inline rn_graph *rn_test_needed(rn_tensor loss, rn_tensor *copy)
{
    rn__conversion conversion = {.convert = true, .real = RN_F64};
    rn_graph *to = rn_graph_new();
    rn__copy_pass pass = {.from = loss.graph, .to = to};

    cr_assert(rn__convert(&pass, &conversion, &loss.id, 1), "%s", rn_graph_error(to));
    *copy = rn__copied(&pass, loss.id);
    rn__copy_finish(&pass);
    return to;
}

/* Nodes that compute: no leaves, and not loops as such. */
static inline int rn_test_operators(rn_graph *g)
{
    int count = 0;

    for (; g; g = rn_test_next_graph(g))
        for (int32_t id = 0; id < g->count; id++)
            if (rn__at(g, id)->inputs > 0 && rn__at(g, id)->op != &rn__op_loop &&
                rn__at(g, id)->op != &rn__op_get)
                count++;
    return count;
}

/* ---- the sum of an earlier tensor becomes the loss ---- */

static inline rn_tensor rn_test_sum_of(rn_tensor x)
{
    while (x.graph->parent) x = rn__loop_get(x.graph->loop, RN__COLLECT, x.id);
    return rn_sum_all(x);
}

static inline int rn_test_operators_of(rn_tensor loss)
{
    rn_tensor copy;
    rn_graph *g = rn_test_needed(loss, &copy);
    const int count = rn_test_operators(g);

    rn_graph_free(g);
    return count;
}

/* Of a tensor of a body it is the sum over all steps. Only a smaller graph counts. */
static inline void rn_test_try_sums(rn_test_shrinking *s, rn_graph *g)
{
    rn_tensor before = s->loss;
    int operators = rn_test_operators_of(before);
    const int32_t count = g == before.graph ? before.id : g->count;

    for (int32_t id = 0; id < count; id++) {
        const rn__node *node = rn__at(g, id);
        if (node->inputs == 0 || node->type != RN_F64 || node->op == &rn__op_loop ||
            node->op == &rn__op_get || node->shape.rank + 4 > RN_RANK_MAX)
            continue;
        s->loss = rn_test_sum_of(rn__tensor(g, id));
        const int fewer = rn_test_operators_of(s->loss);
        if (fewer < operators && rn_test_still_fails(s)) {
            operators = fewer;
            before = s->loss;
        }
        s->loss = before;
    }
}

/* ---- all of it ---- */

/* A small graph of a failing loss; its loss is *small. Each round works on a copy of what
 * the last one left. */
static inline rn_graph *rn_test_shrink(rn_tensor loss, rn_test_fails *fails,
                                       const void *data, rn_tensor *small)
{
    rn_test_shrinking s = {.fails = fails, .data = data};
    rn_graph *g = rn_test_needed(loss, &s.loss);
    int before;

    do {
        before = rn_test_operators(g);
        for (rn_graph *at = g; at; at = rn_test_next_graph(at)) rn_test_try_sums(&s, at);
        for (rn_graph *at = g; at; at = rn_test_next_graph(at))
            rn_test_try_leaves(&s, at, rn_test_become_constant);
        rn_test_try_leaves(&s, g, rn_test_become_input);
        for (rn_graph *at = g; at; at = rn_test_next_graph(at))
            rn_test_try_operands(&s, at);
        rn_graph *rest = rn_test_needed(s.loss, &s.loss);
        rn_graph_free(g);
        g = rest;
    } while (rn_test_operators(g) < before);
    *small = s.loss;
    return g;
}

#endif
