/* SPDX-License-Identifier: MIT */
/*
 * Which nodes of a loop's body a cotangent can reach, before any gradient is built.
 *
 * A cotangent enters a body at what is collected and at the next values of the carries, and
 * goes from each node to the inputs that its rule is asked for. What it does not reach has
 * a gradient of zero whatever the values are, and gets no nodes.
 */
#ifndef RN_AUTODIFF_REACH_H
#define RN_AUTODIFF_REACH_H

#include "graph/node.h"

/* Completes `needed`, in which what is asked for is marked, by all of the first `count`
 * nodes that depend on it. */
void rn__need(const rn_graph *graph, int32_t count, bool *needed);

/* The same for the body of a loop, given what is needed of the graph around it. */
void rn__need_body(const rn_loop *loop, const bool *outer, bool *needed);

/* Marks where the cotangent of one of the loop's outputs enters its body. Returns the carry
 * whose end or history it is, NULL of a collected stack. */
const rn__carry *rn__reach_enter(const rn_loop *loop, const rn__get *output, bool *reached);

/* Completes `reached`, in which the entries are marked, by all needed nodes that a
 * cotangent gets to from there, from step to step too. False without memory. */
bool rn__reach_body(const rn_loop *loop, const bool *needed, bool *reached);

#endif
