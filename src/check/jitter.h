/* SPDX-License-Identifier: MIT */
/* How far rounding may move what a graph computes, by making it worse on purpose. */
#ifndef RN_CHECK_JITTER_H
#define RN_CHECK_JITTER_H

#include "compile/copy.h"
#include "rondo/program.h"

/* A copy of an f64 graph in which everything that is rounded is moved by far more than
 * rounding, by random numbers that follow from a salt. */
typedef struct rn__jitter {
    rn_graph *graph;
    rn_program *program;
    rn_tensor salt;
    rn__copy_pass pass; /* from the graph that it is the copy of */
} rn__jitter;

/* How much larger than a unit in the last place it moves them. */
#define RN__JITTER_ZOOM 0x1p22

/* How many terms are added up for an element of a node's result, about. */
double rn__terms(const rn__node *node, const rn_tensor *in);

/* Makes the copy of what `roots` need, compiled. All leaves are inputs or constants. False
 * without memory. Finish it in either case. */
bool rn__jitter_new(rn__jitter *jitter, const rn_tensor *roots, int count);
void rn__jitter_finish(rn__jitter *jitter);

/* The copy of a tensor; null: no root needs it, it is null itself, or nothing was copied.
 */
rn_tensor rn__jittered(const rn__jitter *jitter, rn_tensor x);

/* Runs with the k-th set of random numbers. */
bool rn__jitter_run(rn__jitter *jitter, int k);

#endif
