/* SPDX-License-Identifier: MIT */
/*
 * Doing an operator for all steps at once: the stack [T, ...] of its results from the
 * stacks of its operands.
 */
#ifndef RN_COMPILE_BATCH_H
#define RN_COMPILE_BATCH_H

#include "node.h"

/* An operand: a stack over the steps, or the same value for all of them. */
typedef struct rn__batched {
    rn_tensor x;
    bool stacked;
} rn__batched;

/* Whether there is a way for this node. */
bool rn__batch_known(const rn__node *node);

/* The stack of the node's results; at least one operand is stacked. */
rn_tensor rn__batch(rn_graph *to, const rn__node *node, const rn__batched *in,
                    int64_t steps);

/* sum over t of x(t)' y(t) from the stacks of x [T, B, M] and y [T, B, N], as one
 * product. */
rn_tensor rn__batch_sum_of_products(const rn__batched *in);

#endif
