/* SPDX-License-Identifier: MIT */
/*
 * cos -- the cosine of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = cos x               x in radians
 *   dx = -dy sin x
 */
#include "ops/op.h"

RN_LONG1_FAR(cos, real, R(cos)(x), R(vm_trig_far)(x), R(libm_cos)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_neg(rn_sin(x)));
}

RN_UNARY(cos, gradient)

#endif
