/* SPDX-License-Identifier: MIT */
/*
 * Rounding to integers, for vectors: by the instructions of the variant, or by adding
 * 2^MANTISSA, which leaves no bits for a fraction. Numbers from there on are integers.
 */
#ifndef RN_OPS_WHOLE_H
#define RN_OPS_WHOLE_H

#include "ops/op.h"

#if RN_IS_REAL

#if defined(__SSE4_1__) || defined(__aarch64__)

#if RN_REAL == 32
#define RN_WHOLE_BY(name) __builtin_##name##f
#else
#define RN_WHOLE_BY(name) __builtin_##name
#endif

/* The nearest integer, the even one of two. */
RN_INLINE real R(whole_near)(real x)
{
    return RN_WHOLE_BY(rint)(x);
}

/* The largest integer that is not above x. */
RN_INLINE real R(whole_below)(real x)
{
    return RN_WHOLE_BY(floor)(x);
}

#else

RN_INLINE real R(whole_near)(real x)
{
    const real size = R(vm_fabs)(x), whole = (size + VM_COUNTED) - VM_COUNTED;
    const vm_bits sign = R(vm_to_bits)(x) & VM_SIGN;

    return R(vm_select)(R(vm_mask)(size < VM_COUNTED),
                        R(vm_from_bits)(R(vm_to_bits)(whole) | sign), x);
}

RN_INLINE real R(whole_below)(real x)
{
    const real near = R(whole_near)(x);

    return near - (real)(near > x ? 1 : 0);
}

#endif

#endif

#endif
