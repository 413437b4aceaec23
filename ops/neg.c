/* SPDX-License-Identifier: MIT */
/*
 * neg -- every element with its sign changed.
 *
 *   x  [..]    f32, f64 or i32
 *   y  [..]
 *
 *   y  = -x
 *   dx = -dy
 */
#include "ops/op.h"

RN_MAP1(neg, number, -x)

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)x;
    (void)y;
    return rn_neg(dy);
}

RN_UNARY_WITH(neg, gradient, .inputs = 1, .linear = 1,
              .flags = RN_OP_CHEAP | RN_OP_EXACT | RN_OP_INVOLUTION)

#endif
