/* SPDX-License-Identifier: MIT */
/*
 * log1p -- log(1 + x) of every element, accurate near 0.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = log(1 + x)
 *   dx = dy / (1 + x)
 */
#include "ops/op.h"

RN_LONG1(log1p, real, R(log1p)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_div(dy, rn_offset(x, 1));
}

RN_UNARY(log1p, gradient)

#endif
