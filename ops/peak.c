/* SPDX-License-Identifier: MIT */
/*
 * peak -- the largest absolute value over some axes, to choose a scale by.
 *
 *   x  [..]    f32 or f64
 *   y  [..]    without the axes, or with size 1 there
 *
 *   y  = max |x| over the axes, 0 over nothing, NaN if one is
 *   dx = 0
 *
 * It has no gradient and no sides: it is for choices that do not change a result, such as
 * a power of two that is divided out again.
 */
#include "op.h"

#if RN_IS_REAL

#define START   0
#define TERM(x) R(vm_fabs)(x)
/* Of numbers that are not negative the bits are in the same order, with NaN above all. */
static inline element combine(element a, element b)
{
    const vm_bits m = R(vm_to_bits)(a), n = R(vm_to_bits)(b);

    return R(vm_from_bits)(m > n ? m : n);
}
#include "reduce_kernel.h"

RN_KERNEL(peak)
{
    reduce(call);
    return true;
}

#endif

#if RN_ONCE

const rn_op rn__op_peak = {
    .name = "peak", .inputs = 1, .flags = RN_OP_STRIDED, .shape = rn__reduce_shape};

rn_tensor rn_peak(rn_tensor x, const int *axes, int count, bool keep)
{
    return rn__reduce(&rn__op_peak, x, axes, count, keep);
}

#endif
