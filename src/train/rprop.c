/* SPDX-License-Identifier: MIT */
/*
 * rprop -- Riedmiller and Braun 1993, as in PyTorch.
 *
 *   s    = sign(dw last)                     etaminus = 0.5, etaplus = 1.2
 *   size = size etaplus   if s > 0           at first the rate; within step_min = 1e-6
 *          size etaminus  if s < 0           and step_max = 50
 *   dw   = 0              if s < 0
 *   w    = w - size sign(dw)
 *   last = dw
 *
 * A size of 0 is one that has not begun.
 */
#include <float.h>

#include "train/optimizer.h"

static const char *fault(const rn_optimizer *self)
{
    return self->step_min <= self->step_max ? NULL : "step_min is larger than step_max";
}

static rn_tensor step(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    rn_tensor kept = rn_update_moment(u, i, "size"), last = rn_update_moment(u, i, "last");
    rn_tensor dw = u->dw[i], zero = rn_constant_like(dw, 0);
    rn_tensor size = rn_where(rn_greater(kept, zero), kept, u->rate[i]);
    rn_tensor s = rn_mul(rn_sign(dw), rn_sign(last)), turned = rn_less(s, zero);

    size = rn_where(rn_greater(s, zero), rn_scale(size, o->etaplus), size);
    size = rn_where(turned, rn_scale(size, o->etaminus), size);
    size = rn_maximum(size, rn_constant_like(size, o->step_min));
    size = rn_minimum(size, rn_constant_like(size, o->step_max));
    dw = rn_where(turned, zero, dw);
    rn_update_advance(u, last, dw);
    return rn_mul(rn_update_advance(u, kept, size), rn_sign(dw));
}

static const rn_hyperparameter parameters[] = {
    RN_HYPERPARAMETER(etaminus, 0.5, DBL_MIN, 1), RN_HYPERPARAMETER(etaplus, 1.2, 1, 1e6),
    RN_HYPERPARAMETER(step_min, 1e-6, DBL_MIN, 1e300),
    RN_HYPERPARAMETER(step_max, 50, DBL_MIN, 1e300)};

RN__RULE(rprop, .fault = fault, .step = step)

rn_optimizer rn_rprop(double rate)
{
    return rn_optimizer_of(&rule_rprop, rate);
}
