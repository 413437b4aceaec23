/* SPDX-License-Identifier: MIT */
/* The reverse sweep over one graph, outermost or a body. */
#ifndef RN_AUTODIFF_SWEEP_H
#define RN_AUTODIFF_SWEEP_H

#include "twin.h"

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

/* Whether a rule may give dx for an operand x of y: a tensor of x's shape and type or, for
 * an element-wise operator, of y's shape, to be summed over what was broadcast. */
typedef enum rn__fit { RN__FITS, RN__FITS_SUMMED, RN__MISFIT } rn__fit;
rn__fit rn__fit_of(const rn_op *op, rn_tensor dx, rn_tensor x, rn_tensor y);

/* From the cotangents that are there to those of all needed nodes. */
bool rn__sweep_run(rn__sweep *sweep);

/* The same for one loop node of twin->source, as a loop in twin->target. */
bool rn__sweep_loop(rn__sweep *sweep, int32_t id);

#endif
