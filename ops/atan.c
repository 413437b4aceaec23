/* SPDX-License-Identifier: MIT */
/*
 * atan -- the arc tangent of every element, in radians.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = atan x                  within -pi/2 .. pi/2
 *   dx = dy / (1 + x x)          where |x| <= 1
 *        dy r r / (1 + r r)      else, r = 1 / x, which does not overflow
 *
 * The error of y is at most 1.5 units in its last place.
 */
#include "ops/op.h"

#if RN_IS_REAL
#if RN_REAL == 32
#define HALF_PI_HI 0x1.921fb6p+0f
#define HALF_PI_LO -0x1.777a5cp-25f

/* (atan(s) / s - 1) / s^2 as a function of z = s^2, |s| <= 1: by Chebyshev, to 2^-25. */
RN_INLINE real R(atan_tail)(real z)
{
    real p = -0x1.eae3fcp-11f;

    p = R(vm_madd)(p, z, 0x1.96cc74p-8f);
    p = R(vm_madd)(p, z, -0x1.3b92d4p-6f);
    p = R(vm_madd)(p, z, 0x1.39fa7ap-5f);
    p = R(vm_madd)(p, z, -0x1.d7eaf8p-5f);
    p = R(vm_madd)(p, z, 0x1.2fd218p-4f);
    p = R(vm_madd)(p, z, -0x1.72251cp-4f);
    p = R(vm_madd)(p, z, 0x1.c6d94ap-4f);
    p = R(vm_madd)(p, z, -0x1.249036p-3f);
    p = R(vm_madd)(p, z, 0x1.99998cp-3f);
    return R(vm_madd)(p, z, -0x1.555556p-2f);
}
#else
#define HALF_PI_HI 0x1.921fb54442d18p+0
#define HALF_PI_LO 0x1.1a62633145c07p-54

/* The same to 2^-55. */
RN_INLINE real R(atan_tail)(real z)
{
    real p = 0x1.04a3628aee536p-17;

    p = R(vm_madd)(p, z, -0x1.890e58e18ff08p-14);
    p = R(vm_madd)(p, z, 0x1.19e6b726893dp-11);
    p = R(vm_madd)(p, z, -0x1.0110cfd66bd22p-9);
    p = R(vm_madd)(p, z, 0x1.50ea3497605b5p-8);
    p = R(vm_madd)(p, z, -0x1.552f78ddf9b3p-7);
    p = R(vm_madd)(p, z, 0x1.198ad7e0bd0c6p-6);
    p = R(vm_madd)(p, z, -0x1.8c59dbc673323p-6);
    p = R(vm_madd)(p, z, 0x1.f0f041d3e2f5p-6);
    p = R(vm_madd)(p, z, -0x1.20f157ad652dfp-5);
    p = R(vm_madd)(p, z, 0x1.42a843b89b0ebp-5);
    p = R(vm_madd)(p, z, -0x1.62c464c86804fp-5);
    p = R(vm_madd)(p, z, 0x1.85c82bf04fbd6p-5);
    p = R(vm_madd)(p, z, -0x1.af1a76061e434p-5);
    p = R(vm_madd)(p, z, 0x1.e1e0069edf96ep-5);
    p = R(vm_madd)(p, z, -0x1.1110f9a06b09dp-4);
    p = R(vm_madd)(p, z, 0x1.3b13af957f086p-4);
    p = R(vm_madd)(p, z, -0x1.745d1731e853fp-4);
    p = R(vm_madd)(p, z, 0x1.c71c71c6882cdp-4);
    p = R(vm_madd)(p, z, -0x1.2492492491234p-3);
    p = R(vm_madd)(p, z, 0x1.999999999997dp-3);
    return R(vm_madd)(p, z, -0x1.5555555555555p-2);
}
#endif

/* Beyond 1: pi/2 - atan(1/x). */
RN_INLINE real R(arc_tangent)(real x)
{
    real a = R(vm_fabs)(x), s = a > 1 ? 1 / a : a, z = s * s;
    real near = R(vm_madd)(s * z, R(atan_tail)(z), s);
    real y = a > 1 ? HALF_PI_HI - (near - HALF_PI_LO) : near;

    return a < VM_TINY ? x : x < 0 ? -y : y;
}
#endif

RN_LONG1(atan, real, R(arc_tangent)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    (void)y;
    const rn_tensor one = rn_constant_like(x, 1), far = rn_less(one, rn_abs(x));
    const rn_tensor s = rn_square(rn_where(far, rn_reciprocal(x), x));

    return rn_div(rn_mul(dy, rn_where(far, s, one)), rn_offset(s, 1));
}

RN_UNARY(atan, gradient)

#endif
