/* SPDX-License-Identifier: MIT */
/*
 * square -- the square of every element.
 *
 *   x  [..]    f32, f64 or i32
 *   y  [..]
 *
 *   y  = x x
 *   dx = 2 dy x
 */
#include "ops/op.h"

RN_MAP1(square, number, (x) * (x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_scale(x, 2));
}

RN_UNARY_WITH(square, gradient, .inputs = 1, .flags = RN_OP_CHEAP | RN_OP_KEEPS_NAN)

#endif
