/* SPDX-License-Identifier: MIT */
/*
 * nadam -- Adam with Nesterov's momentum; Dozat 2016, as in PyTorch.
 *
 *   a(t) = beta1 (1 - 0.96^(t momentum_decay) / 2)    momentum_decay = 0.004
 *   p    = p a(t)                                     p(0) = 1; kept as 1 - p
 *   m, v                                              as in adam
 *   w    = w - rate ((1 - a(t)) / (1 - p) dw + a(t+1) / (1 - p a(t+1)) m) /
 *              (sqrt(v / c2) + eps)                   c2 = 1 - beta2^t
 */
#include <float.h>
#include <math.h>

#include "train/optimizer.h"

/* a at t + later */
static rn_tensor momentum(const rn_update *u, double later)
{
    const double scale = u->self->momentum_decay * log(0.96), beta = u->self->beta1;
    const rn_tensor power = rn_exp(rn_scale(rn_offset(u->t, later), scale));

    if (!rn_is_null(u->momentum))
        return rn_mul(rn_one_minus(rn_scale(power, 0.5)), u->momentum);
    return rn_offset(rn_scale(power, -beta / 2), beta);
}

static void prepare(rn_update *u)
{
    rn_tensor *each, kept = rn__update_join(u, "product", RN_F64, &each);
    rn_tensor a = momentum(u, 0), next = momentum(u, 1);
    rn_tensor p = rn_mul(rn_one_minus(kept), a);

    if (rn_is_null(p)) return;
    rn__update_part(u, each, kept, rn_one_minus(p));
    rn_tensor dw = rn_div(rn_one_minus(a), rn_one_minus(p));
    rn_tensor m = rn_div(next, rn_one_minus(rn_mul(p, next)));
    u->factor[0] = rn__update_cast(u, dw);
    u->factor[1] = rn__update_cast(u, m);
    u->factor[2] = rn__update_cast(u, rn_reciprocal(rn__correction(u->t, u->self->beta2)));
}

static rn_tensor step(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    rn_tensor v, m = rn__moments(u, i, &v);
    rn_tensor sum =
        rn_add(rn_mul(u->dw[i], rn__factor(u, 0, i)), rn_mul(m, rn__factor(u, 1, i)));
    rn_tensor root = rn_sqrt(rn_mul(v, rn__factor(u, 2, i)));

    return rn_mul(u->rate[i], rn_div(sum, rn_offset(root, o->eps)));
}

static const rn_hyperparameter parameters[] = {
    RN__BETA1(0.9),
    RN__BETA2(0.999),
    RN__EPS(1e-8),
    RN__DECAY,
    RN_HYPERPARAMETER(momentum_decay, 4e-3, 0, 1e300),
    RN_HYPERPARAMETER(decoupled_weight_decay, 0, 0, 0)};

RN__RULE(nadam, .cycles = true, .counts = rn__counts, .limit = rn__limit_squares,
         .prepare = prepare, .step = step)

rn_optimizer rn_nadam(double rate)
{
    return rn_optimizer_of(&rule_nadam, rate);
}
