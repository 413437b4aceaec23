/* SPDX-License-Identifier: MIT */
/*
 * abs -- the absolute value of every element.
 *
 *   x  [..]    f32, f64 or i32
 *   y  [..]
 *
 *   y  = |x|, of -0 it is 0; the lowest i32 stays as it is
 *   dx = dy sign x              so 0 at 0
 */
#include "ops/branches.h"

RN_MAP1(abs, number, x > 0 ? x : 0 - x)

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_sign(x));
}

RN_UNARY_WITH(abs, gradient, .inputs = 1, .flags = RN_OP_CHEAP | RN_OP_EXACT,
              .branches = rn__branch_sign)

#endif
