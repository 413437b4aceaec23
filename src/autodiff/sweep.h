/* SPDX-License-Identifier: MIT */
/* The reverse sweep over one graph, outermost or a body. */
#ifndef RN_AUTODIFF_SWEEP_H
#define RN_AUTODIFF_SWEEP_H

#include "twin.h"

/* As rn_grad, with the null tensor for a gradient that is zero whatever the values are: no
 * path from y to x[i] can be differentiated. */
bool rn__grad(rn_tensor y, rn_tensor dy, const rn_tensor *x, int count, rn_tensor *dx);

/* Arrays have an entry for each of the first `count` nodes of twin->source. */
typedef struct rn__sweep {
    rn__twin *twin;
    int32_t count;
    bool *needed;       /* depends on what is asked for */
    int32_t *cotangent; /* ids in twin->target; -1: zero */
} rn__sweep;

/* Arrays of nothing needed and zero cotangents. False after an error on the graph. */
bool rn__sweep_init(rn__sweep *sweep, rn__twin *twin);
void rn__sweep_finish(rn__sweep *sweep);

/* Completes `needed`, in which what is asked for is marked, by all that depends on it. */
void rn__sweep_need(rn__sweep *sweep);

/* The cotangent of a node so far, null for zero; and adding to it. */
rn_tensor rn__sweep_get(const rn__sweep *sweep, int32_t id);
bool rn__sweep_add(rn__sweep *sweep, int32_t id, rn_tensor dx);

/* From the cotangents that are there to those of all needed nodes. */
bool rn__sweep_run(rn__sweep *sweep);

/* The same for one loop node of twin->source, as a loop in twin->target. */
bool rn__sweep_loop(rn__sweep *sweep, int32_t id);

#endif
