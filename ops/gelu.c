/* SPDX-License-Identifier: MIT */
/*
 * gelu -- every element times the normal distribution's function of it; Hendrycks and
 * Gimpel, arXiv:1606.08415, without their approximations.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = x P(x),  P(x) = (1 + erf(x / sqrt 2)) / 2 = erfc(-x / sqrt 2) / 2        0 at -inf
 *   dx = dy gelu_slope(x)
 *
 * The error of y is at most 9 units in its last place, where y is tiny too.
 */
#include "op.h"

RN_MAP1(gelu, real, R(gelu)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_gelu_slope(x));
}

RN_UNARY(gelu, gradient)

#endif
