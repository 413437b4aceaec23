/* SPDX-License-Identifier: MIT */
/*
 * silu -- every element times its logistic function; arXiv:1606.08415, arXiv:1710.05941.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = x sigmoid(x)       0 at -inf
 *   dx = dy silu_slope(x)
 *
 * The error of y is at most 4 units in its last place, subnormal ones too.
 */
#include "op.h"

RN_MAP1(silu, real, R(silu)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    return rn_mul(dy, rn_silu_slope(x));
}

RN_UNARY(silu, gradient)

#endif
