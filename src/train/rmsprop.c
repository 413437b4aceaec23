/* SPDX-License-Identifier: MIT */
/*
 * rmsprop -- Tieleman and Hinton 2012, lecture 6.5.
 *
 *   s = alpha s + (1 - alpha) dw dw          alpha = 0.99, epsilon = 1e-8
 *   w = w - rate dw / (sqrt(s) + epsilon)
 */
#include <math.h>

#include "rondo/ops.h"
#include "train/optimizer.h"

static const char *fault(const rn__update *u, double *number)
{
    *number = u->self->parameter[RN_RMSPROP_ALPHA];
    if (!(*number >= 0 && *number < 1)) return "alpha must be in 0 <= alpha < 1";
    *number = u->self->parameter[RN_RMSPROP_EPSILON];
    return rn__epsilon_fault(u, *number);
}

/* dw dw <= largest / 4, so that alpha s + (1 - alpha) dw dw never exceeds the largest. */
static double limit(const rn_optimizer *self, double largest)
{
    (void)self;
    return sqrt(largest) / 2;
}

static rn_tensor step(rn__update *u, int i)
{
    const double alpha = u->self->parameter[RN_RMSPROP_ALPHA];
    const double epsilon = u->self->parameter[RN_RMSPROP_EPSILON];
    rn_tensor w = u->w[i], dw = u->dw[i], s = rn__moment(u, i, "s");

    s = rn__advance(u, s, rn_add(rn_scale(s, alpha), rn_scale(rn_square(dw), 1 - alpha)));
    rn_tensor scaled = rn_div(dw, rn_offset(rn_sqrt(s), epsilon));
    return rn_sub(w, rn_mul(rn__scalar_for(u, u->rate), scaled));
}

static const rn__rule rule = {.name = "rmsprop",
                              .parameters = 1 << RN_RMSPROP_ALPHA | 1 << RN_RMSPROP_EPSILON,
                              .fault = fault,
                              .limit = limit,
                              .step = step};

static bool build(const rn_optimizer *self, rn_tensor loss)
{
    return rn__optimize(self, loss, &rule);
}

rn_optimizer rn_rmsprop(double rate)
{
    return (rn_optimizer){
        .build = build,
        .settle = rn__settle,
        .rate = rate,
        .parameter = {[RN_RMSPROP_ALPHA] = 0.99, [RN_RMSPROP_EPSILON] = 1e-8}};
}
