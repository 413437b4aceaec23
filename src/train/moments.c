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

rn_tensor rn__moments(rn_update *u, int i, rn_tensor *v)
{
    const rn_tensor m = rn__average(u, i, "m", u->self->beta1, u->dw[i]);

    *v = rn__average(u, i, "v", u->self->beta2, rn_square(u->dw[i]));
    return m;
}

rn_tensor rn__correction(rn_tensor t, double beta)
{
    return rn_neg(rn_expm1(rn_scale(t, log(beta))));
}

void rn__prepare_moments(rn_update *u)
{
    const double beta[] = {u->self->beta1, u->self->beta2};

    for (int k = 0; k < 2; k++)
        u->factor[k] = rn__update_cast(u, rn_reciprocal(rn__correction(u->t, beta[k])));
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
