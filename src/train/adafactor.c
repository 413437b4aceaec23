/* SPDX-License-Identifier: MIT */
/*
 * adafactor -- Shazeer and Stern 2018, arXiv:1804.04235, as in PyTorch.
 *
 *   b = t^beta2_decay                        beta2_decay = -0.8
 *   r = (1 - b) r + b mean over columns of dw dw          the last two axes of a weight
 *   c = (1 - b) c + b mean over rows of dw dw
 *   v = r c / max(mean of r, eps)            of a vector: v = (1 - b) v + b dw dw
 *   u = dw / sqrt(max(v, eps eps))
 *   w = w - max(eps2, rms(w)) min(rate, 1 / sqrt(t)) u / max(1, rms(u) / d)
 *
 * eps2 = 0.001, d = 1; eps is the precision of the weights' type, and rms(x) the square
 * root of the mean of x x.
 */
#include <float.h>
#include <math.h>

#include "train/optimizer.h"

static void prepare(rn_update *u)
{
    const rn_tensor exponent = rn_constant_like(u->t, u->self->beta2_decay);

    u->factor[0] = rn__update_cast(u, rn_pow(u->t, exponent));
    u->factor[1] = rn__update_cast(u, rn_reciprocal(rn_sqrt(u->t)));
}

/* (1 - b) moment + b new, for the scalar b. */
static rn_tensor mixed(rn_update *u, int i, const char *name, rn_tensor new_value)
{
    const rn_shape shape = rn_shape_get(new_value);
    rn_tensor moment = rn_update_moment_of(u, i, name, u->type, shape);
    rn_tensor b = rn__factor(u, 0, i);
    rn_tensor next = rn_add(rn_mul(rn_one_minus(b), moment), rn_mul(b, new_value));

    return rn_update_advance(u, moment, next);
}

static rn_tensor variance(rn_update *u, int i, double eps)
{
    const rn_tensor squares = rn_square(u->dw[i]);
    const int rank = rn_rank(squares), column = rank - 1, row = rank - 2;

    if (rank < 2) return mixed(u, i, "variance", squares);
    const rn_tensor r = mixed(u, i, "row_var", rn_mean(squares, &column, 1, true));
    const rn_tensor c = mixed(u, i, "col_var", rn_mean(squares, &row, 1, true));
    const rn_tensor mean = rn_mean(r, &row, 1, true);
    return rn_mul(rn_div(r, rn_maximum(mean, rn_constant_like(mean, eps))), c);
}

static rn_tensor root_mean_square(const rn_update *u, rn_tensor x)
{
    return rn__update_cast(u, rn_sqrt(rn_mean_square(x, NULL, 0, false)));
}

static rn_tensor step(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    const double preset = u->type == RN_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    const double eps = o->eps != 0 ? o->eps : preset;
    rn_tensor v = variance(u, i, eps);
    rn_tensor root = rn_sqrt(rn_maximum(v, rn_constant_like(v, eps * eps)));
    rn_tensor change = rn_div(u->dw[i], root);
    rn_tensor size = root_mean_square(u, u->w[i]);
    rn_tensor rate = rn_minimum(u->rate[i], rn__factor(u, 1, i));
    rn_tensor excess = rn_scale(root_mean_square(u, change), 1 / o->d);

    rate = rn_mul(rate, rn_maximum(size, rn_constant_like(size, o->eps2)));
    rate = rn_div(rate, rn_maximum(excess, rn_constant_like(excess, 1)));
    return rn_mul(rate, change);
}

static const rn_hyperparameter parameters[] = {
    RN_HYPERPARAMETER(beta2_decay, -0.8, -10, 0), RN_HYPERPARAMETER(eps, 0, 0, 1e300),
    RN_HYPERPARAMETER(eps2, 1e-3, 0, 1e300), RN_HYPERPARAMETER(d, 1, 1, 1e300), RN__DECAY};

RN__RULE(adafactor, .counts = rn__counts, .decay = RN_DECAY_WEIGHT,
         .limit = rn__limit_squares, .prepare = prepare, .step = step)

rn_optimizer rn_adafactor(double rate)
{
    return rn_optimizer_of(&rule_adafactor, rate);
}
