/* SPDX-License-Identifier: MIT */
/*
 * silu_slope -- the derivative of silu.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = s (1 + x (1 - s)),  s = sigmoid(x)        0 at -inf, 1 at inf
 *   dx = dy s (1 - s) (2 + x (1 - 2 s))            0 beyond 1000
 *
 * The error of y is at most 8 u (1 + |x| (1 - s)) s, u being 2^-53 (f64) or
 * 2^-24 (f32): small beside y but near its zero at -1.28.
 */
#include "op.h"

RN_MAP1(silu_slope, real, R(silu_slope)(x))

#if RN_ONCE

/* An infinite x would stand beside a factor of 0. */
static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    const rn_tensor zero = rn_constant_like(x, 0);
    const rn_tensor beyond = rn_less(rn_constant_like(x, 1000), rn_abs(x));
    const rn_tensor inner = rn_where(beyond, zero, x);
    const rn_tensor s = rn_sigmoid(inner), rest = rn_sigmoid(rn_neg(inner));
    const rn_tensor turn = rn_mul(inner, rn_sub(rest, s));
    const rn_tensor slope = rn_mul(rn_mul(s, rest), rn_offset(turn, 2));

    return rn_mul(dy, rn_where(beyond, zero, slope));
}

RN_UNARY(silu_slope, gradient)

#endif
