/* SPDX-License-Identifier: MIT */
/* How far rounding may move what a graph computes, by making it worse on purpose. */
#ifndef RN_CHECK_JITTER_H
#define RN_CHECK_JITTER_H

#include "graph/node.h"
#include "rondo/program.h"

/* A copy of an f64 graph in which everything that is rounded is moved by far more than
 * rounding, by random numbers that follow from a salt. */
typedef struct rn__jitter {
    rn_graph *graph;
    rn_program *program;
    rn_tensor salt;
} rn__jitter;

/* How much larger than a unit in the last place it moves them. */
#define RN__JITTER_ZOOM 0x1p22

/* Makes the copy of what `roots` need, compiled, and sets y[i] to the copy of root i. All
 * leaves are inputs or constants; x[i] becomes the copy of leaf x[i], or null when no root
 * needs it. False without memory. Finish it in either case. */
bool rn__jitter_new(rn__jitter *jitter, const rn_tensor *roots, int count, rn_tensor *y,
                    rn_tensor *x, int leaves);
void rn__jitter_finish(rn__jitter *jitter);

/* Runs with the k-th set of random numbers. */
bool rn__jitter_run(rn__jitter *jitter, int k);

#endif
