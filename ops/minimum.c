/* SPDX-License-Identifier: MIT */
/*
 * minimum -- the smaller of two elements.
 *
 *   x, y  [..]    f32, f64 or i32, broadcast
 *   z     [..]
 *
 *   z  = x < y ? x : y; NaN if either is
 *   dx = x < y ? dz : y < x ? 0 : dz / 2
 *   dy = y < x ? dz : x < y ? 0 : dz / 2
 */
#include "ops/branches.h"

RN_MAP2(minimum, number, x < y || x != x ? x : y)

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    const rn_tensor x = p->x[0], y = p->x[1], dz = p->dy;
    const rn_tensor first = rn_less(x, y), second = rn_less(y, x);
    const rn_tensor zero = rn_constant_like(dz, 0), half = rn_scale(dz, 0.5);

    if (p->wanted[0]) p->dx[0] = rn_where(first, dz, rn_where(second, zero, half));
    if (p->wanted[1]) p->dx[1] = rn_where(second, dz, rn_where(first, zero, half));
}

RN_BINARY(minimum, .flags = RN_OP_CHEAP | RN_OP_EXACT, .gradient = gradient,
          .branches = rn__branch_order)

#endif
