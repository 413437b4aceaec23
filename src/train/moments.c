/* SPDX-License-Identifier: MIT */
/* Parts that several rules share: means of gradients and their corrections. */
#include <math.h>

#include "train/optimizer.h"

rn_tensor rn__factor(const rn_update *u, int k, int i)
{
    return rn_index(u->factor[k], 0, i);
}

rn_tensor rn__average(rn_update *u, int i, const char *name, double beta, rn_tensor value)
{
    rn_tensor moment = rn_update_moment(u, i, name);
    rn_tensor next = rn_add(rn_scale(moment, beta), rn_scale(value, 1 - beta));

    return rn_update_advance(u, moment, next);
}

rn_tensor rn__by_momentum(const rn_update *u, rn_tensor x, double momentum)
{
    return rn_is_null(u->momentum) ? rn_scale(x, momentum)
                                   : rn_mul(x, rn__update_cast(u, u->momentum));
}

rn_tensor rn__beside_momentum(const rn_update *u, rn_tensor x, double momentum)
{
    return rn_is_null(u->momentum)
               ? rn_scale(x, 1 - momentum)
               : rn_mul(x, rn__update_cast(u, rn_one_minus(u->momentum)));
}

rn_tensor rn__first_moment(rn_update *u, int i)
{
    const double beta1 = u->self->beta1;
    const rn_tensor m = rn_update_moment(u, i, "m");

    return rn_update_advance(
        u, m,
        rn_add(rn__by_momentum(u, m, beta1), rn__beside_momentum(u, u->dw[i], beta1)));
}

rn_tensor rn__moments(rn_update *u, int i, rn_tensor *v)
{
    const rn_tensor m = rn__first_moment(u, i);

    *v = rn__average(u, i, "v", u->self->beta2, rn_square(u->dw[i]));
    return m;
}

rn_tensor rn__correction(rn_tensor t, double beta)
{
    return rn_neg(rn_expm1(rn_scale(t, log(beta))));
}

void rn__prepare_moments(rn_update *u)
{
    rn_tensor c1 = rn_is_null(u->momentum)
                       ? rn__correction(u->t, u->self->beta1)
                       : rn_neg(rn_expm1(rn_mul(u->t, rn_log(u->momentum))));
    rn_tensor c2 = rn__correction(u->t, u->self->beta2);

    u->factor[0] = rn__update_cast(u, rn_reciprocal(c1));
    u->factor[1] = rn__update_cast(u, rn_reciprocal(c2));
}

bool rn__counts(const rn_optimizer *self)
{
    (void)self;
    return true;
}

double rn__limit_squares(const rn_optimizer *self, double largest)
{
    (void)self;
    return sqrt(largest) / 2;
}

double rn__limit_means(const rn_optimizer *self, double largest)
{
    (void)self;
    return largest / 2;
}
