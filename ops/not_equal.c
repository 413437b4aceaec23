/* SPDX-License-Identifier: MIT */
/*
 * not_equal -- where two tensors differ.
 *
 *   x, y  [..]    any one type, broadcast
 *   z     [..]    bool
 *
 *   z = (x != y), true for a NaN
 */
#include "ops/branches.h"
#include "ops/compare.h"

RN_COMPARE2(not_equal, any, x != y)

#if RN_ONCE
RN_BINARY(not_equal, .shape = rn__compare_shape, .branches = rn__branch_result)
#endif
