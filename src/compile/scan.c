/* SPDX-License-Identifier: MIT */
/*
 * Scan: loops in which all that is carried is affine in itself (scan.h) are computed for
 * all steps at once. The loop has been hoisted, so what is left in it is element-wise.
 *
 * Round by round carries become known: a and b are stacks, made of what is known already,
 * and the operator linear_scan computes the carry's history from them. What reads the carry
 * then reads slots of the history.
 */
#include "compile/scan.h"

#include <string.h>

#include "compile/passes.h"
#include "graph/loop.h"
#include "ops/op.h"
#include "rondo/ops.h"

static const rn__node *node_at(const rn__scan *s, int32_t id)
{
    return rn__at(s->b.old->body, id);
}

/* ---- outputs ---- */

/* The id of output i if the loop collects it and it lives; else -1. */
static int32_t collected(const rn__scan *s, int i)
{
    const int32_t output = *rn__list_at(s->b.old->output, int32_t, i);
    const rn__get *get = (const rn__get *)rn__at(s->b.old->outer, output)->attributes;

    return s->b.outer->live[output] && get->kind == RN__COLLECT ? (int32_t)get->id : -1;
}

/* Makes the stacks of what is collected; of a block those of the block. */
static bool make_outputs(rn__scan *s)
{
    rn_tensor *stack = s->b.body->stack;

    rn__scan_want_summands(s);
    for (int i = 0; i < s->b.old->output.count; i++)
        if (collected(s, i) >= 0) s->want[collected(s, i)] = true;
    if (!rn__scan_make_stacks(s) || !rn__scan_make_sums(s)) return false;
    for (int i = 0; i < s->b.old->output.count; i++) {
        const int32_t id = collected(s, i);
        if (id < 0) continue;
        if (rn_is_null(stack[id]))
            stack[id] =
                rn__scan_whole(s, rn__hoist_operand(&s->b, id), node_at(s, id)->shape);
        stack[id] = rn__adopt(s->b.to, stack[id], "scan");
        if (rn_is_null(stack[id])) return false;
    }
    return true;
}

/* ---- blocks ---- */

/* What a view shows in another shape, if that is this one; else null. */
static rn_tensor shown(rn_tensor view, rn_shape shape)
{
    const rn__node *node = rn__node_of(view);
    rn_array in, out;
    int64_t offset, dense[RN_RANK_MAX];

    if (!node->op->view) return rn_null();
    const rn_tensor x = rn__tensor(view.graph, node->in[0]);
    if (!rn_shape_equal(rn_shape_get(x), shape) || rn_shape_count(shape) == 0 ||
        !rn__view_of_dense(node, node->type, shape, &in, &out, &offset))
        return rn_null();
    rn__layout_dense(node->shape, dense);
    for (int i = 0; i < node->shape.rank; i++)
        if (out.stride[i] != dense[i] && node->shape.size[i] > 1) return rn_null();
    return offset == 0 ? x : rn_null();
}

/* [T, ..] as blocks of steps, and back. */
static rn_tensor in_blocks(const rn__scan *s, rn_tensor x)
{
    const rn_shape shape = rn_shape_get(x);
    rn_shape to = rn__stack_shape(s->blocks, shape);

    to.size[1] = s->b.old->steps;
    const rn_tensor before = shown(x, to);
    return rn_is_null(before) ? rn_reshape(x, to) : before;
}

static rn_tensor in_steps(const rn__scan *s, rn_tensor x)
{
    const rn_shape shape = rn_shape_get(x);

    if (rn_is_null(x)) return x;
    rn_shape to = rn_shape_of(shape.rank - 1, shape.size + 1);
    to.size[0] = s->blocks * s->b.old->steps;
    return rn_reshape(x, to);
}

/* A loop over blocks, whose steps read blocks of the old loop's stacks. */
static bool begin_blocks(rn__scan *s, rn_graph *to)
{
    const rn_loop *old = s->b.old;
    rn_tensor *stack = s->b.body->stack;

    s->loop = rn_loop_begin(to);
    if (!s->loop) return false;
    s->loop->blocks = true;
    if (old->reverse) rn_loop_reverse(s->loop);
    rn_loop_steps(s->loop, s->blocks);
    s->b.to = s->loop->body;
    for (int i = 0; i < old->each.count; i++) {
        const rn__pair *p = rn__list_at(old->each, rn__pair, i);
        if (!s->b.body->live[p->leaf]) continue;
        stack[p->leaf] =
            rn__loop_each(s->loop, in_blocks(s, s->b.outer->to[p->outer]), "scan");
        if (rn_is_null(stack[p->leaf])) return false;
    }
    if (old->index < 0 || !s->b.body->live[old->index]) return true;
    const rn_tensor first = rn_scale(rn_loop_index(s->loop), (double)old->steps);
    stack[old->index] = rn_add(rn_range(s->b.to->root, old->steps), first);
    return !rn_is_null(stack[old->index]);
}

/* A stack of all steps, from those of the blocks. */
static rn_tensor stack_of(const rn__scan *s, rn_tensor of_block)
{
    return in_steps(s, rn__loop_get(s->loop, RN__COLLECT, of_block.id));
}

/* The history of a carry, from the values after the steps of the blocks. */
static bool end_carry(rn__scan *s, int i)
{
    rn__region *body = s->b.body;
    const rn__carry *c = rn__list_at(s->b.old->carry, rn__carry, i);
    const bool reverse = s->b.old->reverse;
    rn_tensor all[2];

    body->total[i] = rn__loop_get(s->loop, RN__FINAL, s->leaf[i].id);
    if (rn__scan_is_sum(s, i) || rn_is_null(s->after[i]))
        return !rn_is_null(body->total[i]);
    body->slots[!reverse][i] = stack_of(s, s->after[i]);
    all[reverse] = rn_expand(s->b.outer->to[c->initial], 0);
    all[!reverse] = body->slots[!reverse][i];
    body->history[i] = rn_concat(all, 2, 0);
    return !rn_is_null(body->history[i]);
}

/* Ends the loop over blocks; its outputs become those of the old loop. */
static bool end_blocks(rn__scan *s)
{
    const rn_loop *old = s->b.old;
    rn__region *body = s->b.body;

    for (int i = 0; i < old->carry.count; i++)
        if (body->carried[i]) rn_loop_next(s->loop, s->leaf[i], body->total[i]);
    if (!rn_loop_end(s->loop)) return false;
    for (int i = 0; i < old->carry.count; i++)
        if (body->carried[i] && !end_carry(s, i)) return false;
    for (int i = 0; i < old->output.count; i++) {
        const int32_t id = collected(s, i);
        if (id < 0 || s->want[id]) continue;
        s->want[id] = true; /* it may be there twice */
        body->stack[id] = stack_of(s, body->stack[id]);
        if (rn_is_null(body->stack[id])) return false;
    }
    return true;
}

/* ---- the loop ---- */

static rn_tensor *tensors(const rn__scan *s, int32_t count)
{
    return (rn_tensor *)rn__arena_new(&s->b.pass->arena, (size_t)count * sizeof(rn_tensor));
}

static bool prepare(rn__scan *s)
{
    const int32_t nodes = s->b.old->body->count, carries = s->b.old->carry.count;
    rn__region *body = s->b.body;

    body->stack = tensors(s, nodes);
    body->total = tensors(s, carries);
    body->history = tensors(s, carries);
    if (s->blocks > 1 && !(body->slots[!s->b.old->reverse] = tensors(s, carries)))
        return false;
    s->leaf = tensors(s, carries);
    s->states = tensors(s, carries);
    s->after = tensors(s, carries);
    s->b.view = tensors(s, nodes);
    s->b.sum = tensors(s, nodes);
    memset(s->b.h.viewed, 0, (size_t)nodes * sizeof *s->b.h.viewed);
    return body->stack && body->total && body->history && s->leaf && s->states &&
           s->after && s->b.view && s->b.sum;
}

static bool build(rn__scan *s, rn_graph *to)
{
    if (s->blocks > 1 && !begin_blocks(s, to)) return false;
    rn__scan_find_ranges(s);
    if (!rn__scan_rounds(s)) return false;
    if (!make_outputs(s)) return false;
    if (s->blocks > 1) return end_blocks(s);
    for (int i = 0; i < s->b.old->carry.count; i++) s->b.body->history[i] = s->states[i];
    return true;
}

static bool no_memory(rn_graph *to)
{
    rn__no_memory(to);
    return false;
}

/* A loop in segments as it is, and what it holds: it was asked for little memory. */
static bool copy_segments(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                          rn_graph *to)
{
    const rn__copy_loop_hook hook = pass->loop;

    pass->loop = NULL;
    const bool ok = rn__copy_loop(pass, outer, node, to);
    pass->loop = hook;
    return ok;
}

static bool scan_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                      rn_graph *to, bool hoisted)
{
    rn__region *body = rn__copy_region(pass, node->loop->body);
    rn__scan s = {.hoisted = hoisted, .one = *node->loop};

    s.b =
        (rn__hoisting){.pass = pass, .outer = outer, .body = body, .old = &s.one, .to = to};
    s.b.h = (rn__hoist){.outer = outer, .body = body, .loop = node->loop};
    if (node->loop->blocks) return rn__copy_loop(pass, outer, node, to);
    if (node->loop->segments) return copy_segments(pass, outer, node, to);
    if (!rn__hoist_classify(&s.b.h, &pass->arena)) return no_memory(to);
    if (!rn__scan_begin(&s, &pass->arena)) return no_memory(to);
    const int64_t steps = rn__scan_possible(&s) ? rn__scan_block(&s) : 0;
    if (steps == 0) return rn__copy_loop(pass, outer, node, to);
    s.blocks = s.one.steps / steps;
    s.one.steps = steps;
    return prepare(&s) ? build(&s, to) : no_memory(to);
}

static bool scan_whole_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                            rn_graph *to)
{
    return scan_loop(pass, outer, node, to, true);
}

static bool scan_blocks(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                        rn_graph *to)
{
    return scan_loop(pass, outer, node, to, false);
}

/* Slots of a history that is in blocks need not be cut out of it. */
static rn_tensor scan_node(rn__copy_pass *pass, const rn__node *node, const rn_tensor *in)
{
    const rn__node *from = node->op->view ? rn__at(pass->at->graph, node->in[0]) : NULL;

    if (from && from->op == &rn__op_get) {
        const rn__get *get = (const rn__get *)from->attributes;
        const rn__region *body = rn__copy_region(pass, from->loop->body);
        const int slot = get->kind == RN__HISTORY ? rn__history_slots(node, from) : -1;
        if (slot >= 0 && body && body->slots[slot])
            return body->slots[slot][rn__carry_of(from->loop, (int32_t)get->id)];
    }
    return rn__simplified(pass, node, in);
}

bool rn__scan_possible_in(const rn_graph *graph)
{
    for (const rn_graph *g = graph->bodies; g; g = g->next_body)
        if (g->loop->ended && g->loop->carry.count > 0) return true;
    return false;
}

bool rn__scan_loops(rn__copy_pass *pass, const int32_t *roots, int count, bool hoisted)
{
    pass->loop = hoisted ? scan_whole_loop : scan_blocks;
    pass->node = scan_node;
    return rn__simplify(pass, roots, count);
}
