/* SPDX-License-Identifier: MIT */
/*
 * mul -- the product, element by element.
 *
 *   x, y  [..]    f32, f64 or i32, broadcast
 *   z     [..]
 *
 *   z  = x y
 *   dx = dz y
 *   dy = dz x
 */
#include "ops/op.h"

RN_MAP2(mul, number, (x) * (y))

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    if (p->wanted[0]) p->dx[0] = rn_mul(p->dy, p->x[1]);
    if (p->wanted[1]) p->dx[1] = rn_mul(p->dy, p->x[0]);
}

RN_BINARY(mul, .flags = RN_OP_CHEAP | RN_OP_NEUTRAL_RIGHT | RN_OP_NEUTRAL_LEFT,
          .neutral = 1, .linear = 3, .gradient = gradient)

#endif
