/* SPDX-License-Identifier: MIT */
/*
 * variance -- the mean of (x - mean x)^2 over some axes, of at least one element, in two
 * passes to avoid cancellation.
 */
#include "graph/frame.h"
#include "ops/reduce.h"

/* For messages. */
static const rn_op name = {.name = "variance"};

rn_tensor rn_variance(rn_tensor x, const int *axes, int count, bool keep)
{
    if (rn_is_null(x)) return rn__null_from("variance", RN__NULL_X, &x, 1);

    const int64_t mask = rn__reduce_axes(&name, x, axes, count);
    if (mask < 0) return rn_null();
    if (rn__reduce_terms(rn_shape_get(x), mask) == 0)
        return rn__op_refuse(&name, &x, 1, "the variance of no elements is undefined");

    rn__frame f;
    if (!rn__frame_enter_real(&f, "variance", x)) return rn__frame_leave(&f, rn_null());
    const rn_tensor distance = rn_sub(x, rn_mean(x, axes, count, true));
    return rn__frame_leave(&f, rn_mean_square(distance, axes, count, keep));
}
