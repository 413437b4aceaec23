/* SPDX-License-Identifier: MIT */
/*
 * gelu_slope -- the derivative of gelu.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = P(x) + x p(x)             0 at -inf, 1 at inf
 *   dx = dy p(x) (2 - x x)         0 beyond 64
 *
 * with P as in gelu and p(x) = P'(x) = e^(-x x / 2) / sqrt(2 pi).
 *
 * The error of y is at most 12 u (P(x) + |x| p(x)), u being 2^-53 (f64) or 2^-24 (f32):
 * small beside y but near its zero at -0.75.
 */
#include "op.h"

RN_MAP1(gelu_slope, real, R(gelu_slope)(x))

#if RN_ONCE

/* An infinite x would stand beside a factor of 0. */
static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    const double root = 0.39894228040143268; /* 1 / sqrt(2 pi) */
    const rn_tensor zero = rn_constant_like(x, 0);
    const rn_tensor beyond = rn_less(rn_constant_like(x, 64), rn_abs(x));
    const rn_tensor square = rn_square(rn_where(beyond, zero, x));
    const rn_tensor density = rn_scale(rn_exp(rn_scale(square, -0.5)), root);
    const rn_tensor slope = rn_mul(density, rn_sub(rn_constant_like(x, 2), square));

    return rn_mul(dy, rn_where(beyond, zero, slope));
}

RN_UNARY(gelu_slope, gradient)

#endif
