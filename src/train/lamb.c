/* SPDX-License-Identifier: MIT */
/*
 * lamb -- You et al. 2020, arXiv:1904.00962, with the identity as its function phi.
 *
 *   m, v                                     as in adam
 *   r = m / c1 / (sqrt(v / c2) + eps) + decay w           eps = 1e-6
 *   w = w - rate |w| / |r| r                 norms of whole weights; if one is 0 their
 *                                            ratio is 1
 */
#include <float.h>

#include "train/optimizer.h"

static rn_tensor norm_of(rn_tensor x)
{
    return rn_sqrt(rn_sum_square(x, NULL, 0, false));
}

static rn_tensor step(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    rn_tensor v, m = rn__moments(u, i, &v);
    rn_tensor root = rn_sqrt(rn_mul(v, rn__factor(u, 1, i)));
    rn_tensor r = rn_div(rn_mul(m, rn__factor(u, 0, i)), rn_offset(root, o->eps));

    if (u->decay[i] != 0) r = rn_add(r, rn_scale(u->w[i], u->decay[i]));
    rn_tensor a = norm_of(u->w[i]), b = norm_of(r);
    rn_tensor one = rn_constant_like(a, 1), none = rn_constant_like(a, 0);
    rn_tensor both = rn_logical_and(rn_greater(a, none), rn_greater(b, none));
    rn_tensor ratio = rn_where(both, rn_div(a, rn_where(both, b, one)), one);

    return rn_mul(rn_mul(u->rate[i], rn__update_cast(u, ratio)), r);
}

static const rn_hyperparameter parameters[] = {RN__BETA1(0.9), RN__BETA2(0.999),
                                               RN__EPS(1e-6), RN__DECAY};

RN__RULE(lamb, .cycles = true, .counts = rn__counts, .decay = RN_DECAY_OWN,
         .limit = rn__limit_squares, .prepare = rn__prepare_moments, .step = step)

rn_optimizer rn_lamb(double rate, double decay)
{
    rn_optimizer optimizer = rn_optimizer_of(&rule_lamb, rate);

    optimizer.weight_decay = decay;
    return optimizer;
}
