/* SPDX-License-Identifier: MIT */
/*
 * Variants: kernel and operator sources are compiled once for each combination of an
 * element type and an instruction set. The build defines which:
 *
 *   -DRN_VARIANT=f32_avx2 -DRN_VARIANT_F32=1 -DRN_ISA_AVX2=1     (and so on)
 *
 *   f32, f64   x  baseline, avx2 (AVX2 + FMA), avx512 (F, BW, DQ, VL)
 *   i32, bool  x  baseline
 *
 * The baseline is what every processor of a family has: SSE2 on x86-64, NEON with FMA on
 * aarch64, which has no other variant.
 *
 * `real` is the element type of an f32 or f64 variant, `element` that of any variant, and
 * R(name) appends the variant to a name. RN_ONCE guards code that exists once for all
 * variants: the sources are compiled once more, without one.
 */
#ifndef RN_KERNEL_VARIANT_H
#define RN_KERNEL_VARIANT_H

#include "kernel/ieee.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RN_JOIN_(a, b) a##_##b
#define RN_JOIN(a, b)  RN_JOIN_(a, b)
#define R(name)        RN_JOIN(name, RN_VARIANT)

#if defined(RN_VARIANT_F32)
typedef float real;
typedef float element;
#define RN_REAL 32
#elif defined(RN_VARIANT_F64)
typedef double real;
typedef double element;
#define RN_REAL 64
#elif defined(RN_VARIANT_I32)
typedef int32_t element;
#elif defined(RN_VARIANT_BOOL)
typedef uint8_t element;
#endif

#if defined(RN_VARIANT)
#define RN_ONCE 0
#else
#define RN_ONCE 1
#endif

/* For what must become part of a loop, or the loop is not vectorised; or has constants as
 * arguments. */
#define RN_INLINE static inline __attribute__((always_inline))

/* A multiply-add that is rounded once is one instruction. */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define RN_FMA 1
#else
#define RN_FMA 0
#endif

#if defined(__aarch64__) && defined(__ARM_NEON)
#define RN_NEON 1
#else
#define RN_NEON 0
#endif

/* Bytes of a vector register. */
#if defined(RN_ISA_AVX512)
#define VECTOR_BYTES 64
#elif defined(RN_ISA_AVX2)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

#endif
