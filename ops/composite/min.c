/* SPDX-License-Identifier: MIT */
/*
 * min -- the smallest element over axes, by way of the largest:
 *
 *   min x = -max(-x)               real types
 *         = -1 - max(-1 - x)       i32, whose lowest value has no negative
 */
#include "rondo/ops.h"

static rn_tensor turned(rn_tensor x)
{
    return rn_type_get(x) == RN_I32 ? rn_sub(rn_constant_like(x, -1), x) : rn_neg(x);
}

rn_tensor rn_min(rn_tensor x, const int *axes, int count, bool keep)
{
    return turned(rn_max(turned(x), axes, count, keep));
}
