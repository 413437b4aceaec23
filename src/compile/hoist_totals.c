/* SPDX-License-Identifier: MIT */
/* Builds the sums over the steps that carries are, after the loop. */
#include "compile/hoisting.h"
#include "ops/op.h"
#include "rondo/ops.h"

/* The sum over the steps of a value that is the same in every step, added step by step as
 * the loop would; with a limit, a multiple. */
static rn_tensor sum_of_same(const rn__hoisting *b, rn_tensor x)
{
    if (b->old->limit >= 0) return rn_mul(x, rn_cast(rn__hoist_limit(b), rn_type_get(x)));

    const rn_shape shape = rn_shape_get(x), flat = {2, {1, rn_shape_count(shape)}};
    const rn_shape stack = {2, {b->old->steps, flat.size[1]}};

    return rn_reshape(rn_sum_axis(rn_broadcast(rn_reshape(x, flat), stack), 0), shape);
}

static rn_tensor sum_of_product(const rn__hoisting *b, const rn__node *node)
{
    rn__batched in[RN__BATCH_INPUTS];

    for (int i = 0; i < node->inputs; i++) in[i] = rn__hoist_operand(b, node->in[i]);
    if (b->to->root->failed) return rn_null();
    const rn_tensor y = rn__batch_sum(b->to, b->old->body, node, in, b->old->steps);
    const uint32_t operands = (1u << node->inputs) - 1;
    return rn__hoist_has_rows(&b->h, node->in[0])
               ? rn__hoist_limit_rows(&b->h, b->to, y, operands, true)
               : rn__hoist_limited(b, y, operands);
}

/* Whether the sum of a node of an increment's tree is computed from those of its
 * operands. */
bool rn__hoist_sums_operands(const rn__hoisting *b, int32_t id)
{
    const rn__node *node = rn__at(b->old->body, id);

    return (node->op->flags & RN_OP_ADDITIVE) && rn__op_kind(node->op) != RN_KIND_REDUCTION;
}

/* Whether the sum of a node is one product, or sum, over all steps. */
bool rn__hoist_sums_whole(const rn__hoisting *b, int32_t id)
{
    return b->h.in_sum[id] && rn__hoist_product(&b->h, id);
}

/* The sum of a node over the steps. The sums of its operands exist already if needed. */
static rn_tensor sum_of_node(const rn__hoisting *b, int32_t id)
{
    const rn__node *node = rn__at(b->old->body, id);

    if (rn__hoist_sums_whole(b, id)) return sum_of_product(b, node);
    if (rn__hoist_sums_operands(b, id)) {
        rn_tensor in[RN__BATCH_INPUTS];
        for (int i = 0; i < node->inputs; i++) in[i] = b->sum[node->in[i]];
        return rn_apply(node->op, in, node->inputs, node->attributes, node->attribute_size);
    }
    const rn__batched x = rn__hoist_operand(b, id);
    /* A sum over axes stays in the body. Its stack is collected by the loop, with zeros
     * past a limit. */
    return x.stacked ? rn__hoist_limited(b, rn_sum_axis(x.x, 0), 1) : sum_of_same(b, x.x);
}

/* An operand whose sum must be built before that of the node; -1 if there is none. */
static int32_t missing_sum(const rn__hoisting *b, int32_t id)
{
    const rn__node *node = rn__at(b->old->body, id);

    if (!rn__hoist_sums_operands(b, id) || rn__hoist_sums_whole(b, id)) return -1;
    for (int i = node->inputs - 1; i >= 0; i--)
        if (rn_is_null(b->sum[node->in[i]])) return node->in[i];
    return -1;
}

rn_tensor rn__hoist_sum(rn__hoisting *b, int32_t id)
{
    int32_t count = 0, *stack = b->h.stack;

    if (rn_is_null(b->sum[id])) stack[count++] = id;
    while (count > 0) {
        const int32_t top = stack[count - 1], missing = missing_sum(b, top);
        if (missing >= 0) {
            stack[count++] = missing;
            continue;
        }
        b->sum[top] = sum_of_node(b, top);
        if (rn_is_null(b->sum[top])) return rn_null();
        count--;
    }
    return b->sum[id];
}

bool rn__hoist_totals(rn__hoisting *b)
{
    for (int i = 0; i < b->old->carry.count; i++) {
        const rn__carry *c = rn__list_at(b->old->carry, rn__carry, i);
        if (!b->h.summed[i]) continue;
        b->body->total[i] = rn_add(b->outer->to[c->initial],
                                   rn__hoist_sum(b, rn__hoist_increment(b->old, i)));
        if (rn_is_null(b->body->total[i])) return false;
    }
    return true;
}
