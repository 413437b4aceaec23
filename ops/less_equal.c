/* SPDX-License-Identifier: MIT */
/*
 * less_equal -- where one tensor is not above another.
 *
 *   x, y  [..]    any one type, broadcast
 *   z     [..]    bool
 *
 *   z = (x <= y), false for a NaN; false < true
 */
#include "ops/branches.h"
#include "ops/compare.h"

RN_COMPARE2(less_equal, any, x <= y)

#if RN_ONCE
RN_BINARY(less_equal, .shape = rn__compare_shape, .branches = rn__branch_result)
#endif
