/* SPDX-License-Identifier: MIT */
/*
 * relu -- every element, or 0 where it is negative.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = max(x, 0); NaN stays
 *   dx = y <= 0 ? 0 : dy     from y alone; a selection, so dy may be infinite where y is 0
 */
#include "ops/branches.h"

RN_MAP1(relu, real, x <= 0 ? 0 : x)

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)x;
    const rn_tensor zero = rn_constant_like(y, 0);

    return rn_where(rn_less_equal(y, zero), zero, dy);
}

RN_UNARY_WITH(relu, gradient, .inputs = 1, .flags = RN_OP_EXACT,
              .branches = rn__branch_sign)

#endif
