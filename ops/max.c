/* SPDX-License-Identifier: MIT */
/*
 * max -- the largest element over some axes.
 *
 *   x  [..]    f32, f64 or i32; at least one element over the axes
 *   y  [..]    without the axes, or with size 1 there
 *
 *   y  = max of x over the axes, NaN if one is
 *   dx = x == y ? dy / (how many are) : 0          y and dy repeated over the axes
 */
#include "ops/reduce.h"

#if RN_IS_NUMBER

#if RN_IS_REAL
#define START (-VM_INFINITY)
#else
#define START INT32_MIN
#endif

#define IS_NAN(x) ((x) != (x))

/* NaN if either is. */
RN_INLINE element combine(element a, element b)
{
    return a >= b || IS_NAN(a) ? a : b;
}
#include "ops/reduce_kernel.h"

RN_KERNEL(max)
{
    reduce(call);
    return true;
}

#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    const rn__reduce_attributes *a = (const rn__reduce_attributes *)t->attributes;

    if (rn__reduce_terms(t->in_shape[0], a->axes) == 0)
        return "the maximum of no elements is undefined";
    return rn__reduce_shape(t);
}

static void gradient(rn_pullback *p)
{
    const int64_t axes = ((const rn__reduce_attributes *)p->attributes)->axes;
    const rn_tensor x = p->x[0], y = rn__reduce_keep(p->y, x, axes);
    const rn_tensor dy = rn__reduce_keep(p->dy, x, axes), largest = rn_equal(x, y);
    const rn_tensor count = rn_sum_to(rn_cast(largest, rn_type_get(x)), rn_shape_get(y));

    p->dx[0] = rn_where(largest, rn_div(dy, count), rn_constant_like(dy, 0));
}

/* The branch: which of the terms is the largest. */
static rn_tensor branches(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    const int64_t axes = ((const rn__reduce_attributes *)attributes)->axes;

    return rn_equal(x[0], rn__reduce_keep(y, x[0], axes));
}

const rn_op rn__op_max = {RN_NAMED(max),        .kind = RN_KIND_REDUCTION,
                          .inputs = 1,          .flags = RN_OP_STRIDED | RN_OP_EXACT,
                          .shape = shape,       .divide = rn__reduce_divide,
                          .gradient = gradient, .branches = branches};

rn_tensor rn_max(rn_tensor x, const int *axes, int count, bool keep)
{
    return rn__reduce(&rn__op_max, x, axes, count, keep);
}

rn_tensor rn_max_all(rn_tensor x)
{
    return rn_max(x, NULL, 0, false);
}

rn_tensor rn_max_axis(rn_tensor x, int axis)
{
    return rn_max(x, &axis, 1, false);
}

#endif
