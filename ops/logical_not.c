/* SPDX-License-Identifier: MIT */
/*
 * logical_not -- where a condition is false.
 *
 *   x  [..]    bool
 *   y  [..]
 *
 *   y = not x
 */
#include "ops/op.h"

RN_MAP1(logical_not, logical, x ^ 1)

#if RN_ONCE

const rn_op rn__op_logical_not = {RN_MAPPED(logical_not), .inputs = 1,
                                  .flags = RN_OP_INVOLUTION};

rn_tensor rn_logical_not(rn_tensor x)
{
    return rn_apply(&rn__op_logical_not, &x, 1, NULL, 0);
}

#endif
