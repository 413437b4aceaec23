/* SPDX-License-Identifier: MIT */
/* What elementary functions are made of: the bits of a number, selections by masks, and
 * bounds. */
#ifndef RN_KERNEL_VMATH_BITS_H
#define RN_KERNEL_VMATH_BITS_H

#include "kernel/variant.h"

#include <string.h>

#if RN_REAL == 32
#include "kernel/vmath_f32.h"
#else
#include "kernel/vmath_f64.h"
#endif

RN_INLINE vm_bits R(vm_to_bits)(real x)
{
    vm_bits bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

RN_INLINE real R(vm_from_bits)(vm_bits bits)
{
    real x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* All ones if the condition holds. */
RN_INLINE vm_bits R(vm_mask)(bool condition)
{
    return (vm_bits)0 - (vm_bits)condition;
}

/* All ones if the sign bit is set. */
RN_INLINE vm_bits R(vm_sign_mask)(real x)
{
    return (vm_bits)0 - (R(vm_to_bits)(x) / VM_SIGN);
}

/* a where the mask is all ones, b where it is 0: by bits, because of `mask ? a : b` GCC
 * moves what is done to the result into both branches, divisions too. */
RN_INLINE real R(vm_select)(vm_bits mask, real a, real b)
{
    return R(vm_from_bits)((R(vm_to_bits)(a) & mask) | (R(vm_to_bits)(b) & ~mask));
}

/* The nearest integer; |x| far below 2^MANTISSA. */
RN_INLINE real R(vm_round)(real x)
{
    return (x + VM_ROUND) - VM_ROUND;
}

/* 2^n for an integer n that is the exponent of a normal number. */
RN_INLINE real R(vm_pow2)(real n)
{
    return R(vm_from_bits)((R(vm_to_bits)(n + VM_ROUND) + VM_BIAS) << VM_MANTISSA);
}

/* Not less than low, not more than high; NaN stays NaN. For SSE compilers find an
 * instruction; for AVX and NEON see vm_select. */
RN_INLINE real R(vm_at_least)(real x, real low)
{
#if defined(__AVX__) || RN_NEON
    return R(vm_select)(R(vm_mask)(x < low), low, x);
#else
    return x < low ? low : x;
#endif
}

RN_INLINE real R(vm_at_most)(real x, real high)
{
#if defined(__AVX__) || RN_NEON
    return R(vm_select)(R(vm_mask)(x > high), high, x);
#else
    return x > high ? high : x;
#endif
}

/* x clamped to [low, high]; NaN stays NaN. */
RN_INLINE real R(vm_clamp)(real x, real low, real high)
{
    return R(vm_at_most)(R(vm_at_least)(x, low), high);
}

/* x clamped to [low, high], low < 0 < high, but NaN becomes any number between. As integers
 * negative numbers are in reverse order, and below the others as signed ones, above them as
 * unsigned ones. */
RN_INLINE real R(vm_within)(real x, real low, real high)
{
#if RN_REAL == 32 && (defined(__AVX2__) || RN_NEON)
    const int32_t most = (int32_t)R(vm_to_bits)(high), bits = (int32_t)R(vm_to_bits)(x);
    const vm_bits least = R(vm_to_bits)(low), below = (vm_bits)(bits < most ? bits : most);

    return R(vm_from_bits)(below < least ? below : least);
#else
    return R(vm_clamp)(x, low, high);
#endif
}

/* |x|, not more than high; NaN stays NaN: moved by FAR, it wraps round to a negative
 * integer. */
RN_INLINE real R(vm_size)(real x, real high)
{
#if RN_REAL == 32 && (defined(__AVX2__) || RN_NEON)
    const vm_bits far = VM_SIGN - 1 - VM_INFINITE;
    const int32_t most = (int32_t)(R(vm_to_bits)(high) + far);
    const int32_t size = (int32_t)(R(vm_to_bits)(R(vm_fabs)(x)) + far);

    return R(vm_from_bits)((vm_bits)(size < most ? size : most) - far);
#else
    return R(vm_at_most)(R(vm_fabs)(x), high);
#endif
}

/* Of two positive numbers, which integers compare in fewer instructions. */
RN_INLINE real R(vm_larger)(real x, real y)
{
#if RN_REAL == 32 && (defined(__AVX2__) || RN_NEON)
    const int32_t a = (int32_t)R(vm_to_bits)(x), b = (int32_t)R(vm_to_bits)(y);

    return R(vm_from_bits)((vm_bits)(a > b ? a : b));
#else
    return R(vm_at_least)(x, y);
#endif
}

RN_INLINE real R(vm_smaller)(real x, real y)
{
#if RN_REAL == 32 && (defined(__AVX2__) || RN_NEON)
    const int32_t a = (int32_t)R(vm_to_bits)(x), b = (int32_t)R(vm_to_bits)(y);

    return R(vm_from_bits)((vm_bits)(a < b ? a : b));
#else
    return R(vm_at_most)(x, y);
#endif
}

/* y, but x if that is NaN. */
RN_INLINE real R(vm_unless_nan)(real x, real y)
{
    return x == x ? y : x;
}

#endif
