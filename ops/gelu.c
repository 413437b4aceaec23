/* SPDX-License-Identifier: MIT */
/*
 * gelu -- every element times the normal distribution's function of it; Hendrycks and
 * Gimpel, arXiv:1606.08415, without their approximations.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = x P(x),  P = normal_cdf        0 at -inf
 *   dx = dy (P(x) + x p(x)),  p = normal_pdf
 *
 * The error of y is at most 9 units in its last place, where y is tiny too.
 */
#include "ops/op.h"

RN_LONG1(gelu, real, R(gelu)(x))

#if RN_ONCE

/* Where the density is 0, it must not be multiplied by an infinite x. */
static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    const rn_tensor far = rn_less(rn_constant_like(x, 64), rn_abs(x));
    const rn_tensor near = rn_where(far, rn_constant_like(x, 0), x);
    const rn_tensor part = rn_mul(near, rn_normal_pdf(x));

    return rn_mul(dy, rn_add(rn_normal_cdf(x), part));
}

RN_UNARY(gelu, gradient)

#endif
