/* SPDX-License-Identifier: MIT */
/*
 * tanh -- the hyperbolic tangent of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = tanh x
 *   dx = dy (1 - y y)          from y alone
 *
 * The error of dx is at most 4 u |dy|, u being 2^-53 (f64) or 2^-24 (f32). Where y is near
 * 1 or -1, this leaves only a few digits of dx, and where y is 1 or -1, dx is 0.
 */
#include "ops/op.h"

RN_LONG1(tanh, real, R(tanh)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)x;
    return rn_tanh_slope(y, dy);
}

RN_UNARY(tanh, gradient)

#endif
