/* SPDX-License-Identifier: MIT */
/* Copies a graph node by node and rebuilds its loops. */
#include "compile/copy.h"

#include <string.h>

#include "graph/loop.h"
#include "rondo/ops.h"

/* The operands of a node in the copy. */
static rn_tensor *operands(rn__copy_pass *pass, const rn__region *region,
                           const rn__node *node)
{
    rn_tensor *in =
        (rn_tensor *)rn__arena_new(&pass->arena, (size_t)node->inputs * sizeof *in);

    if (!in) {
        rn__no_memory(pass->to);
        return NULL;
    }
    for (int i = 0; i < node->inputs; i++) in[i] = region->to[node->in[i]];
    return in;
}

/* A node with a limit stays in the graph of its limit, even if all of its operands have
 * moved further out. Sets pass->limit, null without one. */
static bool find_limit(rn__copy_pass *pass, const rn__region *region, const rn__node *node,
                       rn_tensor *in)
{
    pass->limit = pass->limit_rows = pass->limit_order = rn_null();
    if (node->limit.id < 0) return true;

    const rn_tensor limit = region->to[node->limit.id];
    rn_graph *graph = rn__innermost(in, node->inputs);
    if (!rn__encloses(limit.graph, graph)) graph = limit.graph;
    in[0] = rn__adopt(graph, in[0], "copy");
    pass->limit = rn__adopt(graph, limit, "copy");
    if (node->limit.rows >= 0)
        pass->limit_rows = rn__adopt(graph, region->to[node->limit.rows], "copy");
    if (node->limit.order >= 0)
        pass->limit_order = rn__adopt(graph, region->to[node->limit.order], "copy");
    return !pass->to->failed;
}

static bool constant(const rn__node *node)
{
    return node->op == &rn__op_scalar || node->op == &rn__op_constant;
}

/* ---- loops ---- */

/* What a loop with lengths has for its rows. */
static void copy_rows(const rn__region *outer, const rn_loop *old, rn_loop *loop)
{
    loop->row_sums = old->row_sums;
    if (old->row_steps >= 0) rn__loop_rows(loop, outer->to[old->row_steps]);
    for (int i = 0; i < RN__RAGGED_ARRAYS; i++)
        if (old->ragged[i] >= 0)
            loop->ragged[i] = rn__adopt(loop->outer, outer->to[old->ragged[i]], "copy").id;
}

rn_loop *rn__copy_loop_begin(const rn__region *outer, const rn__node *node, rn_graph *to)
{
    rn_loop *loop = rn_loop_begin(to);

    if (!loop) return NULL;
    if (node->loop->reverse) rn_loop_reverse(loop);
    rn_loop_steps(loop, node->loop->steps);
    loop->checkpoint = node->loop->checkpoint;
    loop->segments = node->loop->segments;
    loop->blocks = node->loop->blocks;
    if (node->loop->limit >= 0) rn__loop_limit(loop, outer->to[node->loop->limit]);
    copy_rows(outer, node->loop, loop);
    return loop;
}

/* The copy of a capture is the outer tensor; a node that uses it captures it again. */
bool rn__copy_leaves(const rn__region *outer, rn__region *body, const rn_loop *old,
                     rn_loop *loop)
{
    for (int i = 0; i < old->carry.count; i++) {
        const rn__carry *c = rn__list_at(old->carry, rn__carry, i);
        if (!body->carried[i] || (body->total && !rn_is_null(body->total[i]))) continue;
        if (!rn_is_null(body->to[c->leaf])) continue; /* equal to another carry */
        body->to[c->leaf] = rn_loop_carry(loop, outer->to[c->initial]);
        if (rn_is_null(body->to[c->leaf])) return false;
        rn_name(body->to[c->leaf], rn__at(old->body, c->leaf)->name);
        if (c->rows) rn__loop_find_carry(loop, body->to[c->leaf])->rows = true;
    }
    for (int i = 0; i < old->each.count; i++) {
        const rn__pair *p = rn__list_at(old->each, rn__pair, i);
        if (!body->live[p->leaf]) continue;
        body->to[p->leaf] = rn_loop_each(loop, outer->to[p->outer]);
        if (rn_is_null(body->to[p->leaf])) return false;
        if (p->slots) rn__pair_of(&loop->each, body->to[p->leaf].id)->slots = p->slots;
    }
    for (int i = 0; i < old->capture.count; i++) {
        const rn__pair *p = rn__list_at(old->capture, rn__pair, i);
        body->to[p->leaf] = outer->to[p->outer];
    }
    if (old->index >= 0 && body->live[old->index])
        body->to[old->index] = rn_loop_index(loop);
    return !loop->outer->root->failed;
}

/* A collected value must be a tensor of the body at the end, even if it has moved out. */
static void adopt_collected(const rn__region *outer, rn__region *body, const rn_loop *old,
                            rn_loop *loop)
{
    for (int i = 0; i < old->output.count; i++) {
        const int32_t output = *rn__list_at(old->output, int32_t, i);
        if (!outer->live[output]) continue;
        const rn__get *get = (const rn__get *)rn__at(outer->graph, output)->attributes;
        if (get->kind == RN__COLLECT && !rn_is_null(body->to[get->id]))
            body->to[get->id] = rn__adopt(loop->body, body->to[get->id], "copy");
    }
}

void rn__copy_nexts(const rn__region *outer, rn__region *body, const rn_loop *old,
                    rn_loop *loop)
{
    adopt_collected(outer, body, old, loop);
    if (old->row_mask >= 0 && body->to[old->row_mask].graph == loop->body)
        loop->row_mask = body->to[old->row_mask].id;
    for (int i = 0; i < old->carry.count; i++) {
        const rn__carry *c = rn__list_at(old->carry, rn__carry, i);
        if (!body->carried[i] || rn_is_null(body->to[c->leaf])) continue;
        if (rn__loop_find_carry(loop, body->to[c->leaf])->next < 0)
            rn_loop_next(loop, body->to[c->leaf], body->to[c->next]);
    }
}

bool rn__copy_loop_end(rn__region *outer, rn__region *body, const rn_loop *old,
                       rn_loop *loop)
{
    rn__copy_nexts(outer, body, old, loop);
    if (!rn_loop_end(loop)) return false;
    outer->to[old->node] = rn__tensor(loop->outer, loop->node);
    return true;
}

bool rn__copy_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                   rn_graph *to)
{
    rn__region *body = rn__copy_region(pass, node->loop->body);
    rn_loop *loop = rn__copy_loop_begin(outer, node, to);

    return loop && body && rn__copy_leaves(outer, body, node->loop, loop) &&
           rn__copy_body(pass, body, loop->body) &&
           rn__copy_loop_end(outer, body, node->loop, loop);
}

rn_tensor rn__copy_get(rn__copy_pass *pass, const rn__region *region, const rn__node *node)
{
    const rn__get *get = (const rn__get *)node->attributes;
    const rn_loop *old = node->loop;
    const rn__region *body = rn__copy_region(pass, old->body);

    if (get->kind == RN__COLLECT && body->stack && !rn_is_null(body->stack[get->id]))
        return body->stack[get->id];
    const int carry = body->total ? rn__carry_of(old, (int32_t)get->id) : -1;
    if (carry >= 0 && get->kind == RN__HISTORY && body->history)
        return body->history[carry];
    if (carry >= 0 && !rn_is_null(body->total[carry])) return body->total[carry];
    return rn__loop_get(rn__node_of(region->to[node->in[0]])->loop, (rn__get_kind)get->kind,
                        body->to[get->id].id);
}

/* ---- the walk ---- */

/* Consecutive nodes often have the same text. */
bool rn__copy_context(rn__copy_pass *pass, const rn__node *from, rn__node *to)
{
    if (to->context) return true;
    if (pass->context != from->context) {
        const size_t before = strlen(from->context) + 1;
        const size_t bytes = before + strlen(from->context + before) + 1;
        char *text = (char *)rn__arena_new(&pass->to->arena, bytes);

        if (!text) {
            rn__no_memory(pass->to);
            return false;
        }
        memcpy(text, from->context, bytes);
        pass->context = from->context;
        pass->context_copy = text;
    }
    to->context = pass->context_copy;
    return true;
}

rn_tensor rn__copy_as_is(const rn__copy_pass *pass, const rn__node *node,
                         const rn_tensor *in)
{
    const rn_tensor x =
        rn_apply(node->op, in, node->inputs, node->attributes, node->attribute_size);

    if (!rn_is_null(x) && !rn_is_null(pass->limit)) {
        rn__node_of(x)->limit = node->limit;
        rn__node_of(x)->limit.id = pass->limit.id;
        rn__node_of(x)->limit.rows = pass->limit_rows.id;
        rn__node_of(x)->limit.order = pass->limit_order.id;
    }
    return x;
}

rn_tensor rn__copy_leaf_as_is(const rn__copy_pass *pass, const rn__node *leaf)
{
    if (leaf->op == &rn__op_variable) return rn_read_variable(pass->to, leaf->variable);
    return rn__append(pass->to, leaf->op, leaf->type, leaf->shape, NULL, 0,
                      leaf->attributes, leaf->attribute_size);
}

static rn_tensor copy_node(rn__copy_pass *pass, rn__region *region, int32_t id)
{
    const rn__node *node = rn__at(region->graph, id);

    if (constant(node) || (!region->graph->parent && node->inputs == 0))
        return pass->leaf ? pass->leaf(pass, node) : rn__copy_leaf_as_is(pass, node);
    if (node->op == &rn__op_get)
        return (pass->get ? pass->get : rn__copy_get)(pass, region, node);
    rn_tensor *in = operands(pass, region, node);
    if (!in || !find_limit(pass, region, node, in)) return rn_null();
    pass->at = region;
    pass->id = id;
    return pass->node(pass, node, in);
}

bool rn__copy_one(rn__copy_pass *pass, rn__region *region, int32_t id, rn_graph *to)
{
    const rn__node *node = rn__at(region->graph, id);

    if (!region->live[id] || !rn_is_null(region->to[id])) return true;
    pass->to->gradient = node->gradient;
    if (node->op == &rn__op_loop)
        return (pass->loop ? pass->loop : rn__copy_loop)(pass, region, node, to);
    region->to[id] = copy_node(pass, region, id);
    if (rn_is_null(region->to[id])) return false;
    /* It may be an older node with the same value. */
    if (!node->gradient) rn__node_of(region->to[id])->gradient = false;
    if (node->name && !rn__node_of(region->to[id])->name)
        rn_name(region->to[id], node->name);
    return !node->context || rn__copy_context(pass, node, rn__node_of(region->to[id]));
}

bool rn__copy_body(rn__copy_pass *pass, rn__region *region, rn_graph *to)
{
    if (pass->prepare && !pass->prepare(pass, region)) return false;
    for (int32_t i = 0; i < region->graph->count; i++)
        if (!rn__copy_one(pass, region, region->order ? region->order[i] : i, to))
            return false;
    return !pass->to->failed;
}

bool rn__copy_run(rn__copy_pass *pass, const int32_t *roots, int count, bool assigned)
{
    pass->arena.allocator = pass->to->allocator;
    if (!rn__copy_live(pass, roots, count, assigned)) return false;
    rn__region *root = rn__copy_region(pass, pass->from);
    if (!rn__copy_body(pass, root, pass->to)) return false;
    pass->to->gradient = false;
    for (int i = 0; assigned && i < pass->from->assignments; i++) {
        const rn__assignment a = pass->from->assignment[i];
        rn_variable *variable = rn__at(pass->from, a.variable)->variable;
        rn_tensor value = root->to[a.value];

        value = rn_cast(value, variable->type);
        if (rn_is_null(rn_assign(rn_read_variable(pass->to, variable), value)))
            return false;
    }
    return true;
}

rn_tensor rn__copied(const rn__copy_pass *pass, int32_t id)
{
    return rn__copy_region(pass, pass->from)->to[id];
}

void rn__copy_finish(rn__copy_pass *pass)
{
    rn__arena_finish(&pass->arena);
    pass->region = NULL;
    pass->regions = 0;
}
