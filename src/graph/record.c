/* SPDX-License-Identifier: MIT */
/* Properties of an operator, from its record. */
#include "graph/node.h"

/* Whether some type has a map, or a kernel. */
static bool has_maps(const rn_op *op)
{
    for (int i = 0; i < RN_TYPES; i++)
        if (op->map[i]) return true;
    return false;
}

static bool has_kernels(const rn_op *op)
{
    for (int i = 0; i < RN_TYPES; i++)
        if (op->kernel[i]) return true;
    return false;
}

rn_op_kind rn__op_kind(const rn_op *op)
{
    if (op->kind != RN_KIND_BY_CODE) return op->kind;
    if (op->view) return RN_KIND_VIEW;
    return has_maps(op) && !has_kernels(op) ? RN_KIND_ELEMENTWISE : RN_KIND_BY_CODE;
}

bool rn__op_maps(const rn_op *op, rn_type variant)
{
    return rn__is_elementwise(op) || op->map[variant];
}

bool rn__op_takes(const rn_op *op, rn_type variant)
{
    if (op->types) return (op->types >> variant & 1) != 0;
    return op->view || op->map[variant] || op->kernel[variant];
}

const char *rn__op_fault(const rn_op *op)
{
    if ((int)op->kind < 0 || op->kind > RN_KIND_RANDOM) return "no such kind";
    if (op->kind == RN_KIND_ELEMENTWISE && has_kernels(op))
        return "it is element-wise, but has a kernel";
    if (op->kind == RN_KIND_VIEW && !op->view) return "it is a view, but has no view rule";
    if (op->view && rn__op_kind(op) != RN_KIND_VIEW)
        return "it has a view rule, but its kind is not view";
    if (op->part && op->inputs != 1) return "it has a part rule, but not one operand";
    if ((op->flags & RN_OP_CHOOSES) && (op->inputs != 3 || !rn__is_elementwise(op)))
        return "it has RN_OP_CHOOSES, but is not element-wise with three operands";
    return NULL;
}

/* The neutral element n of an additive f is 0: x = f(x, n) = f(x, 0) + f(0, n) gives f(0,
 * n) = 0 at x = 0. So f(x, y) = f(x, 0) + f(0, y) = x + y. */
bool rn__op_adds(const rn_op *op)
{
    const unsigned flags = RN_OP_ADDITIVE | RN_OP_NEUTRAL_RIGHT | RN_OP_NEUTRAL_LEFT;

    return op->inputs == 2 && rn__is_elementwise(op) && (op->flags & flags) == flags;
}

bool rn__op_multiplies(const rn_op *op)
{
    const unsigned flags = RN_OP_NEUTRAL_RIGHT | RN_OP_NEUTRAL_LEFT;

    return op->inputs == 2 && rn__is_elementwise(op) && (op->flags & flags) == flags &&
           op->linear == 3;
}

int rn__node_joins(const rn_graph *graph, const rn__node *node)
{
    int64_t size = 0;
    int axis = -1;

    if (!(node->op->flags & RN_OP_JOINS) || node->inputs < 2) return -1;
    const rn_shape first = rn__at(graph, node->in[0])->shape;
    for (int i = 0; i < node->shape.rank && first.rank == node->shape.rank; i++)
        if (first.size[i] != node->shape.size[i]) axis = i;
    for (int i = 0; axis >= 0 && i < node->inputs; i++) {
        rn_shape part = rn__at(graph, node->in[i])->shape;
        if (part.rank != node->shape.rank || rn_shape_count(part) == 0) return -1;
        size += part.size[axis];
        part.size[axis] = node->shape.size[axis];
        if (!rn_shape_equal(part, node->shape)) return -1;
    }
    return axis >= 0 && size == node->shape.size[axis] ? axis : -1;
}

bool rn__op_divides(const rn_op *op, const rn_call *call, int axis, int *cut)
{
    const rn_array *y = call->out;

    if (!rn__is_elementwise(op)) return op->divide && op->divide(call, axis, cut);
    for (int i = 0; i < call->inputs; i++) cut[i] = rn__axis_under(&call->in[i], y, axis);
    return true;
}

int rn__axis_under(const rn_array *x, const rn_array *y, int axis)
{
    const int of_x = axis - (y->rank - x->rank);

    return of_x < 0 || x->size[of_x] == 1 ? -1 : of_x;
}
