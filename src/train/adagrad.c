/* SPDX-License-Identifier: MIT */
/*
 * adagrad -- Duchi, Hazan and Singer 2011, JMLR 12.
 *
 *   s = s + dw dw                            epsilon = 1e-10
 *   w = w - rate dw / (sqrt(s) + epsilon)
 */
#include <math.h>

#include "rondo/ops.h"
#include "train/optimizer.h"

static const char *fault(const rn__update *u, double *number)
{
    *number = u->self->parameter[RN_ADAGRAD_EPSILON];
    return rn__epsilon_fault(u, *number);
}

/* The sum stops short of the largest number instead of passing it: dw dw <= largest / 4,
 * and s is held below largest / 2. */
static double limit(const rn_optimizer *self, double largest)
{
    (void)self;
    return sqrt(largest) / 2;
}

static rn_tensor step(rn__update *u, int i)
{
    const double largest = u->type == RN_F32 ? 0x1p126 : 0x1p1022;
    rn_tensor w = u->w[i], dw = u->dw[i], s = rn__moment(u, i, "s");

    s = rn__advance(u, s,
                    rn_add(rn_minimum(s, rn_constant_like(s, largest)), rn_square(dw)));
    rn_tensor below = rn_offset(rn_sqrt(s), u->self->parameter[RN_ADAGRAD_EPSILON]);
    return rn_sub(w, rn_mul(rn__scalar_for(u, u->rate), rn_div(dw, below)));
}

static const rn__rule rule = {.name = "adagrad",
                              .parameters = 1 << RN_ADAGRAD_EPSILON,
                              .fault = fault,
                              .limit = limit,
                              .step = step};

static bool build(const rn_optimizer *self, rn_tensor loss)
{
    return rn__optimize(self, loss, &rule);
}

rn_optimizer rn_adagrad(double rate)
{
    return (rn_optimizer){.build = build,
                          .settle = rn__settle,
                          .rate = rate,
                          .parameter = {[RN_ADAGRAD_EPSILON] = 1e-10}};
}
