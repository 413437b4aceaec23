/* SPDX-License-Identifier: MIT */
/*
 * sqrt -- the square root of every element.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = sqrt x
 *   dx = dy / (2 y)          from y alone
 */
#include "ops/op.h"

#if RN_IS_REAL
/* A single instruction; the builtin depends on the type. */
RN_INLINE real square_root(real x)
{
#if RN_REAL == 32
    return sqrtf(x);
#else
    return sqrt(x);
#endif
}
#endif

RN_MAP1(sqrt, real, square_root(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)x;
    return rn_div(dy, rn_scale(y, 2));
}

RN_UNARY(sqrt, gradient)

#endif
