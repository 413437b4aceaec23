/* SPDX-License-Identifier: MIT */
/*
 * exp -- the exponential of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = e^x
 *   dx = dy y                from y alone
 */
#include "ops/op.h"

RN_LONG1(exp, real, R(exp)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)x;
    return rn_mul(dy, y);
}

RN_UNARY(exp, gradient)

#endif
