/* SPDX-License-Identifier: MIT */
/*
 * Padding: what a loop with lengths does past the end of a sequence.
 *
 * The body runs on all sequences of the batch at each step. Past its length a sequence
 * repeats its own first step, input and carry together. The body has computed with these
 * values anyway, so nothing occurs that could not occur without padding. (With zeros, a
 * division would give an infinity, and 0 times infinity in the gradient a NaN.) A sequence
 * of length 0 repeats the first step of the longest sequence. The result is not used: the
 * carry is held, and zeros are collected. A body that mixes the rows of the batch does see
 * the repeated step, and the gradient flows through it.
 */
#ifndef RN_OPS_PADDING_H
#define RN_OPS_PADDING_H

#include "graph/node.h"

/* Builds the mask and the rows that replace padding, from lengths in the loop's outer
 * graph. */
void rn__padding_begin(rn_loop *loop, rn_tensor lengths);

/* Whether the first axis of x is the batch; false with an error that begins with `what`. */
bool rn__padding_has_batch(const rn_loop *loop, rn_tensor x, const char *what);

/* The value that a step reads of xs, whose slice is `leaf`, and of a carry. Null after an
 * error. */
rn_tensor rn__padding_each(rn_loop *loop, rn_tensor xs, rn_tensor leaf);
rn_tensor rn__padding_carry(rn_loop *loop, rn_tensor initial, rn_tensor leaf);

/* Limits the loop to the longest length, after checking the lengths. */
void rn__padding_end(rn_loop *loop);

/* x within the sequence, y past its length. Null with an error that begins with `what` if
 * the first axis of x is not the batch. */
rn_tensor rn__padding_choose(rn_loop *loop, rn_tensor x, rn_tensor y, const char *what);

#endif
