/* SPDX-License-Identifier: MIT */
/*
 * sign -- the sign of every element.
 *
 *   x  [..]    f32, f64 or i32
 *   y  [..]
 *
 *   y  = 1 where x > 0, -1 where x < 0, else x: a zero or NaN
 *   dx = 0
 */
#include "ops/branches.h"

RN_MAP1(sign, number, x > 0 ? 1 : x < 0 ? -1 : x)

#if RN_ONCE

const rn_op rn__op_sign = {RN_MAPPED(sign), .inputs = 1, .flags = RN_OP_EXACT,
                           .branches = rn__branch_result};

rn_tensor rn_sign(rn_tensor x)
{
    return rn_apply(&rn__op_sign, &x, 1, NULL, 0);
}

#endif
