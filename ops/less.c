/* SPDX-License-Identifier: MIT */
/*
 * less -- where one tensor is below another.
 *
 *   x, y  [..]    any one type, broadcast
 *   z     [..]    bool
 *
 *   z = (x < y), false for a NaN; false < true
 */
#include "ops/branches.h"
#include "ops/compare.h"

RN_COMPARE2(less, any, x < y)

#if RN_ONCE
RN_BINARY(less, .shape = rn__compare_shape, .branches = rn__branch_result)
#endif
