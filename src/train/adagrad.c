/* SPDX-License-Identifier: MIT */
/*
 * adagrad -- Duchi, Hazan and Singer 2011, Journal of Machine Learning Research 12.
 *
 *   sum = sum + dw dw                        eps = 1e-10, lr_decay = 0
 *   r   = rate / (1 + (t - 1) lr_decay)
 *   w   = w - r dw / (sqrt(sum + initial_accumulator_value) + eps)
 *
 * The variable is the sum without its initial value. It stops growing at the largest number
 * of its type.
 */
#include <float.h>

#include "train/optimizer.h"

static bool counts(const rn_optimizer *self)
{
    return self->lr_decay != 0;
}

static void prepare(rn_update *u)
{
    const double decay = u->self->lr_decay;

    if (decay != 0)
        u->factor[0] =
            rn__update_cast(u, rn_reciprocal(rn_offset(rn_scale(u->t, decay), 1 - decay)));
}

static rn_tensor step(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    rn_tensor moment = rn_update_moment(u, i, "sum"), dw = u->dw[i];
    rn_tensor sum = rn_minimum(rn_add(moment, rn_square(dw)),
                               rn_constant_like(dw, rn__update_largest(u)));

    sum = rn_update_advance(u, moment, sum);
    if (o->initial_accumulator_value != 0)
        sum = rn_offset(sum, o->initial_accumulator_value);
    if (o->lr_decay != 0) dw = rn_mul(dw, rn__factor(u, 0, i));
    return rn_mul(u->rate[i], rn_div(dw, rn_offset(rn_sqrt(sum), o->eps)));
}

static const rn_hyperparameter parameters[] = {
    RN__EPS(1e-10), RN__DECAY, RN_HYPERPARAMETER(lr_decay, 0, 0, 1e300),
    RN_HYPERPARAMETER(initial_accumulator_value, 0, 0, 1e300)};

RN__RULE(adagrad, .counts = counts, .limit = rn__limit_squares, .prepare = prepare,
         .step = step)

rn_optimizer rn_adagrad(double rate)
{
    return rn_optimizer_of(&rule_adagrad, rate);
}
