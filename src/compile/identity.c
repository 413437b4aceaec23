/* SPDX-License-Identifier: MIT */
/*
 * Identities: operators whose result is an operand, by the neutral elements and flags of
 * their records.
 *
 *   x + 0, x - 0, x 1, x / 1 = x        - -x = x         a view that changes nothing = x
 *
 * Only identities that hold for NaN and infinities; x 0 = 0 does not. (x + 0 changes -0 to
 * 0.)
 */
#include "compile/passes.h"

/* Whether x, or the tensor that it is a view of, is a constant of this value. */
static bool is_value(rn_tensor x, double value)
{
    while (rn__node_of(x)->op->view) x = rn__tensor(x.graph, rn__node_of(x)->in[0]);
    return rn__node_of(x)->op == &rn__op_scalar &&
           *(const double *)rn__node_of(x)->attributes == value;
}

/* x, if an operation on x and y has the shape of x and y is `neutral`. */
static rn_tensor neutral_to(rn_tensor x, rn_tensor y, double neutral)
{
    rn_shape both;

    if (!is_value(y, neutral)) return rn_null();
    if (!rn_shape_broadcast(rn_shape_get(x), rn_shape_get(y), &both)) return rn_null();
    return rn_shape_equal(both, rn_shape_get(x)) ? x : rn_null();
}

/* Whether a view of x is x itself: the same elements in the same order. */
static bool changes_nothing(const rn__node *node, rn_tensor x)
{
    const rn_shape shape = rn_shape_get(x);
    rn_array in, out;
    int64_t offset;

    if (node->type != rn_type_get(x) || !rn_shape_equal(node->shape, shape)) return false;
    if (!rn__view_of_dense(node, node->type, shape, &in, &out, &offset)) return false;
    for (int i = 0; i < shape.rank; i++)
        if (shape.size[i] > 1 && in.stride[i] != out.stride[i]) return false;
    return true;
}

rn_tensor rn__identity(const rn__node *node, const rn_tensor *in)
{
    const rn_op *op = node->op;
    rn_tensor y = rn_null();

    if (op->view) return changes_nothing(node, in[0]) ? in[0] : y;
    if ((op->flags & RN_OP_NEUTRAL_RIGHT) && node->inputs == 2)
        y = neutral_to(in[0], in[1], op->neutral);
    if ((op->flags & RN_OP_NEUTRAL_LEFT) && node->inputs == 2 && rn_is_null(y))
        y = neutral_to(in[1], in[0], op->neutral);
    if ((op->flags & RN_OP_INVOLUTION) && rn__node_of(in[0])->op == op)
        y = rn__tensor(in[0].graph, rn__node_of(in[0])->in[0]);
    return y;
}
