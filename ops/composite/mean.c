/* SPDX-License-Identifier: MIT */
/*
 * mean      y = (sum of x) / n
 * variance  y = mean of (x - mean x)^2, in two passes, which cancels nothing
 *
 * over n elements along some axes, n >= 1.
 */
#include "reduce.h"

/* For messages. */
static const rn_op mean_name = {.name = "mean"}, variance_name = {.name = "variance"};

static rn_tensor mean(const rn_op *op, rn_tensor x, const int *axes, int count, bool keep)
{
    if (rn_is_null(x)) return x;

    const int64_t mask = rn__reduce_axes(op, x, axes, count);
    const int64_t terms = mask < 0 ? 0 : rn__reduce_terms(rn_shape_get(x), mask);
    if (mask < 0) return rn_null();
    if (terms == 0) return rn__op_refuse(op, &x, 1, "there is no %s of nothing", op->name);

    const rn_tensor sum = rn_sum(x, axes, count, keep);
    return rn_div(sum, rn_constant_like(sum, (double)terms));
}

rn_tensor rn_mean(rn_tensor x, const int *axes, int count, bool keep)
{
    return mean(&mean_name, x, axes, count, keep);
}

rn_tensor rn_variance(rn_tensor x, const int *axes, int count, bool keep)
{
    const rn_tensor distance = rn_sub(x, mean(&variance_name, x, axes, count, true));

    return mean(&variance_name, rn_square(distance), axes, count, keep);
}

rn_tensor rn_mean_all(rn_tensor x)
{
    return rn_mean(x, NULL, 0, false);
}

rn_tensor rn_mean_axis(rn_tensor x, int axis)
{
    return rn_mean(x, &axis, 1, false);
}
