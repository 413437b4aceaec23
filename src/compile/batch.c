/* SPDX-License-Identifier: MIT */
/* Operators over all steps at once. */
#include "batch.h"

#include "op.h"
#include "reduce.h"
#include "table.h"

#include <string.h>

/* An element-wise operator broadcasts, so a stack only needs axes of size 1 behind its
 * first. */
static bool elementwise(const rn__node *node)
{
    return rn__op_code(node->op, node->variant).map != NULL;
}

static bool reduction(const rn_op *op)
{
    return op == &rn__op_sum || op == &rn__op_mean || op == &rn__op_mean_square ||
           op == &rn__op_rescale;
}

bool rn__batch_known(const rn__node *node)
{
    const rn_op *op = node->op;

    if (node->inputs == 0 || node->shape.rank == RN_RANK_MAX) return false;
    if (op->flags & RN_OP_IMPURE) return false;
    return elementwise(node) || op == &rn__op_matmul || op == &rn__op_reshape ||
           op == &rn__op_broadcast || op == &rn__op_permute || reduction(op);
}

/* T in front of a shape, with axes of size 1 up to `rank` axes after T. */
static rn_shape with_steps(int64_t steps, rn_shape shape, int rank)
{
    rn_shape out = {.rank = rank + 1};

    out.size[0] = steps;
    for (int i = 0; i < rank; i++) {
        const int from = i - (rank - shape.rank);
        out.size[i + 1] = from < 0 ? 1 : shape.size[from];
    }
    return out;
}

/* The stack's elements as [T, 1, .., shape]. */
static rn_tensor padded(rn_tensor stack, int64_t steps, int rank)
{
    rn_shape shape = rn_shape_get(stack);

    shape = rn_shape_of(shape.rank - 1, shape.size + 1);
    return rn_reshape(stack, with_steps(steps, shape, rank));
}

static rn_tensor batch_permute(const rn__node *node, rn_tensor stack)
{
    const int64_t *from = (const int64_t *)node->attributes;
    int order[RN_RANK_MAX] = {0};

    for (int i = 0; i < node->shape.rank; i++) order[i + 1] = (int)from[i] + 1;
    return rn_permute(stack, order);
}

/* Attributes that begin with those of a reduction: each axis is the next one now. */
static rn_tensor batch_reduction(const rn__node *node, rn_tensor stack)
{
    int64_t attributes[4] = {0};

    if (node->attribute_size > sizeof attributes)
        return rn_fail(stack.graph, "hoist: too many attributes: %s", node->op->name);
    memcpy(attributes, node->attributes, node->attribute_size);
    ((rn__reduce_attributes *)attributes)->axes *= 2;
    return rn_apply(node->op, &stack, 1, attributes, node->attribute_size);
}

rn_tensor rn__batch(rn_graph *to, const rn__node *node, const rn__batched *in,
                    int64_t steps)
{
    const rn_op *op = node->op;
    const int rank = node->shape.rank;
    rn_tensor x[RN_RANK_MAX];

    if (op == &rn__op_reshape)
        return rn_reshape(in[0].x, with_steps(steps, node->shape, rank));
    if (op == &rn__op_permute) return batch_permute(node, in[0].x);
    if (reduction(op)) return batch_reduction(node, in[0].x);
    if (op == &rn__op_broadcast)
        return rn_broadcast(padded(in[0].x, steps, rank),
                            with_steps(steps, node->shape, rank));
    if (node->inputs > RN_RANK_MAX)
        return rn_fail(to, "hoist: %s of %d operands", op->name, node->inputs);
    for (int i = 0; i < node->inputs; i++) {
        /* A stacked factor of a product keeps its rank when the other has no leading
         * axes. */
        x[i] = in[i].stacked ? padded(in[i].x, steps, rank) : in[i].x;
    }
    return rn_apply(op, x, node->inputs, node->attributes, node->attribute_size);
}

/* ---- sums over the steps ---- */

/* sum over t of x(t)' y(t), x [T, B, M], y [T, B, N]: the rows of all steps, one below the
 * other, are the two factors of one product. */
static rn_tensor rows(rn_tensor stack)
{
    const rn_shape s = rn_shape_get(stack);
    const int64_t size[2] = {s.size[0] * s.size[1], s.size[2]};

    return rn_reshape(stack, rn_shape_of(2, size));
}

rn_tensor rn__batch_sum_of_products(const rn__batched *in)
{
    return rn_matmul_transposed(rows(in[0].x), rows(in[1].x), RN_TRANSPOSE_X);
}
