/* SPDX-License-Identifier: MIT */
/* A loop that is rebuilt without the nodes that leave it. */
#ifndef RN_COMPILE_HOISTING_H
#define RN_COMPILE_HOISTING_H

#include "compile/batch.h"
#include "compile/hoist.h"

typedef struct rn__hoisting {
    rn__hoist h;
    rn__copy_pass *pass;
    rn__region *outer, *body;
    const rn_loop *old;
    rn_loop *loop; /* NULL until rebuilt */
    rn_graph *to;
    rn_tensor *view; /* by node: its stack, as a view */
    rn_tensor *sum;  /* by node: its sum over the steps, once built */
} rn__hoisting;

/* The limit of the loop, in the graph that it is rebuilt in; null: none. */
rn_tensor rn__hoist_limit(const rn__hoisting *b);

/* Sets the limit of a node for all steps: `operands` are bits, the result is one more. A
 * view needs no limit, because it computes nothing. */
rn_tensor rn__hoist_limited(const rn__hoisting *b, rn_tensor y, uint32_t operands);

/* A leaf or node of the body for all steps, as an operand. With a limit the operator stays
 * in the graph of the limit, even if its operands are further out. */
rn__batched rn__hoist_operand(const rn__hoisting *b, int32_t id);

/* hoist_totals.c: the final values of the carries that are sums. */
bool rn__hoist_totals(rn__hoisting *b);

/* The sum over the steps of a node of an increment; and whether it is one product, or sum,
 * of the stacks of the node's operands, or computed from the sums of its operands. If
 * neither it is that of the node's stack. */
rn_tensor rn__hoist_sum(rn__hoisting *b, int32_t id);
bool rn__hoist_sums_whole(const rn__hoisting *b, int32_t id);
bool rn__hoist_sums_operands(const rn__hoisting *b, int32_t id);

#endif
