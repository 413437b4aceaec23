/* SPDX-License-Identifier: MIT */
/* The reverse sweep over one graph, outermost or a body. */
#ifndef RN_AUTODIFF_SWEEP_H
#define RN_AUTODIFF_SWEEP_H

#include "autodiff/primal.h"

/* As rn_grad, with the null tensor for a gradient that is zero for all values: no path from
 * y to x[i] can be differentiated. */
bool rn__grad(rn_tensor y, rn_tensor dy, const rn_tensor *x, int count, rn_tensor *dx);

/* Where a cotangent is zero because a condition did not select its node; see mask.c. */
typedef struct rn__mask {
    int32_t condition; /* bool, of primals->target; -1: none */
    bool inverted;     /* zero where it is true, else where it is false */
    bool applied;      /* the zeros are in place; else these elements may be anything, even
                          NaN */
} rn__mask;

/* Arrays have an entry for each of the first `count` nodes of primals->source. */
typedef struct rn__sweep {
    rn__primals *primals;
    int32_t count;
    bool *needed;       /* depends on an x of rn_grad */
    int32_t *cotangent; /* ids in primals->target; -1: zero */
    rn__mask *mask;     /* of cotangents */
} rn__sweep;

/* Allocates the arrays: nothing is needed, all cotangents are zero. False with an error on
 * the graph. */
bool rn__sweep_init(rn__sweep *sweep, rn__primals *primals);
void rn__sweep_finish(rn__sweep *sweep);

/* Completes `needed`, in which the x are marked, by all nodes that depend on them. */
void rn__sweep_need(rn__sweep *sweep);

/* The cotangent of a node so far, null for zero; rn__sweep_add adds to it. */
rn_tensor rn__sweep_get(const rn__sweep *sweep, int32_t id);
bool rn__sweep_add(rn__sweep *sweep, int32_t id, rn_tensor dx);

/* mask.c. rn__mask_of_input: the mask of the cotangent dx that a node's rule returned for
 * input i, given dy; `condition` is its input 0. rn__mask_add: adds dx, in the shape of the
 * input, under a mask. rn__mask_apply: dx with its zeros in place. */
rn__mask rn__mask_of_input(const rn__sweep *sweep, int32_t id, int i, rn_tensor condition,
                           rn_tensor dy, rn_tensor dx);
bool rn__mask_add(rn__sweep *sweep, int32_t id, rn_tensor dx, rn__mask mask);
rn_tensor rn__mask_apply(rn_tensor dx, rn__mask *mask);

/* Whether a node's rule may be given a cotangent before its mask is applied. */
bool rn__mask_passes(const rn__node *node);

/* Whether a rule may give dx for an operand x of y: a tensor of x's shape and type or, for
 * an element-wise operator, of y's shape, to be summed over what was broadcast. */
typedef enum rn__fit { RN__FITS, RN__FITS_SUMMED, RN__MISFIT } rn__fit;
rn__fit rn__fit_of(const rn_op *op, rn_tensor dx, rn_tensor x, rn_tensor y);

/* Computes the cotangents of all needed nodes from those that were added. */
bool rn__sweep_run(rn__sweep *sweep);

/* The same for one loop node of primals->source, as a loop in primals->target. */
bool rn__sweep_loop(rn__sweep *sweep, int32_t id);

#endif
