/* SPDX-License-Identifier: MIT */
/*
 * logical_or -- where at least one is true.
 *
 *   x, y  [..]    bool, broadcast
 *   z     [..]
 *
 *   z = x or y
 */
#include "ops/op.h"

RN_MAP2(logical_or, logical, x | y)

#if RN_ONCE
RN_BINARY(logical_or)
#endif
