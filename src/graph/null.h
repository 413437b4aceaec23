/* SPDX-License-Identifier: MIT */
/*
 * Null tensors that name their origin.
 *
 * A builder that is given no graph, only NULL or null tensors, has nowhere to record an
 * error. The null tensor that it returns names the builder and the cause. Builders that are
 * given such a tensor alone return it again, so it names the first of them; the first one
 * that has a graph records the message.
 */
#ifndef RN_GRAPH_NULL_H
#define RN_GRAPH_NULL_H

#include "rondo/graph.h"

/* What was null. */
typedef enum rn__null_cause {
    RN__NULL_UNSTATED,
    RN__NULL_X, /* the argument of that name */
    RN__NULL_Y,
    RN__NULL_H,
    RN__NULL_INDICES,
    RN__NULL_TICKS,
    RN__NULL_OPERANDS,
    RN__NULL_LIST,
    RN__NULL_GRAPH,
    RN__NULL_SCOPE,
    RN__NULL_LOOP
} rn__null_cause;

/* The null tensor that the builder `what` returns: the first of the `count` tensors x that
 * names an origin, or else one that names `what` and the cause. */
rn_tensor rn__null_from(const char *what, rn__null_cause cause, const rn_tensor *x,
                        int count);

/* Whether x is null and names its origin. It is then never an argument left out. */
bool rn__null_named(rn_tensor x);

/* " that tanh returned: x is the null tensor", to follow "the null tensor"; "" if x names
 * no origin. At most `capacity` bytes with the 0. Returns text. */
char *rn__null_text(rn_tensor x, char *text, size_t capacity);

/* "nothing (tanh: x is the null tensor)", or "nothing" if x names no origin: for a list of
 * operands. */
char *rn__null_describe(rn_tensor x, char *text, size_t capacity);

/* Records "<what> <name>: <cause><origin of x>" on the graph; `name` may be NULL. Returns
 * the null tensor, without a graph that of rn__null_from. */
rn_tensor rn__null_refuse(rn_graph *graph, const char *what, const char *name,
                          rn__null_cause cause, rn_tensor x);

#endif
