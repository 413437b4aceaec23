/* SPDX-License-Identifier: MIT */
/*
 * sgd -- stochastic gradient descent, with momentum or without.
 *
 *   v = momentum v + dw
 *   w = w - rate v
 */
#include "optimizer.h"
#include "rondo/ops.h"

enum { MOMENTUM };

static const char *fault(const rn_optimizer *self)
{
    const double momentum = self->parameter[MOMENTUM];

    return momentum >= 0 && momentum < 1 ? NULL : "momentum must be in 0 <= momentum < 1";
}

static rn_tensor step(rn__update *u, rn_tensor w, rn_tensor dw)
{
    const double momentum = u->self->parameter[MOMENTUM];

    if (momentum != 0) {
        rn_tensor v = rn__moment(u, w, "velocity");
        dw = rn__advance(u, v, rn_add(rn_scale(v, momentum), dw));
    }
    return rn_sub(w, rn_mul(rn__scalar_for(w, u->rate), dw));
}

static const rn__rule rule = {.name = "sgd", .fault = fault, .step = step};

static bool build(const rn_optimizer *self, rn_tensor loss)
{
    return rn__optimize(self, loss, &rule);
}

rn_optimizer rn_sgd(double rate, double momentum)
{
    return (rn_optimizer){
        .build = build, .rate = rate, .parameter = {[MOMENTUM] = momentum}};
}
