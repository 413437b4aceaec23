/* SPDX-License-Identifier: MIT */
/*
 * mean -- the mean over some axes.
 *
 *   x  [..]    f32 or f64; at least one element over the axes
 *   y  [..]    without the axes, or with size 1 there
 *
 *   y  = (sum of x over the axes) / n; the sum in the order of reduce_kernel.h
 *   dx = dy / n repeated over the axes
 *
 * A mean of finite numbers is finite, even if their sum overflows.
 */
#include "ops/reduce.h"

#if RN_IS_REAL

RN_KERNEL(mean)
{
    R(rn__kernel_sum)(call);
    rn__divide_sums(call, 0x1p-64, false);
    return true;
}

#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    const rn__reduce_attributes *a = (const rn__reduce_attributes *)t->attributes;

    if (rn__reduce_terms(t->in_shape[0], a->axes) == 0)
        return "the mean of no elements is undefined";
    return rn__reduce_shape(t);
}

static void gradient(rn_pullback *p)
{
    const int64_t axes = ((const rn__reduce_attributes *)p->attributes)->axes;
    const rn_shape x = rn_shape_get(p->x[0]);
    const double n = (double)rn__reduce_terms(x, axes);
    const rn_tensor share = rn_div(p->dy, rn_constant_like(p->dy, n));

    p->dx[0] = rn_broadcast(rn__reduce_keep(share, p->x[0], axes), x);
}

RN_REDUCTION(mean, .flags = RN_OP_STRIDED | RN_OP_KEEPS_NAN, .shape = shape)

rn_tensor rn_mean_all(rn_tensor x)
{
    return rn_mean(x, NULL, 0, false);
}

rn_tensor rn_mean_axis(rn_tensor x, int axis)
{
    return rn_mean(x, &axis, 1, false);
}

#endif
