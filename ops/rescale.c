/* SPDX-License-Identifier: MIT */
/*
 * rescale -- powers of two to multiply x by before it is squared, over some axes.
 *
 *   x  [..]    f32 or f64
 *   y  [..]    without the axes, or with size 1 there
 *
 *                             f32      f64
 *   y  = DOWN where max |x| is
 *        LARGE or more        2^-70    2^-530  from 2^60 and 2^500
 *      = UP where it is below
 *        SMALL, if asked for  2^100    2^700   below 2^-60 and 2^-400
 *      = 1 else, over nothing and where one is NaN
 *   dx = 0: y jumps
 */
#include "ops/branches.h"

#include "ops/reduce.h"

typedef struct attributes {
    rn__reduce_attributes over;
    int64_t small; /* whether UP is used */
} attributes;

#if RN_IS_REAL

#if RN_REAL == 32
#define LARGE 0x1p60f
#define DOWN  0x1p-70f
#define SMALL 0x1p-60f
#define UP    0x1p100f
#else
#define LARGE 0x1p500
#define DOWN  0x1p-530
#define SMALL 0x1p-400
#define UP    0x1p700
#endif

#define START   0
#define TERM(x) R(vm_fabs)(x)
/* For numbers that are not negative, the order of the bits is that of the numbers, with NaN
 * above all. */
RN_INLINE element combine(element a, element b)
{
    const vm_bits m = R(vm_to_bits)(a), n = R(vm_to_bits)(b);

    return R(vm_from_bits)(m > n ? m : n);
}
#include "ops/reduce_kernel.h"

RN_KERNEL(rescale)
{
    const attributes *a = (const attributes *)call->attributes;
    const real up = a->small ? UP : 1;
    real *y = (real *)call->out->data;
    int64_t n = 1;

    reduce(call);
    for (int i = 0; i < call->out->rank; i++) n *= call->out->size[i];
    RN_LEFT(i, 0, n, y[i] = y[i] >= LARGE ? DOWN : y[i] < SMALL && y[i] > 0 ? up : 1)
    return true;
}

#endif

#if RN_ONCE

const rn_op rn__op_rescale = {RN_NAMED(rescale),
                              .kind = RN_KIND_REDUCTION,
                              .batch = rn__reduce_batch,
                              .divide = rn__reduce_divide,
                              .inputs = 1,
                              .flags = RN_OP_STRIDED | RN_OP_TYPED,
                              .shape = rn__reduce_shape,
                              .branches = rn__branch_result};

rn_tensor rn_rescale(rn_tensor x, const int *axes, int count, bool keep, bool small)
{
    if (rn_is_null(x)) return rn__null_from("rescale", RN__NULL_X, &x, 1);

    const int64_t mask = rn__reduce_axes(&rn__op_rescale, x, axes, count);
    const attributes a = {{mask, keep}, small};
    return mask < 0 ? rn_null() : rn_apply(&rn__op_rescale, &x, 1, &a, sizeof a);
}

#endif
