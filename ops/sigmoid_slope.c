/* SPDX-License-Identifier: MIT */
/*
 * sigmoid_slope -- what the gradient of sigmoid is, from its value x and the cotangent y.
 *
 *   x, y  [..]    f32 or f64, broadcast
 *   z     [..]
 *
 *   z  = y (x (1 - x))
 *   dx = dz y (1 - 2 x)
 *   dy = dz (x (1 - x))
 */
#include "ops/op.h"

RN_MAP2(sigmoid_slope, real, (y) * ((x) * (1 - (x))))

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    if (p->wanted[0])
        p->dx[0] = rn_mul(rn_mul(p->dy, p->x[1]), rn_one_minus(rn_scale(p->x[0], 2)));
    if (p->wanted[1]) p->dx[1] = rn_sigmoid_slope(p->x[0], p->dy);
}

RN_BINARY(sigmoid_slope, .linear = 2, .gradient = gradient)

#endif
