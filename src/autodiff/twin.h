/* SPDX-License-Identifier: MIT */
/*
 * Twins: what a value of a forward graph is called where its gradient is built.
 *
 * Outside loops that is the same graph and the same tensor. The gradient of a loop is
 * another loop, with another body, where step t of the forward body must be read again: a
 * slice of the same sequence, the same capture, the slice of a stack that the forward loop
 * then collects.
 */
#ifndef RN_AUTODIFF_TWIN_H
#define RN_AUTODIFF_TWIN_H

#include "graph/loop.h"

typedef struct rn__twin rn__twin;
struct rn__twin {
    rn_graph *source, *target; /* equal: every tensor is its own twin */
    rn__twin *outer;           /* of the parents of the two */
    int32_t *of;               /* ids in target by ids in source; -1: not asked for yet */
    int32_t count;
};

/* The tensor of twin->target that has the value of node `id` of twin->source. Null after an
 * error. */
rn_tensor rn__twin_of(rn__twin *twin, int32_t id);

void rn__twin_finish(rn__twin *twin);

#endif
