/* SPDX-License-Identifier: MIT */
/*
 * binary_cross_entropy -- of the sigmoid s of logits x with probabilities y.
 *
 *   x, y  [..]
 *
 *   loss = mean -(y log s(x) + (1 - y) log(1 - s(x)))
 *        = mean y softplus(-x) + (1 - y) softplus(x)
 *
 * Both terms are positive: nothing cancels, so that small losses are accurate too. A cost
 * that is infinite where its weight is 0 counts as 0, and so does its gradient: an infinite
 * logit on the right side of a target of 0 or 1 costs nothing, one on the wrong side
 * infinitely much.
 */
#include <math.h>

#include "losses.h"

/* weight cost */
static rn_tensor weighted(rn_tensor weight, rn_tensor cost)
{
    const rn_tensor zero = rn_constant_like(weight, 0);
    const rn_tensor infinity = rn_constant_like(cost, (double)INFINITY);
    const rn_tensor nothing =
        rn_logical_and(rn_equal(weight, zero), rn_equal(cost, infinity));

    return rn_mul(weight, rn_where(nothing, zero, cost));
}

rn_tensor rn_binary_cross_entropy(rn_tensor logits, rn_tensor targets)
{
    if (!rn__loss_alike("binary_cross_entropy", logits, targets)) return rn_null();

    rn_tensor yes = weighted(targets, rn_softplus(rn_neg(logits)));
    rn_tensor no = weighted(rn_one_minus(targets), rn_softplus(logits));
    return rn__loss_mean(rn_add(yes, no));
}
