/* SPDX-License-Identifier: MIT */
/*
 * argmax -- the index of the first largest element along one axis.
 *
 *   x  [.., n, ..]    f32, f64 or i32, n >= 1; the variant is its type
 *   y  [.., ..]       i32, without the axis, or with size 1 there
 *
 *   y = the least i with x[i] >= x[j] for all j; a NaN counts as largest
 *
 * No gradient.
 */
#include "ops/branches.h"
#include "ops/reduce.h"

#if RN_IS_NUMBER

RN_INLINE bool is_nan(element x)
{
#if RN_IS_REAL
    return x != x;
#else
    (void)x;
    return false;
#endif
}

static int32_t first_largest(const void *terms, int64_t n, int64_t stride)
{
    const element *x = (const element *)terms;
    element largest = x[0];
    int64_t at = 0;

    for (int64_t i = 1; i < n && !is_nan(largest); i++)
        if (!(x[i * stride] <= largest)) largest = x[i * stride], at = i;
    return (int32_t)at;
}

RN_KERNEL(argmax)
{
    rn__reduce_to_index(call, sizeof(element), first_largest);
    return true;
}

#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    const rn__reduce_attributes *a = (const rn__reduce_attributes *)t->attributes;
    const int64_t n = rn__reduce_terms(t->in_shape[0], a->axes);

    if (n == 0) return "the maximum of no elements is undefined";
    if (n > INT32_MAX) return "the axis is too long for an i32 index";
    t->variant = (int)t->in_type[0];
    t->type = RN_I32;
    return rn__reduce_shape(t);
}

const rn_op rn__op_argmax = {RN_NAMED(argmax),
                             .kind = RN_KIND_REDUCTION,
                             .inputs = 1,
                             .flags = RN_OP_STRIDED,
                             .shape = shape,
                             .divide = rn__reduce_divide,
                             .branches = rn__branch_result};

rn_tensor rn_argmax(rn_tensor x, int axis, bool keep)
{
    return rn__reduce(&rn__op_argmax, x, &axis, 1, keep);
}

#endif
