/* SPDX-License-Identifier: MIT */
/*
 * Checkpointing of loops: a loop of T steps becomes an outer loop over S = T / K segments
 * around an inner one over K steps, and a loop over the last T - S K steps. A gradient that
 * reads what the loop kept becomes the same, and each of its segments first runs the
 * forward loop's segment again. So of the forward loop only the carries at the starts of
 * segments are kept, and its values for one segment at a time.
 *
 *   forward      for s: keep c(s K);  for t in segment s:  c(t+1) = body(c(t))
 *   gradient     for s in the other order:
 *                    for t in segment s:  c(t+1) = body(c(t)), collecting
 *                    for t in segment s, in the other order:  pullback
 *
 * The last T - S K steps keep their values: the gradient begins with them.
 */
#ifndef RN_COMPILE_CHECKPOINT_H
#define RN_COMPILE_CHECKPOINT_H

#include "compile/copy.h"

/* How a loop is divided. */
typedef struct rn__segments {
    int64_t length;             /* K */
    double bytes;               /* of the values of one segment */
    struct rn__segments *again; /* of a gradient: the loop that it runs again; else NULL */
    const rn_loop *loop;
    /* Of the copy, once made; not of a gradient. */
    rn_tensor *start; /* by carry: its values at the starts of the segments, [S, ..] */
    rn_tensor *tail;  /* by output: its last steps; a history has one slot more */
} rn__segments;

/* Of one graph. */
struct rn__checkpoints {
    rn__segments **of; /* by node: of a loop that is divided; else NULL */
    bool *masked;      /* by node: they are lengths of a loop that is divided */
    int32_t *output;   /* by node: of a loop's output, its number among them */
    bool *kept;        /* by node: something else than a gradient's steps reads it */
};

/* Decides which loops of a graph are divided. A hook: rn__copy_prepare. */
bool rn__checkpoint_find(rn__copy_pass *pass, rn__region *region);

/* The loop's output that a node is, or slots of: of a history, `first` is the number of the
 * first of T slots, 0 or 1. -1: the node is something else. */
int32_t rn__checkpoint_source(const rn_graph *graph, int32_t id, int64_t *first);

#endif
