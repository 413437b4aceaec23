/* SPDX-License-Identifier: MIT */
/* Functions that batch rules share: stacks over the steps of a loop. */
#include "ops/op.h"

rn_shape rn__stack_shape(int64_t steps, rn_shape shape)
{
    rn_shape out = {.rank = shape.rank + 1, .size = {steps}};

    for (int i = 0; i < shape.rank; i++) out.size[i + 1] = shape.size[i];
    return out;
}

/* The stack's elements as [T, 1, .., shape], `rank` axes after T. */
static rn_tensor aligned(rn_tensor stack, rn_shape shape, int rank)
{
    rn_shape out = {.rank = rank + 1, .size = {rn_size(stack, 0)}};
    const int missing = rank - shape.rank;

    for (int i = 0; i < rank; i++)
        out.size[i + 1] = i < missing ? 1 : shape.size[i - missing];
    return rn_reshape(stack, out);
}

rn_tensor rn_batch_leading(const rn_batching *b)
{
    rn_tensor x[RN_RANK_MAX];

    if (!b || !b->x || b->inputs < 1) return rn_null();
    if (!b->op || !b->stacked || !b->in_shape)
        return rn_fail(b->x[0].graph, "batch_leading: op, stacked or in_shape is missing");
    if (b->inputs > RN_RANK_MAX)
        return rn__op_refuse(b->op, b->x, b->inputs, "too many operands for a loop");
    for (int i = 0; i < b->inputs; i++) {
        const int rank = b->in_shape[i].rank;
        if (rank < 0 || rank > b->shape.rank || b->shape.rank >= RN_RANK_MAX)
            return rn__op_refuse(b->op, b->x, b->inputs,
                                 "a result of %d axes of an operand of %d", b->shape.rank,
                                 rank);
    }
    for (int i = 0; i < b->inputs; i++)
        x[i] = b->stacked[i] ? aligned(b->x[i], b->in_shape[i], b->shape.rank) : b->x[i];
    return rn_apply(b->op, x, b->inputs, b->attributes, b->attribute_size);
}
