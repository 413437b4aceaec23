/* SPDX-License-Identifier: MIT */
/*
 * binary_cross_entropy -- of the sigmoid s of logits x with probabilities y.
 *
 *   x, y  [..]
 *
 *   term = -(y log s(x) + (1 - y) log(1 - s(x)))
 *        = y softplus(-x) + (1 - y) softplus(x)
 *
 * Both parts are positive, so nothing cancels and small losses are accurate. An infinite
 * cost with weight 0 counts as 0, and so does its gradient: with a target of 0 or 1, an
 * infinite logit of the right sign costs nothing, and one of the wrong sign costs infinity.
 *
 * The focal loss multiplies each part by the other class's probability to the power of
 * gamma, e^(-gamma softplus(x)) and e^(-gamma softplus(-x)).
 */
#include "nn/losses/losses.h"

static rn_tensor focus(rn_tensor cost, rn_tensor other, double gamma)
{
    return gamma == 0 ? cost : rn_weigh(rn_exp(rn_scale(other, -gamma)), cost);
}

static rn_tensor terms(const rn__loss *loss, rn_tensor x, rn_tensor y)
{
    const rn_loss_options *o = loss->options;
    const rn_tensor up = rn_softplus(rn_neg(x)), down = rn_softplus(x);
    rn_tensor yes = rn_weigh(y, focus(up, down, o->gamma));
    const rn_tensor no = rn_weigh(rn_one_minus(y), focus(down, up, o->gamma));

    if (!rn_is_null(o->positive_weights))
        yes = rn_weigh(
            rn__loss_fit(loss, "positive_weights", o->positive_weights, loss->type), yes);
    return rn_add(yes, no);
}

rn_tensor rn_binary_cross_entropy_with(rn_tensor logits, rn_tensor targets,
                                       rn_loss_options options)
{
    static const char what[] = "binary_cross_entropy";
    rn__loss loss = {.type = rn_type_get(logits), .shape = rn_shape_get(logits)};

    if (!logits.graph && !targets.graph) return rn__loss_null(what, logits, targets);
    if (!rn__loss_alike(what, logits, targets)) return rn_null();
    if (!rn__loss_begin(&loss, what, logits.graph, &options,
                        RN__LOSS_GAMMA | RN__LOSS_POSITIVE))
        return rn_null();
    logits = rn__loss_masked(&loss, logits, false);
    targets = rn__loss_masked(&loss, targets, false);
    return rn__loss_reduce(&loss, terms(&loss, logits, targets), rn_null());
}

rn_tensor rn_binary_cross_entropy(rn_tensor logits, rn_tensor targets)
{
    return rn_binary_cross_entropy_with(logits, targets, (rn_loss_options){.gamma = 0});
}
