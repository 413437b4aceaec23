/* SPDX-License-Identifier: MIT */
/*
 * softplus -- the smooth maximum of every element and 0.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = log(1 + e^x) = max(x, 0) + log1p(e^-|x|)
 *   dx = dy sigmoid x
 */
#include "ops/op.h"

RN_LONG1(softplus, real, R(softplus)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_sigmoid(x));
}

RN_UNARY(softplus, gradient)

#endif
