/* SPDX-License-Identifier: MIT */
/*
 * binary_cross_entropy -- of the sigmoid s of logits x with probabilities y.
 *
 *   x, y  [..]
 *
 *   loss = mean -(y log s(x) + (1 - y) log(1 - s(x)))
 *        = mean y softplus(-x) + (1 - y) softplus(x)
 *
 * Both terms are positive, so nothing cancels and small losses are accurate. An infinite
 * cost with weight 0 counts as 0, and so does its gradient: with a target of 0 or 1, an
 * infinite logit of the right sign costs nothing, and one of the wrong sign costs infinity.
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
