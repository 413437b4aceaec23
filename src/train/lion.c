/* SPDX-License-Identifier: MIT */
/*
 * lion -- Chen et al. 2023, arXiv:2302.06675.
 *
 *   w = w - rate (sign(beta1 m + (1 - beta1) dw) + decay w)     beta1 = 0.9
 *   m = beta2 m + (1 - beta2) dw                                beta2 = 0.99
 */
#include "train/optimizer.h"

static rn_tensor step(rn_update *u, int i)
{
    const double beta1 = u->self->beta1;
    rn_tensor m = rn_update_moment(u, i, "m");
    rn_tensor sign = rn_sign(
        rn_add(rn__by_momentum(u, m, beta1), rn__beside_momentum(u, u->dw[i], beta1)));

    rn__average(u, i, "m", u->self->beta2, u->dw[i]);
    return rn_mul(u->rate[i], sign);
}

static const rn_hyperparameter parameters[] = {RN__BETA1(0.9), RN__BETA2(0.99), RN__DECAY};

RN__RULE(lion, .cycles = true, .decay = RN_DECAY_WEIGHT, .limit = rn__limit_means,
         .step = step)

rn_optimizer rn_lion(double rate, double decay)
{
    rn_optimizer optimizer = rn_optimizer_of(&rule_lion, rate);

    optimizer.weight_decay = decay;
    return optimizer;
}
