/* SPDX-License-Identifier: MIT */
/*
 * Applying an operator to all steps at once: the stack [T, ...] of its results from the
 * stacks of its operands.
 */
#ifndef RN_COMPILE_BATCH_H
#define RN_COMPILE_BATCH_H

#include "graph/node.h"

/* An operand: a stack over the steps, or the same value for all of them. */
typedef struct rn__batched {
    rn_tensor x;
    bool stacked;
} rn__batched;

enum { RN__BATCH_INPUTS = 8 }; /* operands of a node that may leave a loop */

/* Whether this node has a batch rule that applies. */
bool rn__batch_known(const rn__node *node);

/* The stack of the results of a node of the body, in the graph `to`. At least one operand
 * is stacked. */
rn_tensor rn__batch(rn_graph *to, const rn_graph *body, const rn__node *node,
                    const rn__batched *in, int64_t steps);

/* Whether the sum of a node's results over the steps is a single node, and that node. */
bool rn__batch_sums(const rn_graph *body, const rn__node *node);
rn_tensor rn__batch_sum(rn_graph *to, const rn_graph *body, const rn__node *node,
                        const rn__batched *in, int64_t steps);

#endif
