/* SPDX-License-Identifier: MIT */
/*
 * Twins: what a value of a forward graph is called where its gradient is built.
 *
 * Outside loops that is the same graph and the same tensor. The gradient of a loop is
 * another loop, with another body, where step t of the forward body must be read again: a
 * slice of the same sequence, the same capture, the slice of a stack that the forward loop
 * then collects.
 */
#ifndef RN_AUTODIFF_PRIMAL_H
#define RN_AUTODIFF_PRIMAL_H

#include "graph/loop.h"

typedef struct rn__primals rn__primals;
struct rn__primals {
    rn_graph *source, *target; /* equal: every tensor is its own primals */
    rn__primals *outer;        /* of the parents of the two */
    int32_t *of;               /* ids in target by ids in source; -1: not asked for yet */
    int32_t count;
};

/* The tensor of primals->target that has the value of node `id` of primals->source. Null
 * after an error. */
rn_tensor rn__primal(rn__primals *primals, int32_t id);

void rn__primals_finish(rn__primals *primals);

#endif
