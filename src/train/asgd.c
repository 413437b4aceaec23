/* SPDX-License-Identifier: MIT */
/*
 * asgd -- averaged stochastic gradient descent; Polyak and Juditsky 1992, Bottou 2012, as
 * in PyTorch.
 *
 *   r  = rate / (1 + lambd rate (t - 1))^alpha         lambd = 1e-4, alpha = 0.75
 *   w  = w - r (dw + lambd w)
 *   ax = ax + (w - ax) / max(1, t - 1 - t0)            t0 = 1e6
 */
#include <float.h>

#include "train/optimizer.h"

static void prepare(rn_update *u)
{
    const rn_optimizer *o = u->self;
    const rn_tensor t = rn_offset(u->t, -1), one = rn_constant_like(t, 1);

    u->factor[0] = t;
    u->factor[1] = rn__update_cast(u, rn_reciprocal(rn_maximum(rn_offset(t, -o->t0), one)));
}

/* The rate of this update as a part of the rate. */
static rn_tensor fading(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    rn_tensor rate = u->type == RN_F64 ? u->rate[i] : rn_cast(u->rate[i], RN_F64);
    rn_tensor base = rn_offset(rn_scale(rn_mul(rn__factor(u, 0, i), rate), o->lambd), 1);
    rn_tensor power = rn_pow(base, rn_constant_like(base, -o->alpha));

    return rn__update_cast(u, power);
}

static rn_tensor step(rn_update *u, int i)
{
    rn_tensor w = u->w[i], ax = rn_update_moment(u, i, "ax");
    rn_tensor rate = rn_mul(u->rate[i], fading(u, i)); /* first: the rest is one pass */
    rn_tensor sum = rn_add(u->dw[i], rn_scale(w, u->self->lambd));
    rn_tensor change = rn_mul(rate, sum);
    rn_tensor distance = rn_sub(rn_sub(w, change), ax);

    rn_update_advance(u, ax, rn_add(ax, rn_mul(distance, rn__factor(u, 1, i))));
    return change;
}

static const rn_hyperparameter parameters[] = {
    RN_HYPERPARAMETER(lambd, 1e-4, 0, 1e300), RN_HYPERPARAMETER(alpha, 0.75, 0, 1e300),
    RN_HYPERPARAMETER(t0, 1e6, 0, 1e300), RN__DECAY};

RN__RULE(asgd, .counts = rn__counts, .prepare = prepare, .step = step)

rn_optimizer rn_asgd(double rate)
{
    return rn_optimizer_of(&rule_asgd, rate);
}
