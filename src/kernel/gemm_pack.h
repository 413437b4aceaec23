/* SPDX-License-Identifier: MIT */
/*
 * Packs a part of an operand in the order in which the register tile reads it: for each k
 * the `lanes` elements of a strip next to each other, padded with zeros to `width`.
 *
 *   to[p * width + i] = from[i * lane + p * step],   p < k,  i < lanes <= width
 */
#ifndef RN_KERNEL_GEMM_PACK_H
#define RN_KERNEL_GEMM_PACK_H

#include "kernel/simd.h"

#include <string.h>

enum { LINE = 64 / (int)sizeof(real) };

typedef real four __attribute__((vector_size(4 * sizeof(real))));

/* to[p * width + i] = from[i * lane + p] for i, p < 4. */
#if RN_REAL == 64 && defined(RN_ISA_BASELINE)
/* Four elements do not fit a vector here, and compilers handle shuffles of two halves
 * badly. */
static inline void transpose4(real *to, int64_t width, const real *from, int64_t lane)
{
    for (int p = 0; p < 4; p++)
        for (int i = 0; i < 4; i++) to[p * width + i] = from[i * lane + p];
}
#else
static inline void transpose4(real *to, int64_t width, const real *from, int64_t lane)
{
    four a, b, c, d;

    memcpy(&a, from, sizeof a);
    memcpy(&b, from + lane, sizeof b);
    memcpy(&c, from + 2 * lane, sizeof c);
    memcpy(&d, from + 3 * lane, sizeof d);

    four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    four ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    four cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);

    a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);

    memcpy(to, &a, sizeof a);
    memcpy(to + width, &b, sizeof b);
    memcpy(to + 2 * width, &c, sizeof c);
    memcpy(to + 3 * width, &d, sizeof d);
}
#endif

static inline void copy_lanes(real *to, const real *from, int64_t lanes)
{
    int64_t i = 0;

    for (; i + 4 <= lanes; i += 4) {
        four x;
        memcpy(&x, from + i, sizeof x);
        memcpy(to + i, &x, sizeof x);
    }
    for (; i < lanes; i++) to[i] = from[i];
}

/* For any strides, one element at a time. */
static inline void pack_strided(real *to, int64_t lanes, int64_t width, int64_t k,
                                const real *from, int64_t lane, int64_t step)
{
    for (int64_t p = 0; p < k; p++)
        for (int64_t i = 0; i < lanes; i++) to[p * width + i] = from[i * lane + p * step];
}

/* For elements that are contiguous along k. */
static inline void pack_transposed(real *to, int64_t lanes, int64_t width, int64_t k,
                                   const real *from, int64_t lane)
{
    enum { PART = 16 };
    int64_t whole = lanes & ~(int64_t)3, steps = k & ~(int64_t)3;

    /* Reads a cache line or two of each of four lanes before the next four evict them:
     * lanes a power of two apart share a cache set. */
    for (int64_t p = 0; p < steps; p += PART) {
        const int64_t count = steps - p < PART ? steps - p : PART;
        for (int64_t i = 0; i < whole; i += 4) {
            const real *x = from + i * lane + p;
            real *y = to + p * width + i;
            UNROLL
            for (int l = 0; l < 4; l++) __builtin_prefetch(x + l * lane + PART);
            for (int64_t q = 0; q < count; q += 4, x += 4, y += 4 * width)
                transpose4(y, width, x, lane);
        }
    }
    pack_strided(to + steps * width, whole, width, k - steps, from + steps, lane, 1);
    pack_strided(to + whole, lanes - whole, width, k, from + whole * lane, lane, 1);
}

/* Not inline: copies of it would be a good part of the library. */
static __attribute__((noinline)) void pack(real *to, int64_t lanes, int64_t width,
                                           int64_t k, const real *from, int64_t lane,
                                           int64_t step)
{
    if (lanes < width) memset(to, 0, (size_t)(width * k) * sizeof(real));
    if (lane == 1)
        for (int64_t p = 0; p < k; p++) copy_lanes(to + p * width, from + p * step, lanes);
    else if (step == 1)
        pack_transposed(to, lanes, width, k, from, lane);
    else
        pack_strided(to, lanes, width, k, from, lane, step);
}

#endif
