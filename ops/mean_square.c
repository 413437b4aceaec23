/* SPDX-License-Identifier: MIT */
/*
 * mean_square -- the mean of squares over some axes.
 *
 *   x  [..]    f32 or f64; at least one element over the axes
 *   y  [..]    without the axes, or with size 1 there
 *
 *   y  = (sum of x x over the axes) / n; the sum in the order of reduce_kernel.h
 *   dx = 2 dy / n x            dy repeated over the axes
 *
 * Finite wherever the mean is, even if the sum or the squares overflow.
 */
#include "ops/reduce.h"

#if RN_IS_REAL

#if RN_REAL == 32
#define SCALE   1
#define START   0
#define TERM(x) ((x) * (x))
RN_INLINE element combine(element a, element b)
{
    return a + b;
}
#include "ops/reduce_kernel.h"
#else
#define SCALE        0x1p-550
#define reduce(call) R(rn__kernel_sum_square)(call) /* of doubles, in f64 */
#endif

RN_KERNEL(mean_square)
{
    reduce(call);
    rn__divide_sums(call, SCALE, true);
    return true;
}

#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    const rn__reduce_attributes *a = (const rn__reduce_attributes *)t->attributes;

    if (rn__reduce_terms(t->in_shape[0], a->axes) == 0)
        return "the mean square of no elements is undefined";
    return rn__reduce_shape(t);
}

static void gradient(rn_pullback *p)
{
    const int64_t axes = ((const rn__reduce_attributes *)p->attributes)->axes;
    const double n = (double)rn__reduce_terms(rn_shape_get(p->x[0]), axes);
    const rn_tensor share = rn_div(p->dy, rn_constant_like(p->dy, n));

    p->dx[0] = rn_mul(rn__reduce_keep(rn_scale(share, 2), p->x[0], axes), p->x[0]);
}

RN_REDUCTION(mean_square, .flags = RN_OP_STRIDED | RN_OP_KEEPS_NAN, .shape = shape)

#endif
