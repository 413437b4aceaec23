/* SPDX-License-Identifier: MIT */
/*
 * logical_and -- where both are true.
 *
 *   x, y  [..]    bool, broadcast
 *   z     [..]
 *
 *   z = x and y
 */
#include "ops/op.h"

RN_MAP2(logical_and, logical, (x) & (y))

#if RN_ONCE
RN_BINARY(logical_and)
#endif
