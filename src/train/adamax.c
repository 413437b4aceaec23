/* SPDX-License-Identifier: MIT */
/*
 * adamax -- Kingma and Ba 2015, arXiv:1412.6980, section 7.1.
 *
 *   m = beta1 m + (1 - beta1) dw             beta1 = 0.9, beta2 = 0.999, eps = 1e-8
 *   u = max(beta2 u, |dw| + eps)
 *   w = w - rate m / c1 / u                  c1 = 1 - beta1^t
 */
#include <float.h>

#include "train/optimizer.h"

static rn_tensor step(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    rn_tensor m = rn__first_moment(u, i);
    rn_tensor moment = rn_update_moment(u, i, "u");
    rn_tensor most =
        rn_maximum(rn_scale(moment, o->beta2), rn_offset(rn_abs(u->dw[i]), o->eps));

    most = rn_update_advance(u, moment, most);
    return rn_mul(u->rate[i], rn_div(rn_mul(m, rn__factor(u, 0, i)), most));
}

static const rn_hyperparameter parameters[] = {RN__BETA1(0.9), RN__BETA2(0.999),
                                               RN__EPS(1e-8), RN__DECAY};

RN__RULE(adamax, .cycles = true, .counts = rn__counts, .limit = rn__limit_means,
         .prepare = rn__prepare_moments, .step = step)

rn_optimizer rn_adamax(double rate)
{
    return rn_optimizer_of(&rule_adamax, rate);
}
