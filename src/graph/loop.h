/* SPDX-License-Identifier: MIT */
/* Loops from inside, for the gradient and for the compiler, which build them too. */
#ifndef RN_GRAPH_LOOP_H
#define RN_GRAPH_LOOP_H

#include "node.h"

/* A new leaf of the loop's body. */
rn_tensor rn__loop_leaf(rn_loop *loop, const rn_op *op, rn_type type, rn_shape shape);

/* As rn_loop_each, but never masked: for what is read only where it holds. */
rn_tensor rn__loop_each(rn_loop *loop, rn_tensor xs, const char *what);

/* Lets only the first steps run, as many as an i32 scalar of the outer graph says, for a
 * loop in which later steps change no carry and collect 0. Before the end. */
void rn__loop_limit(rn_loop *loop, rn_tensor limit);

/* The carry of this leaf, NULL if there is none. */
rn__carry *rn__loop_find_carry(const rn_loop *loop, rn_tensor leaf);

/* The output node of a loop if it has been made, else -1. */
int32_t rn__loop_find_get(const rn_loop *loop, rn__get_kind kind, int32_t id);

/* The output node of an ended loop, made if need be, as it is (never masked). */
rn_tensor rn__loop_get(rn_loop *loop, rn__get_kind kind, int32_t id);

#endif
