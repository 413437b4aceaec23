/* SPDX-License-Identifier: MIT */
/*
 * rmsprop -- Tieleman and Hinton 2012, lecture 6.5.
 *
 *   s = decay s + (1 - decay) dw dw          decay = 0.99, epsilon = 1e-8
 *   w = w - rate dw / (sqrt(s) + epsilon)
 */
#include "optimizer.h"
#include "rondo/ops.h"

enum { DECAY, EPSILON };

static rn_tensor step(rn__update *u, rn_tensor w, rn_tensor dw)
{
    const double decay = u->self->parameter[DECAY], epsilon = u->self->parameter[EPSILON];
    rn_tensor s = rn__moment(u, w, "s");

    s = rn__advance(u, s, rn_add(rn_scale(s, decay), rn_scale(rn_square(dw), 1 - decay)));
    rn_tensor scaled = rn_div(dw, rn_offset(rn_sqrt(s), epsilon));
    return rn_sub(w, rn_mul(rn__scalar_for(w, u->rate), scaled));
}

static const rn__rule rule = {.name = "rmsprop", .step = step};

static bool build(const rn_optimizer *self, rn_tensor loss)
{
    return rn__optimize(self, loss, &rule);
}

rn_optimizer rn_rmsprop(double rate)
{
    return (rn_optimizer){
        .build = build, .rate = rate, .parameter = {[DECAY] = 0.99, [EPSILON] = 1e-8}};
}
