/* SPDX-License-Identifier: MIT */
/*
 * sub -- the difference, element by element.
 *
 *   x, y  [..]    f32, f64 or i32, broadcast
 *   z     [..]
 *
 *   z  = x - y
 *   dx = dz
 *   dy = -dz
 */
#include "ops/op.h"

RN_MAP2(sub, number, x - y)

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    p->dx[0] = p->dy;
    if (p->wanted[1]) p->dx[1] = rn_neg(p->dy);
}

RN_BINARY(sub, .flags = RN_OP_CHEAP | RN_OP_ADDITIVE | RN_OP_NEUTRAL_RIGHT, .neutral = 0,
          .gradient = gradient)

#endif
