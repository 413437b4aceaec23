/* SPDX-License-Identifier: MIT */
/*
 * Hoist: rebuilds a loop without the nodes that leave it (see hoist_classify.c).
 *
 * A node that moves before the loop becomes a stack, which the steps read. A node that
 * moves after the loop is computed from stacks that the loop collects. If the loop has a
 * limit, so have the nodes that leave it.
 */
#include "compile/hoisting.h"

#include "compile/passes.h"
#include "graph/loop.h"
#include "ops/op.h"
#include "rondo/ops.h"

/* The limit of the loop, in the graph that it is rebuilt in; null: none. */
rn_tensor rn__hoist_limit(const rn__hoisting *b)
{
    return b->old->limit < 0 ? rn_null()
                             : rn__adopt(b->to, b->outer->to[b->old->limit], "hoist");
}

/* Sets the limit of a node for all steps: `operands` are bits, the result is one more. A
 * view needs no limit, because it computes nothing. */
rn_tensor rn__hoist_limited(const rn__hoisting *b, rn_tensor y, uint32_t operands)
{
    const rn_tensor limit = rn__hoist_limit(b);

    if (!rn_is_null(limit) && !rn_is_null(y) && !rn__node_of(y)->op->view)
        rn__node_of(y)->limit = (rn__limit){limit.id, operands, b->old->steps, -1, 0, -1};
    return y;
}

/* A stack that the loop collects, with zeros past the limit. */
static rn_tensor collected(const rn__hoisting *b, rn_tensor y)
{
    rn_shape shape = {.rank = rn_rank(y)};

    for (int i = 0; i < shape.rank; i++) shape.size[i] = i ? 1 : b->old->steps;
    const rn_tensor runs = rn_less(rn_range(b->to, b->old->steps), rn__hoist_limit(b));
    return rn_where(rn_reshape(runs, shape), y, rn_constant_like(y, 0));
}

static bool is_collected(const rn__hoisting *b, int32_t id)
{
    const int32_t get = rn__loop_find_get(b->old, RN__COLLECT, id);

    return get >= 0 && b->outer->live[get];
}

/* A leaf or node of the body, for all steps. */
static rn__batched value_in_all_steps(const rn__hoisting *b, int32_t id)
{
    const rn__node *node = rn__at(b->old->body, id);

    if (!rn_is_null(b->body->stack[id])) return (rn__batched){b->body->stack[id], true};
    if (node->op == &rn__op_index)
        return (rn__batched){rn_range(b->to, b->old->steps), true};
    const bool each = node->op == &rn__op_each;
    const rn__pair *p = NULL;
    if (each || node->op == &rn__op_capture)
        p = rn__pair_of(each ? &b->old->each : &b->old->capture, id);
    if (p && p->slots == RN__SLOTS_SORTED)
        return (rn__batched){rn__hoist_pack(&b->h, b->to, b->outer->to[p->outer]), true};
    if (p) return (rn__batched){b->outer->to[p->outer], each};
    const rn_tensor x = b->body->to[id];
    if (!b->loop || rn_is_null(x))
        return (rn__batched){rn_fail(b->to, "hoist: no value for node %d", (int)id), false};
    if (x.graph != b->loop->body) return (rn__batched){x, false};
    if (node->op != &rn__op_carry)
        return (rn__batched){rn__loop_get(b->loop, RN__COLLECT, x.id), true};
    const int64_t first = b->old->reverse ? 1 : 0;
    const rn_tensor history = rn__loop_get(b->loop, RN__HISTORY, x.id);
    const rn_tensor slots = rn_slice(history, 0, first, first + b->old->steps, 1);
    return (rn__batched){
        rn__hoist_has_rows(&b->h, id) ? rn__hoist_pack(&b->h, b->to, slots) : slots, true};
}

/* The same, where the node is a view of one. */
static rn__batched in_all_steps(const rn__hoisting *b, int32_t id)
{
    const rn__node *node = rn__at(b->old->body, id);

    if (!b->h.viewed[id]) return value_in_all_steps(b, id);
    if (rn_is_null(b->view[id])) {
        const rn__batched in = value_in_all_steps(b, node->in[0]);
        if (!rn_is_null(in.x))
            b->view[id] = rn__batch(b->to, b->old->body, node, &in, b->old->steps);
    }
    return (rn__batched){b->view[id], !rn_is_null(b->view[id])};
}

static uint32_t stacked(const rn__batched *in, int inputs)
{
    uint32_t operands = 1u << inputs;

    for (int i = 0; i < inputs; i++) operands |= in[i].stacked ? 1u << i : 0;
    return operands;
}

/* The same as an operand of a batched operator. With a limit the operator stays in the
 * graph of the limit, even if its operands are further out. */
rn__batched rn__hoist_operand(const rn__hoisting *b, int32_t id)
{
    rn__batched x = in_all_steps(b, id);

    if (b->old->limit >= 0 && x.stacked) x.x = rn__adopt(b->to, x.x, "hoist");
    return x;
}

/* Builds the stacks of all nodes that move before, or after, the loop. */
static bool make_stacks(rn__hoisting *b, rn__hoist_target target)
{
    for (int32_t id = 0; id < b->old->body->count; id++) {
        const rn__node *node = rn__at(b->old->body, id);
        if (b->h.target[id] != target) continue;
        rn__batched *in = (rn__batched *)rn__arena_new(&b->pass->arena,
                                                       (size_t)node->inputs * sizeof *in);
        if (!in) {
            rn__no_memory(b->to);
            return false;
        }
        for (int i = 0; i < node->inputs; i++) in[i] = rn__hoist_operand(b, node->in[i]);
        if (b->to->root->failed) return false;
        const int32_t before = b->to->count;
        b->body->stack[id] = rn__batch(b->to, b->old->body, node, in, b->old->steps);
        const bool rows = rn__hoist_has_rows(&b->h, id);
        if (rows && b->body->stack[id].id >= before)
            rn__hoist_limit_rows(&b->h, b->to, b->body->stack[id],
                                 stacked(in, node->inputs), false);
        else if (b->body->stack[id].id >= before)
            rn__hoist_limited(b, b->body->stack[id], stacked(in, node->inputs));
        if (rn_is_null(b->body->stack[id])) return false;
        if (!rows && b->old->limit >= 0 && is_collected(b, id) &&
            rn__node_of(b->body->stack[id])->limit.id < 0)
            b->body->stack[id] = collected(b, b->body->stack[id]);
    }
    return true;
}

/* A node that moved before the loop and is read in it becomes a step input. */
static bool read_stacks(rn__hoisting *b)
{
    for (int32_t id = 0; id < b->old->body->count; id++) {
        if (b->h.target[id] != RN__BEFORE || !b->h.inside[id]) continue;
        b->body->to[id] = rn__loop_each(b->loop, b->body->stack[id], "hoist");
        if (rn_is_null(b->body->to[id])) return false;
        if (rn__hoist_has_rows(&b->h, id))
            rn__pair_of(&b->loop->each, b->body->to[id].id)->slots = RN__SLOTS_PACKED;
    }
    return true;
}

/* ---- the loop ---- */

static rn_tensor *tensors(const rn__hoisting *b, int32_t count)
{
    return (rn_tensor *)rn__arena_new(&b->pass->arena, (size_t)count * sizeof(rn_tensor));
}

/* Marks the carries that sums replace, so that they are not rebuilt. */
static bool prepare(rn__hoisting *b)
{
    const int32_t nodes = b->old->body->count;

    b->body->stack = tensors(b, nodes);
    b->body->total = tensors(b, b->old->carry.count);
    b->sum = tensors(b, nodes);
    b->view = tensors(b, nodes);
    if (!b->body->stack || !b->body->total || !b->sum || !b->view) return false;
    for (int i = 0; i < b->old->carry.count; i++)
        if (b->h.summed[i])
            b->body->total[i] =
                b->outer->to[rn__list_at(b->old->carry, rn__carry, i)->initial];
    return true;
}

static bool rebuild(rn__hoisting *b, const rn__node *node)
{
    if (!make_stacks(b, RN__BEFORE)) return false;
    b->loop = rn__copy_loop_begin(b->outer, node, b->to);
    if (!b->loop) return false;
    for (int32_t id = 0; id < b->old->body->count; id++)
        b->body->live[id] = b->h.inside[id] && b->h.target[id] == RN__STAYS;
    return rn__copy_leaves(b->outer, b->body, b->old, b->loop) && read_stacks(b) &&
           rn__copy_body(b->pass, b->body, b->loop->body) &&
           rn__copy_loop_end(b->outer, b->body, b->old, b->loop) &&
           make_stacks(b, RN__AFTER) && rn__hoist_totals(b);
}

static bool hoist_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                       rn_graph *to)
{
    rn__region *body = rn__copy_region(pass, node->loop->body);
    rn__hoisting b = {
        .pass = pass, .outer = outer, .body = body, .old = node->loop, .to = to};

    if (node->loop->segments || node->loop->blocks)
        return rn__copy_loop(pass, outer, node, to);
    b.h = (rn__hoist){.outer = outer, .body = body, .loop = node->loop};
    if (!rn__hoist_classify(&b.h, &pass->arena)) {
        rn__no_memory(to);
        return false;
    }
    if (!b.h.any) return rn__copy_loop(pass, outer, node, to);
    if (prepare(&b)) return rebuild(&b, node);
    rn__no_memory(to);
    return false;
}

bool rn__hoist_loops(rn__copy_pass *pass, const int32_t *roots, int count)
{
    pass->loop = hoist_loop;
    return rn__simplify(pass, roots, count);
}
