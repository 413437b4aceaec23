/* SPDX-License-Identifier: MIT */
/*
 * pow -- x to the power y, element by element.
 *
 *   x, y  [..]    f32 or f64, broadcast
 *   z     [..]
 *
 *   z  = x^y
 *   dx = dz y x^(y-1)          0 where y is 0
 *   dy = dz z log x            where x > 0, else 0
 *
 * For y < 1/2, dx is dz (y z) / x: near y = 0 the rounding of y - 1 would be amplified by
 * log x in x^(y-1), and x^(y-1) may overflow where z does not.
 *
 * A power of 0 times an infinite y or log x counts as 0. Where y is 0, x is replaced by 1:
 * x^(y-1) of a zero x is infinite, and derivatives of the rule would be NaN.
 */
#include "ops/op.h"

RN_LONG2(pow, real, R(pow)(x, y))

#if RN_ONCE

static rn_tensor both(rn_tensor x, rn_tensor y)
{
    return rn_logical_and(x, y);
}

static rn_tensor by_base(rn_tensor x, rn_tensor y, rn_tensor z)
{
    const rn_tensor zero = rn_constant_like(x, 0), one = rn_constant_like(x, 1);
    const rn_tensor flat = rn_less(y, rn_constant_like(y, 0.5));
    const rn_tensor small = both(flat, both(rn_not_equal(x, zero), rn_is_finite(x)));
    const rn_tensor none = rn_equal(y, zero);

    const rn_tensor x_other = rn_where(none, one, x);
    return rn_where(small, rn_div(rn_weigh(z, y), x),
                    rn_weigh(rn_pow(x_other, rn_sub(y, one)), y));
}

static rn_tensor by_exponent(rn_tensor x, rn_tensor z)
{
    const rn_tensor zero = rn_constant_like(x, 0), one = rn_constant_like(x, 1);
    const rn_tensor positive = rn_less(zero, x);

    return rn_weigh(rn_where(positive, z, zero), rn_log(rn_where(positive, x, one)));
}

static void gradient(rn_pullback *p)
{
    if (p->wanted[0]) p->dx[0] = rn_mul(p->dy, by_base(p->x[0], p->x[1], p->y));
    if (p->wanted[1]) p->dx[1] = rn_mul(p->dy, by_exponent(p->x[0], p->y));
}

RN_BINARY(pow, .gradient = gradient)

#endif
