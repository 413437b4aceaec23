/* SPDX-License-Identifier: MIT */
/*
 * adam -- Kingma and Ba 2015, arXiv:1412.6980, and with decoupled decay arXiv:1711.05101.
 *
 *   t = t + 1                             beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8
 *   m = beta1 m + (1 - beta1) dw
 *   v = beta2 v + (1 - beta2) dw dw
 *   w = w - rate (m / c1 / (sqrt(v / c2) + epsilon) + decay w)
 *
 *   c = 1 - beta^t = -expm1(t log beta)   accurate while t is small
 *
 * t counts the updates of Adam, not those of another optimiser used before.
 */
#include <math.h>

#include "optimizer.h"
#include "rondo/ops.h"

enum { BETA1, BETA2, EPSILON, WEIGHT_DECAY };

static const char *fault(const rn_optimizer *self)
{
    const double decay = self->parameter[WEIGHT_DECAY];

    return decay >= 0 && decay < 1e300 ? NULL : "decay must be finite and not negative";
}

/* 1 / (1 - beta^t) */
static rn_tensor correction(rn_tensor t, double beta)
{
    return rn_reciprocal(rn_neg(rn_expm1(rn_scale(t, log(beta)))));
}

static void prepare(rn__update *u)
{
    rn_tensor count = rn__optimizer_state(u, "adam/t", RN_I32, (rn_shape){0});

    count = rn__advance(u, count, rn_add(count, rn_constant_like(count, 1)));
    rn_tensor t = rn_cast(count, RN_F64);
    u->scalar[0] = correction(t, u->self->parameter[BETA1]);
    u->scalar[1] = correction(t, u->self->parameter[BETA2]);
}

/* beta moment + (1 - beta) new */
static rn_tensor average(rn__update *u, rn_tensor w, const char *name, double beta,
                         rn_tensor new_value)
{
    rn_tensor moment = rn__moment(u, w, name);
    rn_tensor next = rn_add(rn_scale(moment, beta), rn_scale(new_value, 1 - beta));

    return rn__advance(u, moment, next);
}

static rn_tensor step(rn__update *u, rn_tensor w, rn_tensor dw)
{
    const double *p = u->self->parameter;
    rn_tensor m = average(u, w, "m", p[BETA1], dw);
    rn_tensor v = average(u, w, "v", p[BETA2], rn_square(dw));
    rn_tensor m_hat = rn_mul(m, rn__scalar_for(w, u->scalar[0]));
    rn_tensor v_hat = rn_mul(v, rn__scalar_for(w, u->scalar[1]));
    rn_tensor change = rn_div(m_hat, rn_offset(rn_sqrt(v_hat), p[EPSILON]));

    if (p[WEIGHT_DECAY] != 0) change = rn_add(change, rn_scale(w, p[WEIGHT_DECAY]));
    return rn_sub(w, rn_mul(rn__scalar_for(w, u->rate), change));
}

static const rn__rule rule_adam = {.name = "adam", .prepare = prepare, .step = step};
static const rn__rule rule_adamw = {
    .name = "adamw", .fault = fault, .prepare = prepare, .step = step};

static bool build_adam(const rn_optimizer *self, rn_tensor loss)
{
    return rn__optimize(self, loss, &rule_adam);
}

static bool build_adamw(const rn_optimizer *self, rn_tensor loss)
{
    return rn__optimize(self, loss, &rule_adamw);
}

rn_optimizer rn_adam(double rate)
{
    return (rn_optimizer){.build = build_adam,
                          .rate = rate,
                          .parameter = {[BETA1] = 0.9, [BETA2] = 0.999, [EPSILON] = 1e-8}};
}

rn_optimizer rn_adamw(double rate, double decay)
{
    rn_optimizer optimizer = rn_adam(rate);

    optimizer.build = build_adamw;
    optimizer.parameter[WEIGHT_DECAY] = decay;
    return optimizer;
}
