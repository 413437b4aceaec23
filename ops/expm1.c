/* SPDX-License-Identifier: MIT */
/*
 * expm1 -- e^x - 1 of every element, accurate near 0.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = e^x - 1
 *   dx = dy e^x              not dy (y + 1), which is rounded away where y is near -1
 */
#include "ops/op.h"

RN_LONG1(expm1, real, R(expm1)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_exp(x));
}

RN_UNARY(expm1, gradient)

#endif
