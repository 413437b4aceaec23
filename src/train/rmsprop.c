/* SPDX-License-Identifier: MIT */
/*
 * rmsprop -- Tieleman and Hinton 2012, lecture 6.5; centred: Graves 2013, arXiv:1308.0850.
 *
 *   s = alpha s + (1 - alpha) dw dw          alpha = 0.99, eps = 1e-8
 *   g = alpha g + (1 - alpha) dw             centred; otherwise 0
 *   d = dw / (sqrt(s - g g) + eps)
 *   v = momentum v + d                       without momentum v is d
 *   w = w - rate v
 */
#include <float.h>
#include <math.h>

#include "train/optimizer.h"

/* s is at least (1 - alpha) dw dw, but s - g g may be 0, so that d is dw / eps. */
static double limit(const rn_optimizer *self, double largest)
{
    const double squares = rn__limit_squares(self, largest);
    const double velocity = largest * (1 - self->momentum) * fmin(self->eps, 1) / 2;

    return self->momentum != 0 ? fmin(squares, velocity) : squares;
}

static rn_tensor step(rn_update *u, int i)
{
    const double alpha = u->self->alpha, momentum = u->self->momentum;
    rn_tensor s = rn__average(u, i, "s", alpha, rn_square(u->dw[i]));

    if (u->self->centered) {
        const rn_tensor g = rn__average(u, i, "g", alpha, u->dw[i]);
        s = rn_relu(rn_sub(s, rn_square(g))); /* which rounding may make negative */
    }
    rn_tensor change = rn_div(u->dw[i], rn_offset(rn_sqrt(s), u->self->eps));
    if (momentum != 0) {
        const rn_tensor v = rn_update_moment(u, i, "velocity");
        change = rn_update_advance(u, v, rn_add(rn__by_momentum(u, v, momentum), change));
    }
    return rn_mul(u->rate[i], change);
}

static const rn_hyperparameter parameters[] = {
    RN_HYPERPARAMETER(alpha, 0.99, 0, 1), RN__EPS(1e-8),
    RN_HYPERPARAMETER(momentum, 0, 0, 1), RN_HYPERPARAMETER(centered, 0, 0, 0), RN__DECAY};

RN__RULE(rmsprop, .cycles = true, .limit = limit, .step = step)

rn_optimizer rn_rmsprop(double rate)
{
    return rn_optimizer_of(&rule_rmsprop, rate);
}
