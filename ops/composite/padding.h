/* SPDX-License-Identifier: MIT */
/*
 * Padding: what a loop with lengths does past the end of a sequence.
 *
 * The body runs on all sequences of the batch at each step. A sequence that is over is
 * given its own first step once more, input and carry together: values that the body has
 * worked on anyway, so that it makes nothing of them that could not be there without
 * padding. (On zeros a division would make an infinity, and 0 times infinity in the
 * gradient a NaN.) A sequence of length 0 is given the first step of the longest one.
 * The result is not used: the carry is held, and what is collected is 0. A body that mixes
 * the rows of the batch does see the step that stands in, and its gradient goes through it.
 */
#ifndef RN_OPS_PADDING_H
#define RN_OPS_PADDING_H

#include "graph/node.h"

/* Makes the mask and the rows that stand in, of lengths in the loop's outer graph. */
void rn__padding_begin(rn_loop *loop, rn_tensor lengths);

/* Whether the first axis of x is the batch; false with an error that begins with `what`. */
bool rn__padding_has_batch(const rn_loop *loop, rn_tensor x, const char *what);

/* What a step reads of xs, whose slice is `leaf`; and of a carry. Null after an error. */
rn_tensor rn__padding_each(rn_loop *loop, rn_tensor xs, rn_tensor leaf);
rn_tensor rn__padding_carry(rn_loop *loop, rn_tensor initial, rn_tensor leaf);

/* Lets the loop stop where the longest sequence does; the lengths are checked. */
void rn__padding_end(rn_loop *loop);

/* x where the sequence lasts, else y. Null with an error that begins with `what` if the
 * first axis of x is not the batch. */
rn_tensor rn__padding_choose(rn_loop *loop, rn_tensor x, rn_tensor y, const char *what);

#endif
