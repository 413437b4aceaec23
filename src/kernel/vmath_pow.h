/* SPDX-License-Identifier: MIT */
/*
 * x^y = e^(y log |x|), with the sign and the special values of IEEE 754.
 *
 * An error of the logarithm is multiplied by y log |x|, which is up to 104 (f32) or 745
 * (f64), so it is a sum of two reals, high + low. With s = f / (2 + f) as for log
 * (vmath.h), and z = s^2:
 *
 *   log(1 + f) = s (2 + z (2/3 + z (2/5 + z tail(z))))       tail(z) = 2/7 + 2/9 z ..
 *
 * What the products and sums before the tail lose is kept. Without a fused multiply-add
 * that takes so long that the C library's pow is faster, and is used. The tails are
 * Taylor's, long enough that what they leave out is below 2^-37 (f32) and 2^-68 of the
 * logarithm.
 */
#ifndef RN_KERNEL_VMATH_POW_H
#define RN_KERNEL_VMATH_POW_H

#include "kernel/variant.h"

#include <math.h>

#if RN_FMA

/* What the product p of a and b, rounded, lacks. */
RN_INLINE real R(vm_lost)(real a, real b, real p)
{
    return R(vm_madd)(a, b, -p);
}

/* 2/7 + 2/9 z + 2/11 z^2 .. */
RN_INLINE real R(vm_power_tail)(real z)
{
#if RN_REAL == 32
    real p = 2.0f / 13;
#else
    real p = 2.0 / 25;

    p = R(vm_madd)(p, z, 2.0 / 23);
    p = R(vm_madd)(p, z, 2.0 / 21);
    p = R(vm_madd)(p, z, 2.0 / 19);
    p = R(vm_madd)(p, z, 2.0 / 17);
    p = R(vm_madd)(p, z, 2.0 / 15);
    p = R(vm_madd)(p, z, 2.0 / 13);
#endif
    p = R(vm_madd)(p, z, (real)2 / 11);
    p = R(vm_madd)(p, z, (real)2 / 9);
    return R(vm_madd)(p, z, (real)2 / 7);
}

/* 2/3 + z (2/5 + 2/7 z ..) as high + low. What the sum of f32 loses behind 2/3 is small
 * enough after y log |x|. */
RN_INLINE real R(vm_power_sum)(real z, real z_low, real *low)
{
    const real third = (real)2 / 3, third_low = (real)(2.0L / 3 - (long double)third);
    const real fifth = (real)2 / 5, tail = R(vm_power_tail)(z);
    const real inner = R(vm_madd)(tail, z, fifth);
#if RN_REAL == 32
    const real inner_low = 0;
#else
    const real fifth_low = (real)(2.0L / 5 - (long double)fifth);
    const real inner_low = R(vm_madd)(tail, z, fifth - inner) + fifth_low;
#endif
    const real part = z * inner, sum = third + part;

    *low = ((third - sum) + part) +
           (R(vm_lost)(z, inner, part) + (z * inner_low + z_low * inner) + third_low);
    return sum;
}

/* k ln 2 + log(1 + f) as high + low. */
RN_INLINE real R(vm_long_log)(real k, real f, real *low)
{
    const real below = 2 + f, below_low = (2 - below) + f;
    const real s = f / below, back = s * below;
    const real s_low = (((f - back) - R(vm_lost)(s, below, back)) - s * below_low) / below;

    const real z = s * s, z_low = R(vm_lost)(s, s, z) + 2 * s * s_low;
    real factor_low;
    const real factor = R(vm_power_sum)(z, z_low, &factor_low), term = z * factor;
    const real term_low = R(vm_lost)(z, factor, term) + (z * factor_low + z_low * factor);
    const real sum = 2 + term, sum_low = ((2 - sum) + term) + term_low;

    const real m = s * sum, m_low = R(vm_lost)(s, sum, m) + (s * sum_low + s_low * sum);
    const real of_k = k * VM_LN2_HI, high = of_k + m;
    const real rest = ((of_k - high) + m) + (k * VM_LN2_LO + m_low), both = high + rest;

    *low = (high - both) + rest;
    return both;
}

/* (2^k (1 + f))^y */
RN_INLINE real R(vm_power)(real k, real f, real y)
{
    real low, high = R(vm_long_log)(k, f, &low);

    const real x = y * high, x_low = R(vm_lost)(y, high, x) + y * low;
    const real a = R(vm_at_most)(R(vm_at_least)(x, VM_EXP_LOW), VM_EXP_HIGH);
    const real a_low = R(vm_select)(R(vm_mask)(a == x), x_low, 0);

    const real n = R(vm_round)(a * VM_LOG2E), half = R(vm_round)(n * (real)0.5);
    const real long_r = R(vm_madd)(n, -VM_LN2_HI, a), cut = a_low - n * VM_LN2_LO;
    const real r = long_r + cut, r_low = (long_r - r) + cut;
    const real e = 1 + (r + R(vm_madd)(r * r, R(vm_exp_tail)(r), r_low));

    return e * R(vm_pow2)(half) * R(vm_pow2)(n - half);
}

/* All ones if y >= 0 is a whole number, as infinity is. */
RN_INLINE vm_bits R(vm_whole)(real y)
{
    return R(vm_mask)(y >= VM_COUNTED) | R(vm_mask)((y + VM_COUNTED) - VM_COUNTED == y);
}

RN_INLINE real R(pow)(real x, real y)
{
    const real a = R(vm_fabs)(x), size = R(vm_fabs)(y);
    const vm_bits subnormal = R(vm_mask)(a < VM_MIN_NORMAL), zero = R(vm_mask)(a == 0);
    const vm_bits infinite = R(vm_mask)(a > VM_MAX), falls = R(vm_mask)(y < 0);
    const vm_bits whole = R(vm_whole)(size), odd = whole & ~R(vm_whole)(size * (real)0.5);
    const vm_bits none = R(vm_mask)(x < 0) & ~infinite & ~whole;
    const vm_bits nan = R(vm_mask)(x != x) | R(vm_mask)(y != y);
    real m, k, z;

    k = R(vm_exponent)(R(vm_split)(R(vm_select)(subnormal, a * VM_NORMALIZE, a), &m));
    k -= R(vm_select)(subnormal, VM_NORMALIZE_BY, 0);
    /* No result but that of 1 is in range with a larger y. */
    z = R(vm_power)(k, m - 1, R(vm_at_most)(R(vm_at_least)(y, -0x1p70f), 0x1p70f));
    z = R(vm_select)(zero | infinite, R(vm_select)(zero ^ falls, 0, VM_INFINITY), z);
    z = R(vm_from_bits)(R(vm_to_bits)(z) ^ (R(vm_to_bits)(x) & VM_SIGN & odd));
    z = R(vm_select)(none, VM_NAN, z);
    z = R(vm_select)(nan, x + y, z);
    return R(vm_select)(R(vm_mask)(x == 1) | R(vm_mask)(y == 0), 1, z);
}

#else

RN_INLINE real R(pow)(real x, real y)
{
#if RN_REAL == 32
    return powf(x, y);
#else
    return pow(x, y);
#endif
}

#endif

#endif
