/* SPDX-License-Identifier: MIT */
/*
 * Which nodes of a loop's body a cotangent can reach, before any gradient is built.
 *
 * A cotangent enters a body at the collected nodes and at the next values of the carries,
 * and passes from each node to its needed inputs. A node that it does not reach has a zero
 * gradient for all values, and no gradient is built for it.
 */
#ifndef RN_AUTODIFF_REACH_H
#define RN_AUTODIFF_REACH_H

#include "graph/node.h"

/* Completes `needed`, in which the x of rn_grad are marked, by all of the first `count`
 * nodes that depend on them. */
void rn__need(const rn_graph *graph, int32_t count, bool *needed);

/* The same for the body of a loop, given `needed` of the outer graph. */
void rn__need_body(const rn_loop *loop, const bool *outer, bool *needed);

/* Marks the node at which the cotangent of one of the loop's outputs enters the body.
 * Returns the carry if the output is a final value or a history, NULL if it is a stack. */
const rn__carry *rn__reach_enter(const rn_loop *loop, const rn__get *output, bool *reached);

/* Completes `reached`, in which the entries are marked, by all needed nodes that a
 * cotangent reaches from there, also in earlier steps. False if out of memory. */
bool rn__reach_body(const rn_loop *loop, const bool *needed, bool *reached);

#endif
