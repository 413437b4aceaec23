/* SPDX-License-Identifier: MIT */
/*
 * add -- the sum, element by element.
 *
 *   x, y  [..]    f32, f64 or i32, broadcast
 *   z     [..]
 *
 *   z  = x + y
 *   dx = dz
 *   dy = dz
 */
#include "ops/op.h"

RN_MAP2(add, number, x + y)

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    p->dx[0] = p->dy;
    p->dx[1] = p->dy;
}

RN_BINARY(add,
          .flags = RN_OP_CHEAP | RN_OP_ADDITIVE | RN_OP_KEEPS_NAN | RN_OP_NEUTRAL_RIGHT |
                   RN_OP_NEUTRAL_LEFT,
          .neutral = 0, .gradient = gradient)

#endif
