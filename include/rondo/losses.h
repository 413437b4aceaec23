/* SPDX-License-Identifier: MIT */
/*
 * Losses: scalars to be minimised.
 *
 * Over no elements at all (an empty batch, no time steps) a loss is 0 and so is its
 * gradient.
 */
#ifndef RONDO_LOSSES_H
#define RONDO_LOSSES_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The mean of (x - y)^2 over all elements. x and y real and of one shape: nothing is
 * broadcast. */
RN_API rn_tensor rn_mean_squared_error(rn_tensor x, rn_tensor y);

/* The mean of -log softmax(logits)[target] in nats: logits [.., V], targets [..] i32 in
 * 0..V-1; another target makes the run fail with a message. A logit of -inf is a class that
 * cannot be: a loss of infinity if it is the target, else a gradient of 0. Errors: shapes
 * that do not fit, no classes, more than 2^31 - 1 logits. */
RN_API rn_tensor rn_cross_entropy(rn_tensor logits, rn_tensor targets);

/* The same where targets equal to `ignored` (of any value, -100 say) do not count, whatever
 * their logits are: the mean over the others, 0 when there is none. */
RN_API rn_tensor rn_cross_entropy_ignoring(rn_tensor logits, rn_tensor targets,
                                           int32_t ignored);

/* The mean of -(y log s(x) + (1 - y) log(1 - s(x))), s the sigmoid, without overflow. x and
 * y real and of one shape, y in [0, 1]. A logit of +inf costs nothing where y is 1, as does
 * -inf where y is 0; else they cost infinitely much. */
RN_API rn_tensor rn_binary_cross_entropy(rn_tensor logits, rn_tensor targets);

#ifdef __cplusplus
}
#endif
#endif
