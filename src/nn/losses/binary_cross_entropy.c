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
#include "nn/losses/losses.h"

rn_tensor rn_binary_cross_entropy(rn_tensor logits, rn_tensor targets)
{
    if (!logits.graph && !targets.graph)
        return rn__loss_null("binary_cross_entropy", logits, targets);
    if (!rn__loss_alike("binary_cross_entropy", logits, targets)) return rn_null();

    rn_tensor yes = rn_weigh(targets, rn_softplus(rn_neg(logits)));
    rn_tensor no = rn_weigh(rn_one_minus(targets), rn_softplus(logits));
    return rn__loss_mean(rn_add(yes, no));
}
