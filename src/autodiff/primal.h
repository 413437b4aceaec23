/* SPDX-License-Identifier: MIT */
/*
 * Primals: the values of a forward graph as tensors of the graph in which its gradient is
 * built.
 *
 * Outside loops that is the same graph and the same tensor. The gradient of a loop is
 * another loop, whose body must read the values of the forward body at step t: a slice of
 * the same sequence, the same capture, or a slice of a stack that the forward loop
 * collects.
 */
#ifndef RN_AUTODIFF_PRIMAL_H
#define RN_AUTODIFF_PRIMAL_H

#include "graph/loop.h"

typedef struct rn__primals rn__primals;
struct rn__primals {
    rn_graph *source, *target; /* equal: every tensor is its own primal */
    rn__primals *outer;        /* the primals of their parents */
    int32_t *of;               /* ids in target by ids in source; -1: not built yet */
    int32_t count;
};

/* The tensor of primals->target that has the value of node `id` of primals->source. Null
 * after an error. */
rn_tensor rn__primal(rn__primals *primals, int32_t id);

void rn__primals_finish(rn__primals *primals);

#endif
