/* SPDX-License-Identifier: MIT */
/*
 * silu -- every element times its logistic function; arXiv:1606.08415, arXiv:1710.05941.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = x s,  s = sigmoid(x)            0 at -inf
 *   dx = dy (s + x s sigmoid(-x))        dy s beyond 1000
 *
 * The error of y is at most 4 units in its last place, subnormal ones too.
 */
#include "ops/op.h"

RN_LONG1(silu, real, R(silu)(x))

#if RN_ONCE

/* Beyond 1000 one of the factors is 0, which must not be multiplied by an infinite x. */
static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    const rn_tensor far = rn_less(rn_constant_like(x, 1000), rn_abs(x));
    const rn_tensor near = rn_where(far, rn_constant_like(x, 0), x);
    const rn_tensor s = rn_sigmoid(x), rest = rn_sigmoid(rn_neg(x));

    return rn_mul(dy, rn_add(s, rn_mul(rn_mul(near, s), rest)));
}

RN_UNARY(silu, gradient)

#endif
