/* SPDX-License-Identifier: MIT */
/*
 * adam -- Kingma and Ba 2015, arXiv:1412.6980, with decoupled decay arXiv:1711.05101, and
 * with amsgrad arXiv:1904.09237.
 *
 *   t = t + 1                                beta1 = 0.9, beta2 = 0.999, eps = 1e-8
 *   m = beta1 m + (1 - beta1) dw
 *   v = beta2 v + (1 - beta2) dw dw
 *   x = v                                    amsgrad: max(x, v)
 *   w = w - rate m / c1 / (sqrt(x / c2) + eps)
 *
 *   c = 1 - beta^t
 *
 * t counts Adam's updates of one weight; a weight that is added later starts with t = 0. To
 * keep this cheap, the counts of all weights are joined to one vector for the computation.
 */
#include <float.h>

#include "train/optimizer.h"

static rn_tensor step(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    rn_tensor v, m = rn__moments(u, i, &v);

    if (o->amsgrad) {
        const rn_tensor most = rn_update_moment(u, i, "v_max");
        v = rn_update_advance(u, most, rn_maximum(most, v));
    }
    rn_tensor m_hat = rn_mul(m, rn__factor(u, 0, i));
    rn_tensor v_hat = rn_mul(v, rn__factor(u, 1, i));
    rn_tensor change = rn_div(m_hat, rn_offset(rn_sqrt(v_hat), o->eps));

    return rn_mul(u->rate[i], change);
}

static const rn_hyperparameter parameters[] = {
    RN__BETA1(0.9),
    RN__BETA2(0.999),
    RN__EPS(1e-8),
    RN__DECAY,
    RN_HYPERPARAMETER(amsgrad, 0, 0, 0),
    RN_HYPERPARAMETER(decoupled_weight_decay, 0, 0, 0)};

RN__RULE(adam, .cycles = true, .counts = rn__counts, .limit = rn__limit_squares,
         .prepare = rn__prepare_moments, .step = step)
RN__RULE(adamw, .cycles = true, .counts = rn__counts, .limit = rn__limit_squares,
         .decay = RN_DECAY_WEIGHT, .prepare = rn__prepare_moments, .step = step)

rn_optimizer rn_adam(double rate)
{
    return rn_optimizer_of(&rule_adam, rate);
}

rn_optimizer rn_amsgrad(double rate)
{
    rn_optimizer optimizer = rn_adam(rate);

    optimizer.amsgrad = true;
    return optimizer;
}

rn_optimizer rn_adamw(double rate, double decay)
{
    rn_optimizer optimizer = rn_optimizer_of(&rule_adamw, rate);

    optimizer.weight_decay = decay;
    return optimizer;
}
