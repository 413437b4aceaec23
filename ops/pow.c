/* SPDX-License-Identifier: MIT */
/*
 * pow -- x to the power y, element by element.
 *
 *   x, y  [..]    f32 or f64, broadcast
 *   z     [..]
 *
 *   z  = x^y
 *   dx = dz y x^(y-1)          0 where x and y are 0
 *   dy = dz z log x            where x > 0, else 0
 *
 * Where a factor would be infinite beside one of 0 another argument is put in its place
 * first: what a selection leaves out must be finite, or derivatives of the rule are NaN.
 */
#include "op.h"

RN_MAP2(pow, real, R(pow)(x, y))

#if RN_ONCE

static rn_tensor by_base(rn_tensor x, rn_tensor y)
{
    const rn_tensor zero = rn_constant_like(x, 0), one = rn_constant_like(x, 1);
    const rn_tensor both = rn_logical_and(rn_equal(x, zero), rn_equal(y, zero));

    return rn_mul(y, rn_pow(rn_where(both, one, x), rn_sub(y, one)));
}

static rn_tensor by_exponent(rn_tensor x, rn_tensor z)
{
    const rn_tensor zero = rn_constant_like(x, 0), one = rn_constant_like(x, 1);
    const rn_tensor positive = rn_less(zero, x);

    return rn_mul(rn_where(positive, z, zero), rn_log(rn_where(positive, x, one)));
}

static void gradient(rn_pullback *p)
{
    if (p->wanted[0]) p->dx[0] = rn_mul(p->dy, by_base(p->x[0], p->x[1]));
    if (p->wanted[1]) p->dx[1] = rn_mul(p->dy, by_exponent(p->x[0], p->y));
}

RN_BINARY(pow, NULL, gradient)

#endif
