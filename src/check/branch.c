/* SPDX-License-Identifier: MIT */
/*
 * The branches that operators choose, by their own rules (op.h), as tensors of the graph:
 * in loops for all their steps.
 */
#include "check/branch.h"

#include <stdio.h>
#include <string.h>

#include "graph/loop.h"
#include "rondo/op.h"

rn_tensor rn__lift(rn_tensor x)
{
    while (!rn_is_null(x) && x.graph->parent)
        x = rn__node_of(x)->op == &rn__op_each
                ? rn__tensor(x.graph->parent,
                             rn__pair_of(&x.graph->loop->each, x.id)->outer)
                : rn__loop_get(x.graph->loop, RN__COLLECT, x.id);
    return x;
}

/* The branches of one node, in its graph; null when it does not choose. */
static rn_tensor branches_of(rn_graph *graph, int32_t id, rn__arena *arena)
{
    const rn__node *node = rn__at(graph, id);
    const rn_op *op = node->op;
    rn_tensor *x = (rn_tensor *)rn__arena_new(arena, (size_t)node->inputs * sizeof *x);
    const bool ended = graph->loop && graph->loop->ended;
    char what[128];

    if (!x) return rn__no_memory(graph);
    for (int i = 0; i < node->inputs; i++) x[i] = rn__tensor(graph, node->in[i]);
    const void *attributes = node->attributes;
    /* The body opens once more for what is only looked at. */
    if (graph->loop) graph->loop->ended = false;
    const rn_tensor branches = op->branches(x, rn__tensor(graph, id), attributes);
    if (graph->loop) graph->loop->ended = ended;
    snprintf(what, sizeof what, "%.100s: its branches", op->name);
    rn__fail_within(graph, what);
    return rn_is_null(branches) ? branches : rn__adopt(graph, branches, op->name);
}

static bool add_choice(rn__branches *b, rn_graph *graph, int32_t id, rn__arena *arena)
{
    if (!rn__at(graph, id)->op->branches) return true;
    const rn_tensor own = branches_of(graph, id, arena), branches = rn__lift(own);

    if (graph->root->failed) return false;
    if (rn_is_null(own)) return true;
    rn__choice *c = (rn__choice *)rn__list_add(graph, &b->choices, sizeof *c);
    if (rn_is_null(branches) || !c) return false;
    *c = (rn__choice){.graph = graph, .id = id, .branches = branches};
    c->each = rn_shape_count(rn_shape_get(own));
    c->bytes = (size_t)rn_shape_count(rn_shape_get(branches)) *
               rn_type_size(rn_type_get(branches));
    return true;
}

static bool add_choices(rn__branches *b, const rn__copy_pass *live, rn_graph *graph,
                        rn__arena *arena)
{
    const rn__region *region = rn__copy_region(live, graph);
    const int32_t count = region ? graph->count : 0;

    for (int32_t id = 0; id < count; id++) {
        const rn__node *node = rn__at(graph, id);
        if (!region->live[id]) continue;
        if (node->op == &rn__op_loop) {
            if (!add_choices(b, live, node->loop->body, arena)) return false;
        } else if (node->inputs > 0 && !add_choice(b, graph, id, arena)) {
            return false;
        }
    }
    return true;
}

static bool compile(rn__branches *b, rn_graph *graph, rn__arena *arena)
{
    const size_t n = (size_t)b->choices.count;
    rn_tensor *y = (rn_tensor *)rn__arena_new(arena, n * sizeof *y);
    size_t most = 0;

    if (!y) return false;
    for (size_t i = 0; i < n; i++) {
        rn__choice *c = rn__list_at(b->choices, rn__choice, i);
        y[i] = c->branches;
        c->here = (char *)rn__arena_new(arena, c->bytes);
        if (!c->here) return false;
        if (c->bytes > most) most = c->bytes;
    }
    b->now = (char *)rn__arena_new(arena, most);
    b->program =
        rn_compile(graph, (rn_compile_options){.outputs = y, .output_count = (int)n});
    return b->now && b->program;
}

bool rn__branches_find(rn__branches *b, rn_tensor loss, rn__arena *arena)
{
    rn__copy_pass live = {.from = loss.graph, .to = loss.graph};

    *b = (rn__branches){.program = NULL};
    live.arena.allocator = loss.graph->allocator;
    bool ok = rn__copy_live(&live, &loss.id, 1, false) &&
              add_choices(b, &live, loss.graph, arena);
    if (ok && b->choices.count) ok = compile(b, loss.graph, arena);
    rn__copy_finish(&live);
    return ok;
}

bool rn__branches_keep(rn__branches *b)
{
    if (!b->program) return true;
    if (rn_run(b->program) != RN_OK) return false;
    for (int i = 0; i < b->choices.count; i++) {
        const rn__choice *c = rn__list_at(b->choices, rn__choice, i);
        if (rn_read(b->program, c->branches, c->here, c->bytes) != RN_OK) return false;
    }
    return true;
}

bool rn__branches_same(rn__branches *b, const rn__choice **which, int64_t *element)
{
    *which = NULL;
    if (!b->program) return true;
    if (rn_run(b->program) != RN_OK) return false;
    for (int i = 0; i < b->choices.count; i++) {
        const rn__choice *c = rn__list_at(b->choices, rn__choice, i);
        const size_t size = rn_type_size(rn_type_get(c->branches));
        if (rn_read(b->program, c->branches, b->now, c->bytes) != RN_OK) return false;
        if (memcmp(b->now, c->here, c->bytes) == 0) continue;
        size_t at = 0;
        while (b->now[at] == c->here[at]) at++;
        *which = c;
        *element = (int64_t)(at / size);
        return false;
    }
    return true;
}
