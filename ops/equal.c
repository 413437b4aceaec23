/* SPDX-License-Identifier: MIT */
/*
 * equal -- where two tensors are equal.
 *
 *   x, y  [..]    any one type, broadcast
 *   z     [..]    bool
 *
 *   z = (x == y), false for a NaN
 */
#include "ops/compare.h"
#include "ops/sides.h"

RN_COMPARE2(equal, any, x == y)

#if RN_ONCE
RN_BINARY(equal, .shape = rn__compare_shape, .sides = rn__sides_result)
#endif
