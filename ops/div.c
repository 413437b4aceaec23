/* SPDX-License-Identifier: MIT */
/*
 * div -- the quotient, element by element.
 *
 *   x, y  [..]    f32 or f64, broadcast
 *   z     [..]
 *
 *   z  = x / y
 *   dx = dz / y
 *   dy = -dz / y z            no square, which would overflow before its quotient; where
 *                             dz / y overflows itself and z is 0, dy is NaN
 */
#include "ops/op.h"

RN_MAP2(div, real, x / y)

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    const rn_tensor quotient = rn_div(p->dy, p->x[1]);

    p->dx[0] = quotient;
    if (p->wanted[1]) p->dx[1] = rn_neg(rn_mul(quotient, p->y));
}

RN_BINARY(div, .flags = RN_OP_NEUTRAL_RIGHT, .neutral = 1, .linear = 1,
          .gradient = gradient)

#endif
