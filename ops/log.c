/* SPDX-License-Identifier: MIT */
/*
 * log -- the natural logarithm of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = log x
 *   dx = dy / x
 */
#include "ops/op.h"

RN_LONG1(log, real, R(log)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_div(dy, x);
}

RN_UNARY(log, gradient)

#endif
