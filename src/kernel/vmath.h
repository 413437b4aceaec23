/* SPDX-License-Identifier: MIT */
/*
 * Elementary functions of one real, written so that loops over them vectorise:
 * straight-line code with selections instead of branches, and no calls.
 *
 *   exp log expm1 log1p tanh sigmoid softplus erf    here
 *   silu gelu normal_cdf normal_pdf                  here
 *   sin cos                                          vmath_trig.h
 *   pow                                              vmath_pow.h
 *
 * Signs of zeros, infinities and NaN are as IEEE 754 requires, and subnormal numbers are
 * handled. sigmoid and tanh are accurate relative to small and to saturated values, not
 * only relative to 1.
 *
 * The largest errors found, in units in the last place of the true value, with FMA and
 * without: f32 at every fifth number there is, f64 at ten million. tests/kernel/units.c
 * prints them, for every number or some.
 *
 *          exp   expm1  log   log1p  tanh  sigmoid  softplus  erf   silu  gelu  sin   cos
 *   f32    1.00  1.06   0.83  0.91   1.86  2.00     1.64      1.32  2.98  7.46  0.78  0.78
 *   f64    0.97  1.11   0.80  0.84   1.81  1.99     1.62      1.21  2.88  8.36  0.80  0.80
 *
 * (normal_cdf: as gelu. pow, with FMA: 0.85 and 0.84 of twenty million pairs.)
 */
#ifndef RN_KERNEL_VMATH_H
#define RN_KERNEL_VMATH_H

#include "kernel/vmath_bits.h"
#include "kernel/vmath_trig.h"

/*
 * e^x / power:  e^x = 2^n e^r,  n = round(x / ln 2),  r = x - n ln 2,
 * e^r = 1 + r + r^2 tail(r). The power of two makes 2^n / power normal where 2^n is not.
 */
RN_INLINE real R(vm_exp_by)(real x, real power)
{
    real with_n = x * VM_LOG2E + VM_ROUND, n = with_n - VM_ROUND;
    real r = R(vm_madd)(n, -VM_LN2_LO, R(vm_madd)(n, -VM_LN2_HI, x));
    real y = 1 + R(vm_madd)(r * r, R(vm_exp_tail)(r), r);
    vm_bits scale = (R(vm_to_bits)(with_n) << VM_MANTISSA) - R(vm_to_bits)(power);

    return y * R(vm_from_bits)(scale + ((vm_bits)2 * VM_BIAS << VM_MANTISSA));
}

/*
 * e^x as two factors, the other one a power of two. A product with more factors takes that
 * one last, so that what is subnormal is rounded once.
 */
RN_INLINE real R(vm_exp_half)(real x, real *other)
{
    *other = R(vm_select)(R(vm_sign_mask)(x), 1 / VM_HALF_RANGE, VM_HALF_RANGE);
    return R(vm_exp_by)(x, *other);
}

RN_INLINE real R(exp)(real x)
{
    real other, y = R(vm_exp_half)(R(vm_within)(x, VM_EXP_LOW, VM_EXP_HIGH), &other);

    return y * R(vm_unless_nan)(x, other);
}

/* e^-|x| */
RN_INLINE real R(vm_exp_down)(real x)
{
    x = R(vm_at_least)(-R(vm_fabs)(x), VM_EXP_LOW);
    return R(vm_exp_by)(x, 1 / VM_HALF_RANGE) * (1 / VM_HALF_RANGE);
}

/*
 * Half of e^x - 1, as a sum high + low, for x >= VM_EXPM1_LOW:
 *
 *   s (e^r - 1) + (s - 1/2),  s = 2^(n-1)
 *
 * The part r of e^r - 1 is added without error to the rest, which cancels it: what is lost
 * there is kept for the low part, as is what the reduction of x to r lost.
 */
RN_INLINE void R(vm_half_expm1)(real x, real *high, real *low)
{
    real with_n = x * VM_LOG2E + VM_ROUND, n = with_n - VM_ROUND;
    real s = R(vm_from_bits)((R(vm_to_bits)(with_n) + (VM_BIAS - 1)) << VM_MANTISSA);
    real long_r = R(vm_madd)(n, -VM_LN2_HI, x), cut = n * VM_LN2_LO;
    real r = long_r - cut, r_low = (long_r - r) - cut;

    real a = s - (real)0.5, b = s * r;
    real sum = a + b, of_b = sum - a;
    real lost = (a - (sum - of_b)) + (b - of_b);
    real rest = R(vm_madd)(s, R(vm_madd)(r * r, R(vm_exp_tail)(r), r_low), lost);

    *high = sum + rest;
    *low = rest - (*high - sum);
}

RN_INLINE real R(expm1)(real x)
{
    real a = R(vm_at_most)(R(vm_at_least)(x, VM_EXPM1_LOW), VM_EXP_HIGH), high, low;

    R(vm_half_expm1)(a, &high, &low);
    return R(vm_fabs)(x) < VM_TINIER ? x : high + high;
}

/*
 * tanh |x| = -m / (2 + m),  m = e^(-2|x|) - 1 = s (e^r - 1) + (s - 1),  s = 2^n,
 * of which s (e^r - 1) and s - 1 have no rounding of their own. With q = m / (2 + m),
 * 1 / (2 + m) = (1 - q) / 2, which lets what the rounding of m and 2 + m lost be put back
 * without a second division.
 */
RN_INLINE real R(tanh)(real x)
{
    real a = R(vm_size)(x, VM_TANH_HIGH);
    real with_n = R(vm_madd)(a, -2 * VM_LOG2E, VM_ROUND), n = with_n - VM_ROUND;
    real s = R(vm_from_bits)((R(vm_to_bits)(with_n) + VM_BIAS) << VM_MANTISSA);
    real r = R(vm_madd)(n, -VM_LN2_LO, R(vm_madd)(n, -VM_LN2_HI, -2 * a));
    real p = R(vm_madd)(r * r, R(vm_exp_tail)(r), r);
    real m = R(vm_madd)(s, p, s - 1), m_low = R(vm_madd)(s, p, (s - 1) - m);
    real below = 2 + m, below_low = ((2 - below) + m) + m_low, q = m / below;
    real lost = R(vm_madd)(-q, below_low, m_low);

    return R(vm_select)(VM_SIGN, x, R(vm_madd)(lost, (real)0.5 - (real)0.5 * q, q));
}

/*
 * 1 / (1 + e^-x) = h / (h + h e^-x),  h e^-x = s + s (e^r - 1),  s = h 2^n. With h = 1 /
 * VM_HALF_RANGE, e^-x may be so large that the quotient is subnormal. h + s would not
 * always be exact.
 */
RN_INLINE real R(sigmoid)(real x)
{
    const real h = 1 / VM_HALF_RANGE;
    real a = R(vm_within)(-x, -VM_SIGMOID_HIGH, -VM_EXP_LOW);
    real with_n = R(vm_madd)(a, VM_LOG2E, VM_ROUND), n = with_n - VM_ROUND;
    real s = R(vm_from_bits)((R(vm_to_bits)(with_n) << VM_MANTISSA) + R(vm_to_bits)(h));
    real r = R(vm_madd)(n, -VM_LN2_LO, R(vm_madd)(n, -VM_LN2_HI, a));
    real p = R(vm_madd)(r * r, R(vm_exp_tail)(r), r);
    real large = R(vm_larger)(s, h), small = R(vm_smaller)(s, h);

    return R(vm_unless_nan)(x, h) / (large + R(vm_madd)(s, p, small));
}

/*
 * k ln 2 + log(1 + f),  x = 2^k (1 + f),  sqrt(1/2) <= 1 + f < sqrt 2,  for a normal x > 0
 * (biased: k and the bias). With s = f / (2 + f):
 *
 *   log(1 + f) = log((1 + s) / (1 - s)) = 2 s + s^3 tail(s^2)
 *              = f - (f^2 / 2 - s (f^2 / 2 + s^2 tail(s^2)))
 *
 * the last of which adds only small terms to f.
 */
RN_INLINE vm_bits R(vm_split)(real x, real *m)
{
    vm_bits bits = R(vm_to_bits)(x) + (VM_ONE - VM_SQRT_HALF);

    *m = R(vm_from_bits)((bits & VM_FRACTION) + VM_SQRT_HALF);
    return bits >> VM_MANTISSA;
}

RN_INLINE real R(vm_exponent)(vm_bits biased)
{
    return R(vm_from_bits)(biased | VM_COUNT) - (VM_COUNTED + (real)VM_BIAS);
}

/* low is much smaller than f. */
RN_INLINE real R(vm_log_sum)(real k, real f, real low)
{
    real s = f / (2 + f), z = s * s, half = (real)0.5 * f * f;
    real small = R(vm_madd)(k, VM_LN2_LO, low);

    small = R(vm_madd)(s, R(vm_madd)(z, R(vm_log_tail)(z), half), small);
    return R(vm_madd)(k, VM_LN2_HI, f - (half - small));
}

RN_INLINE real R(log)(real x)
{
    bool subnormal = x < VM_MIN_NORMAL;
    real scaled = subnormal ? x * VM_NORMALIZE : x, m;
    real k = R(vm_exponent)(R(vm_split)(scaled, &m));
    real y = R(vm_log_sum)(subnormal ? k - VM_NORMALIZE_BY : k, m - 1, 0);

    y = x > VM_MAX ? x : y;
    y = x > 0 ? y : -VM_INFINITY;
    return x >= 0 ? y : VM_NAN;
}

/*
 * log(1 + x) = log(u + c), where u is 1 + x rounded and c what that lost. For k = 0 the
 * fraction u - 1 + c is x again, so small arguments need no path of their own.
 */
RN_INLINE real R(log1p)(real x)
{
    real u = 1 + x, of_x = u - 1, c = (1 - (u - of_x)) + (x - of_x), m;
    vm_bits biased = R(vm_split)(u, &m);
    /* 2^(1-k), which is representable, if only as zero, for the largest k. */
    real scale = R(vm_from_bits)((2 * VM_BIAS + 1 - biased) << VM_MANTISSA);
    real part = c * scale * (real)0.5, f = (m - 1) + part;
    real y = R(vm_log_sum)(R(vm_exponent)(biased), f, part - (f - (m - 1)));

    y = R(vm_fabs)(x) < VM_TINIER ? x : y;
    y = x > VM_MAX ? x : y;
    y = x > -1 ? y : -VM_INFINITY;
    return x >= -1 ? y : VM_NAN;
}

/* log(1 + e^x). */
RN_INLINE real R(softplus)(real x)
{
    return (x > 0 ? x : 0) + R(log1p)(R(vm_exp_down)(x));
}

/* x (1 + near(x^2)) for |x| <= 1, and 1 - e^log(erfc |x|) with the sign of x beyond. */
RN_INLINE real R(erf)(real x)
{
    real a = R(vm_at_most)(R(vm_fabs)(x), VM_ERF_HIGH);
    real near = R(vm_madd)(x, R(vm_erf_near)(a * a), x);
    real far = 1 - R(exp)(R(vm_erfc_log)(a - 1));

    return a <= 1 ? near : x < 0 ? -far : far;
}

/* 1 / (1 + e) for 0 <= e <= 1, with what the rounding of the sum lost put back. */
RN_INLINE real R(vm_share)(real e)
{
    real below = 1 + e, below_low = (1 - below) + e, q = 1 / below;

    return q - q * below_low * q;
}

/* x / (1 + e^-x), and x e^x / (1 + e^x) for negative x. */
RN_INLINE real R(silu)(real x)
{
    real above = x > 0 ? x : 0, a = R(vm_clamp)(x, -VM_SILU_FAR, VM_SILU_FAR), other_half;
    real half = R(vm_exp_half)(-R(vm_fabs)(a), &other_half);
    real share = R(vm_share)(half * other_half);

    return a > 0 ? above * share : a * share * half * other_half;
}

/*
 * e^(-x^2/2) as a product of two factors, the second a power of two. The square is taken
 * without error, as high + low: what its rounding would lose is that times the result.
 */
RN_INLINE real R(vm_normal_density)(real x, real *other_half)
{
    real x_high = R(vm_from_bits)(R(vm_to_bits)(x) & VM_HALF_BITS), x_low = x - x_high;
    real high = x * x,
         low = ((x_high * x_high - high) + 2 * x_high * x_low) + x_low * x_low;
    real e = R(vm_exp_half)((real)-0.5 * high, other_half);

    return e - e * (real)0.5 * low;
}

/* The normal cumulative distribution function of -|x|, divided by the density without 1 /
 * sqrt(2 pi). */
RN_INLINE real R(vm_normal_ratio)(real x)
{
    real t = 1 / (1 + (real)VM_NORMAL_BY * R(vm_fabs)(x));

    return t * R(vm_normal_tail)(t - (real)0.5);
}

/* The normal distribution's density. */
RN_INLINE real R(normal_pdf)(real x)
{
    real a = R(vm_clamp)(x, -VM_GELU_FAR, VM_GELU_FAR), other_half;

    return (real)0.39894228040143268 * R(vm_normal_density)(a, &other_half) * other_half;
}

/* The normal cumulative distribution function: 1 - that of -x for positive x. */
RN_INLINE real R(normal_cdf)(real x)
{
    real a = R(vm_clamp)(x, -VM_GELU_FAR, VM_GELU_FAR), other_half;
    real half = R(vm_normal_density)(a, &other_half), ratio = R(vm_normal_ratio)(a);

    return a > 0 ? 1 - ratio * half * other_half : ratio * half * other_half;
}

/* x times that. */
RN_INLINE real R(gelu)(real x)
{
    real a = R(vm_clamp)(x, -VM_GELU_FAR, VM_GELU_FAR), other_half;
    real half = R(vm_normal_density)(a, &other_half), ratio = R(vm_normal_ratio)(a);

    return a > 0 ? x * (1 - ratio * half * other_half) : a * ratio * half * other_half;
}

#include "kernel/vmath_pow.h"

#endif
