/* SPDX-License-Identifier: MIT */
/* Loops from inside, for the gradient and for the compiler, which build them too. */
#ifndef RN_GRAPH_LOOP_H
#define RN_GRAPH_LOOP_H

#include "graph/node.h"

/* Whether the loop is open: false, with an error that begins with `what`, after its end,
 * and after its first input or carry where those fix its form. */
bool rn__loop_open(rn_loop *loop, const char *what, bool form);

/* A new leaf of the loop's body. */
rn_tensor rn__loop_leaf(rn_loop *loop, const rn_op *op, rn_type type, rn_shape shape);

/* As rn_loop_each, but never masked: for what is read only where it holds. */
rn_tensor rn__loop_each(rn_loop *loop, rn_tensor xs, const char *what);

/* A carry without lengths: its leaf. `initial` is a tensor of the outer graph. */
rn_tensor rn__loop_carry(rn_loop *loop, rn_tensor initial);

/* Whether the carry may become `next`; false with an error. */
bool rn__loop_fits(rn_loop *loop, const rn__carry *carry, rn_tensor next);

/* Whether the loop has its number of steps and all next values; false with an error. */
bool rn__loop_complete(rn_loop *loop);

/* Appends the node of a complete loop, which then has ended. */
bool rn__loop_end(rn_loop *loop);

/* The shape of a value of every step, and for a history of one more. False with an error if
 * it cannot be. */
bool rn__loop_stack(const rn_loop *loop, rn_shape shape, bool history, rn_shape *out);

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
