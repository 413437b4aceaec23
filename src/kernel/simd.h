/* SPDX-License-Identifier: MIT */
/*
 * One machine vector of `real` for register tiles, in the spelling of each variant:
 *
 *   vec               LANES elements, aligned; + and * work on it as on a number
 *   LANES             a power of two
 *   REGISTERS         number of vector registers
 *   load, store, broadcast
 *   madd(a, b, c)     a b + c, rounded once in the variants that have FMA, else twice
 *   multiplier        a number that multiplies vectors; multiplier_of(x)
 *   madd_by(x, b, c)  as madd, of a multiplier x
 *   IN_REGISTER(x)    keeps x in a register, where a compiler may else read it again
 *   UNROLL            before a loop that must become straight code
 *
 * Contraction is off for the whole library, so that a sum is what its source says. A fused
 * multiply-add is therefore explicit, and for vectors both compilers have it only as an
 * intrinsic.
 */
#ifndef RN_KERNEL_SIMD_H
#define RN_KERNEL_SIMD_H

#include "kernel/variant.h"

#if defined(RN_ISA_AVX2) || defined(RN_ISA_AVX512)
#include <immintrin.h>
#elif RN_NEON
#include <arm_neon.h>
#endif

#if defined(RN_ISA_AVX512) || RN_NEON
#define REGISTERS 32
#else
#define REGISTERS 16
#endif

/* For loops of constant length that must be fully unrolled. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(RN_ISA_AVX512)
#define IN_REGISTER(x) __asm__("" : "+v"(x))
#elif defined(RN_ISA_AVX2)
#define IN_REGISTER(x) __asm__("" : "+x"(x))
#elif RN_NEON
#define IN_REGISTER(x) __asm__("" : "+w"(x))
#else
#define IN_REGISTER(x) (void)(x)
#endif

enum { LANES = VECTOR_BYTES / (RN_REAL / 8) };

typedef real vec __attribute__((vector_size(VECTOR_BYTES)));
/* The same in memory, aligned only as an element. */
typedef real vec_unaligned
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

static inline vec madd(vec a, vec b, vec c)
{
#if defined(RN_ISA_AVX512) && RN_REAL == 32
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(RN_ISA_AVX512)
    return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(RN_ISA_AVX2) && RN_REAL == 32
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(RN_ISA_AVX2)
    return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif RN_NEON && RN_REAL == 32
    return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif RN_NEON
    return (vec)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
    return a * b + c;
#endif
}

static inline vec load(const real *from)
{
    return *(const vec_unaligned *)from;
}

static inline void store(real *to, vec value)
{
    *(vec_unaligned *)to = value;
}

/* x in every lane: x - 0 keeps the sign of a zero, as x + 0 would not. */
static inline vec broadcast(real x)
{
    return x - (vec){0};
}

#if RN_NEON

/* NEON multiplies by one lane of a register, which a load fills without another operation.
 * For the intrinsic compilers may copy the number to all lanes first. Volatile, because GCC
 * would move the loads of a whole column ahead of the sums, which then do not all fit the
 * registers. */
typedef real multiplier;

static inline multiplier multiplier_of(real x)
{
    return x;
}

static inline vec madd_by(multiplier x, vec b, vec c)
{
#if RN_REAL == 32
    __asm__ volatile("fmla %0.4s, %1.4s, %2.s[0]" : "+w"(c) : "w"(b), "w"(x));
#else
    __asm__ volatile("fmla %0.2d, %1.2d, %2.d[0]" : "+w"(c) : "w"(b), "w"(x));
#endif
    return c;
}

#else

typedef vec multiplier;

static inline multiplier multiplier_of(real x)
{
    return broadcast(x);
}

static inline vec madd_by(multiplier x, vec b, vec c)
{
    return madd(x, b, c);
}

#endif

#endif
