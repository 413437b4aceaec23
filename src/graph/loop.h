/* SPDX-License-Identifier: MIT */
/* The internals of loops, for the gradient and the compiler, which build loops too. */
#ifndef RN_GRAPH_LOOP_H
#define RN_GRAPH_LOOP_H

#include "graph/node.h"

/* Whether the loop accepts calls. False, with an error that begins with `what`, if it has
 * ended; with `form` also if it has a step input or a carry already. */
bool rn__loop_open(rn_loop *loop, const char *what, bool form);

/* A new leaf of the loop's body. */
rn_tensor rn__loop_leaf(rn_loop *loop, const rn_op *op, rn_type type, rn_shape shape);

/* As rn_loop_each, but without a mask for lengths. */
rn_tensor rn__loop_each(rn_loop *loop, rn_tensor xs, const char *what);

/* The leaf of a new carry, without a mask. `initial` is a tensor of the outer graph. */
rn_tensor rn__loop_carry(rn_loop *loop, rn_tensor initial);

/* Whether `next` may be the carry's next value; false with an error. */
bool rn__loop_fits(rn_loop *loop, const rn__carry *carry, rn_tensor next);

/* Whether the loop has its number of steps and all next values; false with an error. */
bool rn__loop_complete(rn_loop *loop);

/* Appends the node of a complete loop, which then has ended. */
bool rn__loop_end(rn_loop *loop);

/* The shape of a stack of one value a step; a history has one more. False with an error if
 * the shape is not valid. */
bool rn__loop_stack(const rn_loop *loop, rn_shape shape, bool history, rn_shape *out);

/* Limits the number of steps that run to an i32 scalar of the outer graph. Later steps must
 * change no carry and collect zeros. Call it before the end. */
void rn__loop_limit(rn_loop *loop, rn_tensor limit);

/* Sets the loop's row_steps, i32 [B] of the outer graph; see node.h. */
void rn__loop_rows(rn_loop *loop, rn_tensor steps);

/* The carry of this leaf, or NULL if there is none. */
rn__carry *rn__loop_find_carry(const rn_loop *loop, rn_tensor leaf);

/* The output node of a loop, or -1 if it does not exist yet. */
int32_t rn__loop_find_get(const rn_loop *loop, rn__get_kind kind, int32_t id);

/* The output node of an ended loop, without a mask; appended if it does not exist yet. */
rn_tensor rn__loop_get(rn_loop *loop, rn__get_kind kind, int32_t id);

#endif
