/* SPDX-License-Identifier: MIT */
/*
 * erf -- the error function of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = 2 / sqrt(pi) times the integral of e^(-t t) from 0 to x
 *   dx = dy 2 / sqrt(pi) e^(-x x)
 */
#include "ops/op.h"

RN_LONG1(erf, real, R(erf)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    const double two_over_root_pi = 1.1283791670955126;

    return rn_mul(dy, rn_scale(rn_exp(rn_neg(rn_square(x))), two_over_root_pi));
}

RN_UNARY(erf, gradient)

#endif
