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
#include "ops/sine.h"

RN_TEXT("R(cos)(x)")

#if RN_IS_REAL
void R(rn__map_cos)(RN_MAP_ARGUMENTS)
{
    (void)attributes;
    R(rn__sines)(1, R(rn__map_cos), n, in, step, out);
}
#endif

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_neg(rn_sin(x)));
}

RN_UNARY(cos, gradient)

#endif
