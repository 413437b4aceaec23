/* SPDX-License-Identifier: MIT */
/* Ragged loops: the pass. */
#include "compile/ragged.h"

#include <string.h>

#include "compile/passes.h"
#include "graph/loop.h"
#include "rondo/ops.h"

/* ---- outputs ---- */

static rn_tensor *raw_of(rn__copy_pass *pass, const rn_graph *graph)
{
    rn_tensor **raw = &pass->ragging->raw[graph->number];

    if (*raw) return *raw;
    *raw = (rn_tensor *)rn__arena_new(&pass->arena, (size_t)graph->count * sizeof **raw);
    for (int32_t i = 0; *raw && i < graph->count; i++) (*raw)[i] = rn_null();
    if (!*raw) rn__no_memory(pass->to);
    return *raw;
}

/* An output that exists already: a step input's stack; where a carry that never changes
 * begins. Null: it does not. */
static rn_tensor known(const rn__copy_pass *pass, const rn__region *region,
                       const rn__node *node)
{
    const rn__get *get = (const rn__get *)node->attributes;
    const rn__region *body = rn__copy_region(pass, node->loop->body);
    const rn_tensor x = body->to[get->id];
    const rn_loop *loop = rn__node_of(region->to[node->in[0]])->loop;

    if (get->kind == RN__COLLECT && x.graph == loop->body &&
        rn__node_of(x)->op == &rn__op_each) {
        const rn__pair *pair = rn__pair_of(&loop->each, x.id);
        if (pair->slots == RN__SLOTS_PACKED) return rn__tensor(loop->outer, pair->outer);
    }
    if (get->kind == RN__FINAL) {
        const rn__carry *c = rn__loop_find_carry(loop, x);
        const int32_t old = rn__list_at(node->loop->carry, rn__carry,
                                        rn__carry_of(node->loop, (int32_t)get->id))
                                ->initial;
        if (c->next == c->leaf) return region->to[old];
    }
    return rn_null();
}

static rn_tensor make_get(rn__copy_pass *pass, const rn__region *region,
                          const rn__node *node)
{
    const rn__get *get = (const rn__get *)node->attributes;
    const rn_loop *old = node->loop;
    const rn__ragged_body *b = pass->ragging->body[old->body->number];
    const rn_tensor same = b ? known(pass, region, node) : rn_null();

    if (!rn_is_null(same) && (get->kind == RN__FINAL || b->rows.axis[get->id] < 0))
        return same;
    const rn_tensor x = rn_is_null(same) ? rn__copy_get(pass, region, node) : same;
    if (rn_is_null(x) || !b || b->rows.axis[get->id] < 0 || get->kind == RN__HISTORY)
        return x;
    if (get->kind == RN__FINAL)
        return rn_take(x, rn__ragged_array(pass, region, old, RN__RAGGED_PLACE));
    rn_tensor *raw = raw_of(pass, region->graph);
    const int32_t output = rn__loop_find_get(old, RN__COLLECT, (int32_t)get->id);
    if (!raw) return rn_null();
    raw[output] = x;
    return rn__ragged_unpack(pass, region, old, x);
}

/* ---- the pass ---- */

static void *by_graph(rn__copy_pass *pass, size_t size)
{
    return rn__arena_new(&pass->arena, (size_t)pass->regions * size);
}

/* Fills in a body that can become ragged; false if it cannot, or without memory. */
static bool find_body(rn__copy_pass *pass, rn__ragging *r, const rn_graph *g,
                      bool *no_memory)
{
    const rn__region *region = rn__copy_region(pass, g);
    const rn__region *outer = rn__copy_region(pass, g->parent);
    rn__ragged_body *b = (rn__ragged_body *)rn__arena_new(&pass->arena, sizeof *b);

    *no_memory |= !b;
    if (!b || !rn__ragged_find(b, outer, region, &pass->arena, no_memory)) return false;
    r->body[g->number] = b;
    return true;
}

/* Where the failure of a loop is kept that others share: that of its lengths or, of loops
 * in loops, whose lengths have copies in several graphs, the last. */
static bool *failed_with(const rn_graph *g, bool *failed)
{
    return &failed[g->parent->parent ? g->root->count : g->loop->row_steps];
}

/* Fills in the bodies that become ragged. False without memory. */
static bool find_all(rn__copy_pass *pass, rn__ragging *r)
{
    const rn_graph *bodies = pass->from->bodies;
    bool *failed = (bool *)rn__arena_new(&pass->arena, (size_t)pass->from->count + 1);
    bool no_memory = !failed;

    for (const rn_graph *g = bodies; g && !no_memory; g = g->next_body)
        if (rn__copy_region(pass, g) && rn__ragged_form(g->loop) &&
            !find_body(pass, r, g, &no_memory))
            *failed_with(g, failed) = true;
    for (const rn_graph *g = bodies; g && !no_memory; g = g->next_body)
        if (r->body[g->number] && *failed_with(g, failed)) r->body[g->number] = NULL;
    return !no_memory;
}

/* Whether the loops with lengths become ragged; false with an error without memory. */
static bool find(rn__copy_pass *pass, rn__ragging *r)
{
    const rn__roots *roots = (const rn__roots *)pass->roots;
    bool ok = true, no_memory = false;

    r->body = (rn__ragged_body **)by_graph(pass, sizeof *r->body);
    r->history = (signed char **)by_graph(pass, sizeof *r->history);
    r->raw = (rn_tensor **)by_graph(pass, sizeof *r->raw);
    r->arrays = (rn_tensor **)by_graph(pass, sizeof *r->arrays);
    if (!r->body || !r->history || !r->raw || !r->arrays || !find_all(pass, r)) {
        rn__no_memory(pass->to);
        return false;
    }
    for (int32_t i = 0; ok && i < pass->regions; i++)
        if (pass->region[i])
            ok = rn__ragged_histories(r, pass->region[i], roots->id, roots->count,
                                      &pass->arena, &no_memory);
    if (no_memory) rn__no_memory(pass->to);
    if (!ok) memset(r->body, 0, (size_t)pass->regions * sizeof *r->body);
    return !no_memory;
}

static bool ragged_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                        rn_graph *to)
{
    if (!pass->ragging) {
        pass->ragging = (rn__ragging *)rn__arena_new(&pass->arena, sizeof *pass->ragging);
        if (!pass->ragging) rn__no_memory(to);
        if (!pass->ragging || !find(pass, pass->ragging)) return false;
    }
    return (pass->ragging->body[node->loop->body->number]
                ? rn__ragged_make
                : rn__copy_loop)(pass, outer, node, to);
}

bool rn__ragged_possible(const rn_graph *graph)
{
    for (const rn_graph *body = graph->bodies; body; body = body->next_body)
        if (body->loop->node >= 0 && rn__ragged_form(body->loop)) return true;
    return false;
}

bool rn__ragged_loops(rn__copy_pass *pass, const int32_t *roots, int count)
{
    const rn__roots all = {roots, count};

    pass->roots = &all;
    pass->loop = ragged_loop;
    pass->get = make_get;
    return rn__simplify(pass, roots, count);
}
