/* SPDX-License-Identifier: MIT */
/*
 * floor -- the largest integer that is not above each element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = floor x
 *   dx = 0
 *
 * Exact. Infinities, NaN and zeros with their signs stay; the result 0 has the sign of x.
 */
#include "ops/branches.h"
#include "ops/whole.h"

RN_LONG1(floor, real, R(whole_below)(x))

#if RN_ONCE

const rn_op rn__op_floor = {RN_MAPPED(floor), .inputs = 1,
                            .flags = RN_OP_EXACT | RN_OP_KEEPS_NAN,
                            .branches = rn__branch_result};

rn_tensor rn_floor(rn_tensor x)
{
    return rn_apply(&rn__op_floor, &x, 1, NULL, 0);
}

#endif
