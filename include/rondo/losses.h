/* SPDX-License-Identifier: MIT */
/*
 * Losses. Each is a scalar.
 *
 * The loss of no elements (an empty batch, no time steps) is 0, and so is its gradient.
 */
#ifndef RONDO_LOSSES_H
#define RONDO_LOSSES_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The mean of (x - y)^2 over all elements. x and y are real and have the same shape; they
 * are not broadcast. */
RN_API rn_tensor rn_mean_squared_error(rn_tensor x, rn_tensor y);

/* The mean of -log softmax(logits)[target], in nats: logits [.., V], targets i32 [..] in
 * 0..V-1. Any other target makes the run fail with a message. A logit of -inf marks an
 * impossible class: the loss is infinite if it is the target, else its gradient is 0.
 * Errors: shapes that do not match, no classes, more than 2^31 - 1 logits. */
RN_API rn_tensor rn_cross_entropy(rn_tensor logits, rn_tensor targets);

/* The same over the targets that are not equal to `ignored`, which may be any value, such
 * as -100; 0 if there are none. The logits of ignored targets have no influence. */
RN_API rn_tensor rn_cross_entropy_ignoring(rn_tensor logits, rn_tensor targets,
                                           int32_t ignored);

/* The mean of -(y log s(x) + (1 - y) log(1 - s(x))), where s is the sigmoid, without
 * overflow. x (logits) and y (targets) are real and have the same shape; y lies in [0, 1].
 * The term of an infinite logit is 0 for +inf where y is 1 and for -inf where y is 0, and
 * infinite otherwise. */
RN_API rn_tensor rn_binary_cross_entropy(rn_tensor logits, rn_tensor targets);

#ifdef __cplusplus
}
#endif
#endif
