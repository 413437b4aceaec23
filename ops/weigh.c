/* SPDX-License-Identifier: MIT */
/*
 * weigh -- a weight times a cost; a weight of 0 gives 0 for any cost.
 *
 *   x, y  [..]    f32 or f64, broadcast: weights and costs
 *   z     [..]
 *
 *   z  = x y, but 0 where x is 0 and y infinite; a NaN stays
 *   dx = weigh(dz, y)
 *   dy = weigh(x, dz)
 */
#include "ops/op.h"

RN_MAP2(weigh, real, x == 0 && y == y ? 0 : x * y)

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    if (p->wanted[0]) p->dx[0] = rn_weigh(p->dy, p->x[1]);
    if (p->wanted[1]) p->dx[1] = rn_weigh(p->x[0], p->dy);
}

RN_BINARY(weigh, .linear = 3, .gradient = gradient)

#endif
