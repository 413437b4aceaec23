/* SPDX-License-Identifier: MIT */
/*
 * The numbers of vmath.h for 32-bit reals. The polynomials are minimax (Remez), their
 * errors relative to the functions 2^-34 (exp), 2^-37 (log), 2^-29 and 2^-35 (erf),
 * 2^-28 (normal).
 */
#ifndef RN_KERNEL_VMATH_F32_H
#define RN_KERNEL_VMATH_F32_H

#include "kernel/variant.h"

typedef uint32_t vm_bits;

#define VM_MANTISSA     23
#define VM_BIAS         127u
#define VM_FRACTION     0x007fffffu /* the bits of the fraction */
#define VM_SIGN         0x80000000u
#define VM_ONE          0x3f800000u
#define VM_INFINITE     0x7f800000u
#define VM_SQRT_HALF    0x3f3504f3u
#define VM_COUNT        0x4b000000u /* 2^23: its low bits count in ones */
#define VM_COUNTED      0x1p23f
#define VM_ROUND        0x1.8p23f /* added, it leaves no bits for a fraction */

#define VM_LOG2E        0x1.715476p+0f
#define VM_LN2_HI       0x1.62ep-1f /* so short that its product with an exponent is exact */
#define VM_LN2_LO       0x1.0bfbe8p-15f

#define VM_MAX          0x1.fffffep127f
#define VM_MIN_NORMAL   0x1p-126f
#define VM_NORMALIZE    0x1p25f
#define VM_NORMALIZE_BY 25.0f
#define VM_INFINITY     __builtin_inff()
#define VM_NAN          __builtin_nanf("")

#define VM_HALF_RANGE   0x1p64f /* about the root of the largest power of two */
#define VM_EXP_LOW      -104.0f /* exp is 0 from here down, infinite from VM_EXP_HIGH up */
#define VM_EXP_HIGH     89.0f
#define VM_EXPM1_LOW    -20.0f   /* expm1 is -1 from here down */
#define VM_TANH_HIGH    10.0f    /* tanh is 1 from here up */
#define VM_SIGMOID_HIGH 43.0f    /* so is sigmoid */
#define VM_TINY         0x1p-13f /* |x| below: atan x = x */
#define VM_TRIG_TINY    0x1p-13f /* |x| below: sin x = x */
#define VM_TINIER       0x1p-25f /* |x| below: expm1 x = log1p x = x */
#define VM_ERF_HIGH     4.0f     /* erf is 1 from here up */

#define VM_SILU_FAR     120.0f      /* beyond: silu x is 0 or x, its slope 0 or 1 */
#define VM_GELU_FAR     16.0f       /* the same of gelu */
#define VM_NORMAL_BY    0.25f       /* see vm_normal_tail */
#define VM_HALF_BITS    0xfffff000u /* of a number whose square is exact */

RN_INLINE real R(vm_fabs)(real x)
{
    return __builtin_fabsf(x);
}

/* a b + c, rounded once where the variant can. */
RN_INLINE real R(vm_madd)(real a, real b, real c)
{
#if RN_FMA
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2. */
RN_INLINE real R(vm_exp_tail)(real r)
{
    real z = r * r, high = R(vm_madd)(0x1.9f085ep-13f, r, 0x1.6d8d52p-10f);

    high = R(vm_madd)(high, z, R(vm_madd)(0x1.111272p-7f, r, 0x1.55548ep-5f));
    return R(vm_madd)(high, z, R(vm_madd)(0x1.555554p-3f, r, 0.5f));
}

/* (log((1 + s) / (1 - s)) - 2 s) / s^3 as a function of z = s^2, |s| <= 0.1716. */
RN_INLINE real R(vm_log_tail)(real z)
{
    real p = 0x1.e2fdd4p-3f;

    p = R(vm_madd)(p, z, 0x1.2438a8p-2f);
    p = R(vm_madd)(p, z, 0x1.999a7cp-2f);
    return R(vm_madd)(p, z, 0x1.555554p-1f);
}

/* erf(x) / x - 1 as a function of z = x^2, |x| <= 1. */
RN_INLINE real R(vm_erf_near)(real z)
{
    real p = 0x1.496a2ep-14f;

    p = R(vm_madd)(p, z, -0x1.a3f6fep-11f);
    p = R(vm_madd)(p, z, 0x1.5405b2p-8f);
    p = R(vm_madd)(p, z, -0x1.b7f90ep-6f);
    p = R(vm_madd)(p, z, 0x1.ce2cf8p-4f);
    p = R(vm_madd)(p, z, -0x1.81273ep-2f);
    return R(vm_madd)(p, z, 0x1.06eba8p-3f);
}

/* log(erfc(1 + u)), 0 <= u <= 3. */
RN_INLINE real R(vm_erfc_log)(real u)
{
    real p = -0x1.6c066ep-16f;

    p = R(vm_madd)(p, u, 0x1.2fa804p-12f);
    p = R(vm_madd)(p, u, -0x1.07bad2p-9f);
    p = R(vm_madd)(p, u, 0x1.4934e6p-7f);
    p = R(vm_madd)(p, u, -0x1.547d16p-5f);
    p = R(vm_madd)(p, u, -0x1.afabbap-1f);
    p = R(vm_madd)(p, u, -0x1.51c9bp+1f);
    return R(vm_madd)(p, u, -0x1.d97fcp+0f);
}

/* e^(a^2 / 2) / t times the normal distribution's function of -a, 0 <= a <= 14, as a
 * function of s = t - 1/2, t = 1 / (1 + VM_NORMAL_BY a). */
RN_INLINE real R(vm_normal_tail)(real s)
{
    real p = -0x1.bd58e6p-7f;

    p = R(vm_madd)(p, s, 0x1.ee7ce2p-6f);
    p = R(vm_madd)(p, s, 0x1.619c3ap-7f);
    p = R(vm_madd)(p, s, -0x1.afabfep-5f);
    p = R(vm_madd)(p, s, -0x1.c91f3ap-5f);
    p = R(vm_madd)(p, s, 0x1.ee7c52p-5f);
    p = R(vm_madd)(p, s, 0x1.eec61cp-3f);
    p = R(vm_madd)(p, s, 0x1.7dfee4p-2f);
    p = R(vm_madd)(p, s, 0x1.8c6dbep-2f);
    p = R(vm_madd)(p, s, 0x1.373e3cp-2f);
    return R(vm_madd)(p, s, 0x1.82b4bcp-3f);
}

#endif
