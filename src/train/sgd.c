/* SPDX-License-Identifier: MIT */
/*
 * sgd -- stochastic gradient descent, with momentum or without; Sutskever et al. 2013.
 *
 *   v = momentum v + (1 - dampening) dw        the first v is dw
 *   w = w - rate v                             nesterov: w - rate (dw + momentum v)
 */
#include <float.h>

#include "train/optimizer.h"

static const char *fault(const rn_optimizer *self)
{
    if (self->nesterov && (self->momentum == 0 || self->dampening != 0))
        return "nesterov needs momentum, and no dampening";
    return NULL;
}

/* dw <= largest (1 - momentum) / 2, so that momentum v + dw never exceeds the largest.
 * Without momentum there is nothing to overflow. */
static double limit(const rn_optimizer *self, double largest)
{
    return self->momentum == 0 ? DBL_MAX : largest * (1 - self->momentum) / 2;
}

/* Only dampening distinguishes the first update. */
static bool counts(const rn_optimizer *self)
{
    return self->momentum != 0 && self->dampening != 0;
}

static void prepare(rn_update *u)
{
    if (!counts(u->self)) return;
    const rn_tensor is_first = rn_less_equal(u->t, rn_constant_like(u->t, 1));
    const rn_tensor rest = rn_constant_like(u->t, 1 - u->self->dampening);
    u->factor[0] = rn__update_cast(u, rn_where(is_first, rn_constant_like(u->t, 1), rest));
}

static rn_tensor step(rn_update *u, int i)
{
    const double momentum = u->self->momentum;
    rn_tensor dw = u->dw[i];

    if (momentum != 0) {
        rn_tensor v = rn_update_moment(u, i, "velocity");
        if (counts(u->self)) dw = rn_mul(dw, rn__factor(u, 0, i));
        dw = rn_update_advance(u, v, rn_add(rn__by_momentum(u, v, momentum), dw));
    }
    if (u->self->nesterov) dw = rn_add(u->dw[i], rn__by_momentum(u, dw, momentum));
    return rn_mul(u->rate[i], dw);
}

static const rn_hyperparameter parameters[] = {
    RN_HYPERPARAMETER(momentum, 0, 0, 1), RN_HYPERPARAMETER(dampening, 0, 0, 1),
    RN_HYPERPARAMETER(nesterov, 0, 0, 0), RN__DECAY};

RN__RULE(sgd, .cycles = true, .fault = fault, .limit = limit, .counts = counts,
         .prepare = prepare, .step = step)

rn_optimizer rn_sgd(double rate, double momentum)
{
    rn_optimizer optimizer = rn_optimizer_of(&rule_sgd, rate);

    optimizer.momentum = momentum;
    return optimizer;
}
