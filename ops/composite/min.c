/* SPDX-License-Identifier: MIT */
/*
 * min -- the smallest element over axes, computed from the largest:
 *
 *   min x = -max(-x)               real types
 *         = -1 - max(-1 - x)       i32, whose lowest value has no negative
 */
#include "graph/frame.h"
#include "ops/reduce.h"

static const rn_op name = {.name = "min"};

static rn_tensor turned(rn_tensor x)
{
    return rn_type_get(x) == RN_I32 ? rn_sub(rn_constant_like(x, -1), x) : rn_neg(x);
}

rn_tensor rn_min(rn_tensor x, const int *axes, int count, bool keep)
{
    if (rn_is_null(x)) return rn__null_from("min", RN__NULL_X, &x, 1);

    const int64_t mask = rn__reduce_axes(&name, x, axes, count);
    if (mask < 0) return rn_null();
    if (rn__reduce_terms(rn_shape_get(x), mask) == 0)
        return rn__op_refuse(&name, &x, 1, "the minimum of no elements is undefined");
    rn__frame f;
    rn__frame_enter(&f, "min", NULL, x, rn_null());
    return rn__frame_leave(&f, turned(rn_max(turned(x), axes, count, keep)));
}
