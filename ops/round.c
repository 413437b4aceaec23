/* SPDX-License-Identifier: MIT */
/*
 * round -- the nearest integer of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = the integer nearest to x; of two, the even one
 *   dx = 0
 *
 * Exact. Infinities, NaN and zeros with their signs stay; the result 0 has the sign of x.
 */
#include "ops/branches.h"
#include "ops/whole.h"

RN_LONG1(round, real, R(whole_near)(x))

#if RN_ONCE

const rn_op rn__op_round = {RN_MAPPED(round), .inputs = 1,
                            .flags = RN_OP_EXACT | RN_OP_KEEPS_NAN,
                            .branches = rn__branch_result};

rn_tensor rn_round(rn_tensor x)
{
    return rn_apply(&rn__op_round, &x, 1, NULL, 0);
}

#endif
