/* SPDX-License-Identifier: MIT */
/*
 * radam -- Adam with a rectified variance; Liu et al. 2020, arXiv:1908.03265.
 *
 *   m, v                                      as in adam
 *   n = 2 / (1 - beta2) - 1
 *   q = n - 2 t beta2^t / c2                  c2 = 1 - beta2^t
 *   r = sqrt((q - 4) (q - 2) n / ((n - 4) (n - 2) q))
 *   w = w - rate m / c1 r sqrt(c2) / (sqrt(v) + eps)      while q > 5, else
 *   w = w - rate m / c1
 */
#include <float.h>
#include <math.h>

#include "train/optimizer.h"

/* factor[1] r sqrt(c2) or 0, factor[2] 0 or 1, so that no branch is needed. */
static void prepare(rn_update *u)
{
    const double beta2 = u->self->beta2, n = 2 / (1 - beta2) - 1;
    const double scale = n > 5 ? n / ((n - 4) * (n - 2)) : 0;
    const rn_tensor c2 = rn__correction(u->t, beta2);
    const rn_tensor rest = rn_div(rn_mul(u->t, rn_one_minus(c2)), c2);
    const rn_tensor q = rn_offset(rn_scale(rest, -2), n);
    const rn_tensor five = rn_constant_like(q, 5), zero = rn_constant_like(q, 0);
    const rn_tensor tractable = rn_greater(q, five);
    const rn_tensor at_least = rn_maximum(q, five);
    const rn_tensor product = rn_mul(rn_offset(at_least, -4), rn_offset(at_least, -2));
    const rn_tensor r = rn_sqrt(rn_mul(rn_scale(rn_div(product, at_least), scale), c2));

    rn__prepare_moments(u);
    u->factor[1] = rn__update_cast(u, rn_where(tractable, r, zero));
    u->factor[2] = rn__update_cast(u, rn_where(tractable, zero, rn_constant_like(q, 1)));
}

static rn_tensor step(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    rn_tensor v, m = rn__moments(u, i, &v);
    rn_tensor adapted = rn_div(rn__factor(u, 1, i), rn_offset(rn_sqrt(v), o->eps));
    rn_tensor scale = rn_add(adapted, rn__factor(u, 2, i));

    return rn_mul(u->rate[i], rn_mul(rn_mul(m, rn__factor(u, 0, i)), scale));
}

static const rn_hyperparameter parameters[] = {
    RN__BETA1(0.9), RN__BETA2(0.999), RN__EPS(1e-8), RN__DECAY,
    RN_HYPERPARAMETER(decoupled_weight_decay, 0, 0, 0)};

RN__RULE(radam, .cycles = true, .counts = rn__counts, .limit = rn__limit_squares,
         .prepare = prepare, .step = step)

rn_optimizer rn_radam(double rate)
{
    return rn_optimizer_of(&rule_radam, rate);
}
