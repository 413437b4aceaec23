/* SPDX-License-Identifier: MIT */
/*
 * The numbers of vmath.h for 64-bit reals. The polynomials are minimax (Remez), their
 * errors relative to the functions 2^-64 (exp), 2^-59 (log), 2^-62 (erf),
 * 2^-58 (normal).
 */
#ifndef RN_KERNEL_VMATH_F64_H
#define RN_KERNEL_VMATH_F64_H

#include "kernel/variant.h"

typedef uint64_t vm_bits;

#define VM_MANTISSA  52
#define VM_BIAS      1023u
#define VM_FRACTION  0x000fffffffffffffu /* the bits of the fraction */
#define VM_SIGN      0x8000000000000000u
#define VM_ONE       0x3ff0000000000000u
#define VM_SQRT_HALF 0x3fe6a09e667f3bcdu
#define VM_COUNT     0x4330000000000000u /* 2^52: its low bits count in ones */
#define VM_COUNTED   0x1p52
#define VM_ROUND     0x1.8p52 /* added, it leaves no bits for a fraction */

#define VM_LOG2E     0x1.71547652b82fep+0
#define VM_LN2_HI                                                                          \
    0x1.62e42fefa2p-1 /* so short that its product with an exponent is exact */
#define VM_LN2_LO       0x1.9ef35793c7673p-41

#define VM_MAX          0x1.fffffffffffffp1023
#define VM_MIN_NORMAL   0x1p-1022
#define VM_NORMALIZE    0x1p54
#define VM_NORMALIZE_BY 54.0
#define VM_INFINITY     __builtin_inf()
#define VM_NAN          __builtin_nan("")

#define VM_HALF_RANGE   0x1p512 /* about the root of the largest power of two */
#define VM_EXP_LOW      -746.0  /* exp is 0 from here down, infinite from VM_EXP_HIGH up */
#define VM_EXP_HIGH     710.0
#define VM_EXPM1_LOW    -40.0   /* expm1 is -1 from here down */
#define VM_TANH_HIGH    20.0    /* tanh is 1 from here up */
#define VM_SIGMOID_HIGH 43.0    /* so is sigmoid */
#define VM_TINY         0x1p-28 /* |x| below: atan x = x */
#define VM_TRIG_TINY    0x1p-27 /* |x| below: sin x = x */
#define VM_TINIER       0x1p-54 /* |x| below: expm1 x = log1p x = x */
#define VM_ERF_HIGH     6.0     /* erf is 1 from here up */

#define VM_SILU_FAR     760.0               /* beyond: silu x is 0 or x, its slope 0 or 1 */
#define VM_GELU_FAR     40.0                /* the same of gelu */
#define VM_NORMAL_BY    0.1875              /* see vm_normal_tail */
#define VM_HALF_BITS    0xfffffffff8000000u /* of a number whose square is exact */

RN_INLINE real R(vm_fabs)(real x)
{
    return __builtin_fabs(x);
}

/* a b + c, rounded once where the variant can. */
RN_INLINE real R(vm_madd)(real a, real b, real c)
{
#if RN_FMA
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

/* (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2. */
RN_INLINE real R(vm_exp_tail)(real r)
{
    real p = 0x1.1e3d0a6b28c24p-29;

    p = R(vm_madd)(p, r, 0x1.af6c1dd099a6dp-26);
    p = R(vm_madd)(p, r, 0x1.27e5b490fb915p-22);
    p = R(vm_madd)(p, r, 0x1.71ddf00274126p-19);
    p = R(vm_madd)(p, r, 0x1.a01a01364f1b1p-16);
    p = R(vm_madd)(p, r, 0x1.a01a01b38a1c9p-13);
    p = R(vm_madd)(p, r, 0x1.6c16c16c305d9p-10);
    p = R(vm_madd)(p, r, 0x1.111111110ec3fp-7);
    p = R(vm_madd)(p, r, 0x1.5555555555503p-5);
    p = R(vm_madd)(p, r, 0x1.555555555555bp-3);
    return R(vm_madd)(p, r, 0.5);
}

/* (log((1 + s) / (1 - s)) - 2 s) / s^3 as a function of z = s^2, |s| <= 0.1716. */
RN_INLINE real R(vm_log_tail)(real z)
{
    real p = 0x1.2f0d8ea940b6p-3;

    p = R(vm_madd)(p, z, 0x1.39a0f5012195fp-3);
    p = R(vm_madd)(p, z, 0x1.7466462c9394cp-3);
    p = R(vm_madd)(p, z, 0x1.c71c51e7f759p-3);
    p = R(vm_madd)(p, z, 0x1.2492494217a15p-2);
    p = R(vm_madd)(p, z, 0x1.999999997fb31p-2);
    return R(vm_madd)(p, z, 0x1.5555555555593p-1);
}

/* erf(x) / x - 1 as a function of z = x^2, |x| <= 1. */
RN_INLINE real R(vm_erf_near)(real z)
{
    real p = 0x1.0579b1abad721p-34;

    p = R(vm_madd)(p, z, -0x1.386ac3aaa0f67p-30);
    p = R(vm_madd)(p, z, 0x1.f7a4133b13077p-27);
    p = R(vm_madd)(p, z, -0x1.5f1d36de1fcbep-23);
    p = R(vm_madd)(p, z, 0x1.b9def1a198e6cp-20);
    p = R(vm_madd)(p, z, -0x1.f4d1df399bd11p-17);
    p = R(vm_madd)(p, z, 0x1.f9a321a1226dfp-14);
    p = R(vm_madd)(p, z, -0x1.c02db3d8ed50cp-11);
    p = R(vm_madd)(p, z, 0x1.565bcd0db02f5p-8);
    p = R(vm_madd)(p, z, -0x1.b82ce3128499dp-6);
    p = R(vm_madd)(p, z, 0x1.ce2f21a042b2p-4);
    p = R(vm_madd)(p, z, -0x1.812746b0379e6p-2);
    return R(vm_madd)(p, z, 0x1.06eba8214db69p-3);
}

/* log(erfc(1 + u)), 0 <= u <= 5. */
RN_INLINE real R(vm_erfc_log)(real u)
{
    real p = 0x1.6c5fd5eb1b334p-46;

    p = R(vm_madd)(p, u, -0x1.9d949ab1809f5p-41);
    p = R(vm_madd)(p, u, 0x1.b87c00c884cfdp-37);
    p = R(vm_madd)(p, u, -0x1.2523d6a37b4b3p-33);
    p = R(vm_madd)(p, u, 0x1.116d6001de305p-30);
    p = R(vm_madd)(p, u, -0x1.7a33032d3eadfp-28);
    p = R(vm_madd)(p, u, 0x1.8b94df547b01p-26);
    p = R(vm_madd)(p, u, -0x1.2f745cd6d0674p-24);
    p = R(vm_madd)(p, u, 0x1.16cb764bb75f7p-23);
    p = R(vm_madd)(p, u, 0x1.aefb880085c2fp-24);
    p = R(vm_madd)(p, u, -0x1.0ebe6d3c96325p-19);
    p = R(vm_madd)(p, u, 0x1.4157533712fa9p-17);
    p = R(vm_madd)(p, u, -0x1.c75972f7cf9b2p-16);
    p = R(vm_madd)(p, u, 0x1.b8be4d6e45d28p-16);
    p = R(vm_madd)(p, u, 0x1.f1b4bb2c344b9p-13);
    p = R(vm_madd)(p, u, -0x1.033f6991f6c01p-9);
    p = R(vm_madd)(p, u, 0x1.48c9d40bef01cp-7);
    p = R(vm_madd)(p, u, -0x1.5477f09ca8c8ap-5);
    p = R(vm_madd)(p, u, -0x1.afabc11a28f3dp-1);
    p = R(vm_madd)(p, u, -0x1.51c9b0006c23dp+1);
    return R(vm_madd)(p, u, -0x1.d97fbf27aa2a1p+0);
}

/* e^(a^2 / 2) / t times the normal distribution's function of -a, 0 <= a <= 38, as a
 * function of s = t - 1/2, t = 1 / (1 + VM_NORMAL_BY a). */
RN_INLINE real R(vm_normal_tail)(real s)
{
    real p = -0x1.ac52607ac3463p-13;

    p = R(vm_madd)(p, s, -0x1.8b17a48664ba3p-12);
    p = R(vm_madd)(p, s, 0x1.6b91705ad6ebcp-10);
    p = R(vm_madd)(p, s, 0x1.8ef8d046c5687p-12);
    p = R(vm_madd)(p, s, -0x1.79166c2f68a87p-9);
    p = R(vm_madd)(p, s, -0x1.f8a2b9396579ep-12);
    p = R(vm_madd)(p, s, 0x1.3b8f4f3317929p-8);
    p = R(vm_madd)(p, s, 0x1.b413adcb99384p-10);
    p = R(vm_madd)(p, s, -0x1.008a1271acf5fp-7);
    p = R(vm_madd)(p, s, -0x1.94d809c62f431p-8);
    p = R(vm_madd)(p, s, 0x1.72a89023da607p-7);
    p = R(vm_madd)(p, s, 0x1.461fc1996442bp-6);
    p = R(vm_madd)(p, s, -0x1.9ab01c9d562b7p-8);
    p = R(vm_madd)(p, s, -0x1.9cb61063bf9a1p-5);
    p = R(vm_madd)(p, s, -0x1.a568833d154ccp-5);
    p = R(vm_madd)(p, s, 0x1.6a7ef5affd346p-5);
    p = R(vm_madd)(p, s, 0x1.d68d4113fca64p-3);
    p = R(vm_madd)(p, s, 0x1.bd7695dd4c7bdp-2);
    p = R(vm_madd)(p, s, 0x1.263cb8fa682e6p-1);
    p = R(vm_madd)(p, s, 0x1.33f33b09ec62fp-1);
    p = R(vm_madd)(p, s, 0x1.0cc75ae57aad4p-1);
    p = R(vm_madd)(p, s, 0x1.91abf19ca2199p-2);
    p = R(vm_madd)(p, s, 0x1.04c47b8643a74p-2);
    return R(vm_madd)(p, s, 0x1.2897222860a86p-3);
}

#endif
