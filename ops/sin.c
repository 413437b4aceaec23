/* SPDX-License-Identifier: MIT */
/*
 * sin -- the sine of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = sin x               x in radians
 *   dx = dy cos x
 */
#include "ops/op.h"

RN_LONG1_FAR(sin, real, R(sin)(x), R(vm_trig_far)(x), R(libm_sin)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_cos(x));
}

RN_UNARY(sin, gradient)

#endif
