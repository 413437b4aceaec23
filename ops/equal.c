/* SPDX-License-Identifier: MIT */
/*
 * equal -- where two tensors are equal.
 *
 *   x, y  [..]    any one type, broadcast
 *   z     [..]    bool
 *
 *   z = (x == y), false for a NaN
 */
#include "ops/branches.h"
#include "ops/compare.h"

RN_COMPARE2(equal, any, x == y)

#if RN_ONCE
RN_BINARY(equal, .shape = rn__compare_shape, .branches = rn__branch_result)
#endif
