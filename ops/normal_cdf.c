/* SPDX-License-Identifier: MIT */
/*
 * normal_cdf -- the standard normal distribution's function.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = (1 + erf(x / sqrt 2)) / 2 = erfc(-x / sqrt 2) / 2        0 at -inf, 1 at inf
 *   dx = dy normal_pdf(x)
 *
 * The error of y is at most 9 units in its last place, where y is tiny too.
 */
#include "ops/op.h"

RN_LONG1(normal_cdf, real, R(normal_cdf)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_normal_pdf(x));
}

RN_UNARY(normal_cdf, gradient)

#endif
