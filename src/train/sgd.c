/* SPDX-License-Identifier: MIT */
/*
 * sgd -- stochastic gradient descent, with momentum or without.
 *
 *   v = momentum v + dw
 *   w = w - rate v
 */
#include <float.h>

#include "rondo/ops.h"
#include "train/optimizer.h"

static const char *fault(const rn__update *u, double *number)
{
    *number = u->self->parameter[RN_SGD_MOMENTUM];
    return *number >= 0 && *number < 1 ? NULL : "momentum must be in 0 <= momentum < 1";
}

/* dw <= largest (1 - momentum) / 2, so that momentum v + dw never exceeds the largest.
 * Without momentum there is nothing to overflow. */
static double limit(const rn_optimizer *self, double largest)
{
    const double momentum = self->parameter[RN_SGD_MOMENTUM];

    return momentum == 0 ? DBL_MAX : largest * (1 - momentum) / 2;
}

static rn_tensor step(rn__update *u, int i)
{
    const double momentum = u->self->parameter[RN_SGD_MOMENTUM];
    rn_tensor w = u->w[i], dw = u->dw[i];

    if (momentum != 0) {
        rn_tensor v = rn__moment(u, i, "velocity");
        dw = rn__advance(u, v, rn_add(rn_scale(v, momentum), dw));
    }
    return rn_sub(w, rn_mul(rn__scalar_for(u, u->rate), dw));
}

static const rn__rule rule = {.name = "sgd",
                              .parameters = 1 << RN_SGD_MOMENTUM,
                              .fault = fault,
                              .limit = limit,
                              .step = step};

static bool build(const rn_optimizer *self, rn_tensor loss)
{
    return rn__optimize(self, loss, &rule);
}

rn_optimizer rn_sgd(double rate, double momentum)
{
    return (rn_optimizer){.build = build,
                          .settle = rn__settle,
                          .rate = rate,
                          .parameter = {[RN_SGD_MOMENTUM] = momentum}};
}
