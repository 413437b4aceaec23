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
 * t counts Adam's updates of one weight; a weight that is added later starts with t = 0. To
 * keep this cheap, the counts of all weights are joined to one vector for the computation.
 */
#include <math.h>

#include "rondo/ops.h"
#include "train/optimizer.h"

static const char *fault(const rn__update *u, double *number)
{
    const double *p = u->self->parameter;

    *number = p[RN_ADAM_BETA1];
    if (!(*number >= 0 && *number < 1)) return "beta1 must be in 0 <= beta1 < 1";
    *number = p[RN_ADAM_BETA2];
    if (!(*number >= 0 && *number < 1)) return "beta2 must be in 0 <= beta2 < 1";
    *number = p[RN_ADAM_DECAY];
    if (!(*number >= 0 && *number < 1e300)) return "decay must be finite and not negative";
    *number = p[RN_ADAM_EPSILON];
    return rn__epsilon_fault(u, *number);
}

/* dw dw <= largest / 4, so that beta2 v + (1 - beta2) dw dw never exceeds the largest. */
static double limit(const rn_optimizer *self, double largest)
{
    (void)self;
    return sqrt(largest) / 2;
}

/* 1 / (1 - beta^t) for all weights. */
static rn_tensor correction(const rn__update *u, rn_tensor t, double beta)
{
    return rn__scalar_for(u, rn_reciprocal(rn_neg(rn_expm1(rn_scale(t, log(beta))))));
}

static void prepare(rn__update *u)
{
    const rn_tensor next = rn_add(u->counts, rn_constant_like(u->counts, 1));
    const rn_tensor t = rn_cast(next, RN_F64);
    const rn_tensor kept = rn_where(u->made, next, u->counts);

    u->factor[0] = correction(u, t, u->self->parameter[RN_ADAM_BETA1]);
    u->factor[1] = correction(u, t, u->self->parameter[RN_ADAM_BETA2]);
    for (int i = 0; i < u->count; i++) rn_assign(u->t[i], rn_index(kept, 0, i));
}

/* beta moment + (1 - beta) new */
static rn_tensor average(rn__update *u, int i, const char *name, double beta,
                         rn_tensor new_value)
{
    rn_tensor moment = rn__moment(u, i, name);
    rn_tensor next = rn_add(rn_scale(moment, beta), rn_scale(new_value, 1 - beta));

    return rn__advance(u, moment, next);
}

static rn_tensor step(rn__update *u, int i)
{
    const double *p = u->self->parameter;
    rn_tensor w = u->w[i], dw = u->dw[i];
    rn_tensor m = average(u, i, "m", p[RN_ADAM_BETA1], dw);
    rn_tensor v = average(u, i, "v", p[RN_ADAM_BETA2], rn_square(dw));
    rn_tensor m_hat = rn_mul(m, rn_index(u->factor[0], 0, i));
    rn_tensor v_hat = rn_mul(v, rn_index(u->factor[1], 0, i));
    rn_tensor change = rn_div(m_hat, rn_offset(rn_sqrt(v_hat), p[RN_ADAM_EPSILON]));

    if (p[RN_ADAM_DECAY] != 0) change = rn_add(change, rn_scale(w, p[RN_ADAM_DECAY]));
    return rn_sub(w, rn_mul(rn__scalar_for(u, u->rate), change));
}

enum {
    PARAMETERS =
        1 << RN_ADAM_BETA1 | 1 << RN_ADAM_BETA2 | 1 << RN_ADAM_EPSILON | 1 << RN_ADAM_DECAY
};

static const rn__rule rule_adam = {.name = "adam",
                                   .parameters = PARAMETERS,
                                   .counts = true,
                                   .fault = fault,
                                   .limit = limit,
                                   .prepare = prepare,
                                   .step = step};
static const rn__rule rule_adamw = {.name = "adamw",
                                    .parameters = PARAMETERS,
                                    .counts = true,
                                    .fault = fault,
                                    .limit = limit,
                                    .prepare = prepare,
                                    .step = step};

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
    return (rn_optimizer){
        .build = build_adam,
        .settle = rn__settle,
        .rate = rate,
        .parameter = {
            [RN_ADAM_BETA1] = 0.9, [RN_ADAM_BETA2] = 0.999, [RN_ADAM_EPSILON] = 1e-8}};
}

rn_optimizer rn_adamw(double rate, double decay)
{
    rn_optimizer optimizer = rn_adam(rate);

    optimizer.build = build_adamw;
    optimizer.parameter[RN_ADAM_DECAY] = decay;
    return optimizer;
}
