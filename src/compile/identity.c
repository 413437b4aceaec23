/* SPDX-License-Identifier: MIT */
/*
 * Identities: operators that give back an operand.
 *
 *   x + 0, x - 0, x 1, x / 1 = x        - -x = x         a view that changes nothing = x
 *
 * Only what holds for NaN and infinity too; x 0 = 0 does not. (The zero of x + 0 loses a
 * sign.)
 */
#include "op.h"
#include "passes.h"

/* Whether x is this value in every element. */
static bool is_value(rn_tensor x, double value)
{
    while (rn__node_of(x)->op == &rn__op_broadcast)
        x = rn__tensor(x.graph, rn__node_of(x)->in[0]);
    return rn__node_of(x)->op == &rn__op_scalar &&
           *(const double *)rn__node_of(x)->attributes == value;
}

/* x, when an operation of x and y has the shape of x and y is `neutral`. */
static rn_tensor neutral_to(rn_tensor x, rn_tensor y, double neutral)
{
    rn_shape both;

    if (!is_value(y, neutral)) return rn_null();
    if (!rn_shape_broadcast(rn_shape_get(x), rn_shape_get(y), &both)) return rn_null();
    return rn_shape_equal(both, rn_shape_get(x)) ? x : rn_null();
}

static rn_tensor either(const rn_tensor *in, double neutral)
{
    const rn_tensor x = neutral_to(in[0], in[1], neutral);

    return rn_is_null(x) ? neutral_to(in[1], in[0], neutral) : x;
}

static bool same_order(const rn__node *node)
{
    const int64_t *order = (const int64_t *)node->attributes;

    for (int i = 0; i < node->shape.rank; i++)
        if (order[i] != i) return false;
    return true;
}

rn_tensor rn__identity(const rn__node *node, const rn_tensor *in)
{
    const rn_op *op = node->op;

    if (op == &rn__op_add) return either(in, 0);
    if (op == &rn__op_mul) return either(in, 1);
    if (op == &rn__op_sub) return neutral_to(in[0], in[1], 0);
    if (op == &rn__op_div) return neutral_to(in[0], in[1], 1);
    if (op == &rn__op_neg && rn__node_of(in[0])->op == &rn__op_neg)
        return rn__tensor(in[0].graph, rn__node_of(in[0])->in[0]);
    if (op == &rn__op_stop_gradient) return in[0];
    if (op == &rn__op_reshape || op == &rn__op_broadcast || op == &rn__op_slice ||
        op == &rn__op_pad)
        return rn_shape_equal(node->shape, rn_shape_get(in[0])) ? in[0] : rn_null();
    if (op == &rn__op_permute && same_order(node)) return in[0];
    return rn_null();
}
