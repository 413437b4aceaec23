/* SPDX-License-Identifier: MIT */
/*
 * adadelta -- Zeiler 2012, arXiv:1212.5701.
 *
 *   s = rho s + (1 - rho) dw dw              rho = 0.9, eps = 1e-6
 *   d = sqrt(a + eps) / sqrt(s + eps) dw
 *   a = rho a + (1 - rho) d d                at most the largest number
 *   w = w - rate d
 */
#include <float.h>

#include "train/optimizer.h"

static rn_tensor step(rn_update *u, int i)
{
    const double rho = u->self->rho, eps = u->self->eps;
    rn_tensor s = rn__average(u, i, "s", rho, rn_square(u->dw[i]));
    rn_tensor a = rn_update_moment(u, i, "a");
    rn_tensor ratio = rn_div(rn_sqrt(rn_offset(a, eps)), rn_sqrt(rn_offset(s, eps)));
    rn_tensor d = rn_mul(ratio, u->dw[i]);
    rn_tensor next = rn_add(rn_scale(a, rho), rn_scale(rn_square(d), 1 - rho));

    rn_update_advance(u, a,
                      rn_minimum(next, rn_constant_like(next, rn__update_largest(u))));
    return rn_mul(u->rate[i], d);
}

static const rn_hyperparameter parameters[] = {RN_HYPERPARAMETER(rho, 0.9, 0, 1),
                                               RN__EPS(1e-6), RN__DECAY};

RN__RULE(adadelta, .limit = rn__limit_squares, .step = step)

rn_optimizer rn_adadelta(double rate)
{
    return rn_optimizer_of(&rule_adadelta, rate);
}
