/* SPDX-License-Identifier: MIT */
/*
 * tanh_slope -- what the gradient of tanh is, from its value x and the cotangent y.
 *
 *   x, y  [..]    f32 or f64, broadcast
 *   z     [..]
 *
 *   z  = y (1 - x x)
 *   dx = -2 dz y x
 *   dy = dz (1 - x x)
 *
 * 1 - x x is computed as (1 - x) (1 + x), which keeps all digits where x is near 1 or -1.
 */
#include "ops/op.h"

RN_MAP2(tanh_slope, real, (y) * ((1 - (x)) * (1 + (x))))

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    if (p->wanted[0]) p->dx[0] = rn_mul(rn_mul(p->dy, p->x[1]), rn_scale(p->x[0], -2));
    if (p->wanted[1]) p->dx[1] = rn_tanh_slope(p->x[0], p->dy);
}

RN_BINARY(tanh_slope, .linear = 2, .gradient = gradient)

#endif
