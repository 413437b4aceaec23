/* SPDX-License-Identifier: MIT */
/*
 * sigmoid -- the logistic function of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = 1 / (1 + e^-x)
 *   dx = dy y (1 - y)        from y alone
 */
#include "op.h"

RN_MAP1(sigmoid, real, R(sigmoid)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)x;
    return rn_mul(dy, rn_mul(y, rn_one_minus(y)));
}

RN_UNARY(sigmoid, gradient)

#endif
