/* SPDX-License-Identifier: MIT */
/*
 * sigmoid -- the logistic function of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = 1 / (1 + e^-x)
 *   dx = dy y (1 - y)        from y alone
 *
 * The error of dx is at most 6 u |dy| y, u being 2^-53 (f64) or 2^-24 (f32): small beside
 * dx for x < 0, but not where y is near 1.
 */
#include "ops/op.h"

RN_LONG1(sigmoid, real, R(sigmoid)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)x;
    return rn_sigmoid_slope(y, dy);
}

RN_UNARY(sigmoid, gradient)

#endif
