/* SPDX-License-Identifier: MIT */
/*
 * The register tile of the matrix product: the innermost loop.
 *
 *   c [rows, width]  =  or +=  a [rows, k] b [k, width],  width a whole number of vectors
 *
 * The sums stay in registers for all k. A tile has at most MR rows of two vectors. With
 * half as many rows it may have four vectors, because few rows have too few sums to hide
 * the latency of an addition. Each size is a function of its own, generated from one source
 * with constant sizes, so that the compiler keeps the sums in registers.
 *
 * Every size sums an element in the same order, as gemm.h guarantees.
 */
#ifndef RN_KERNEL_GEMM_TILE_H
#define RN_KERNEL_GEMM_TILE_H

#include "kernel/simd.h"

#if REGISTERS == 32
#define MR 12
#elif defined(RN_ISA_AVX2)
#define MR 6
#else
#define MR 4 /* a product that is not fused needs a register of its own */
#endif

enum { NARROW = 2, WIDE = 4 }; /* vectors in a row of a tile */

typedef struct tile_operands {
    int64_t k;
    const real *a; /* packed: a[p * rows + i] */
    const real *b; /* b[p * b_row + j] */
    int64_t b_row;
    real *c; /* c[i * c_row + j] */
    int64_t c_row;
    bool add; /* adds to c instead of overwriting it */
} tile_operands;

static inline __attribute__((always_inline)) void tile(int rows, int vectors,
                                                       const tile_operands *t)
{
    const real *a = t->a, *b = t->b;
    real *c = t->c;
    /* Copies, because for the compiler a store to c might change *t. */
    int64_t b_row = t->b_row, c_row = t->c_row;
    bool add = t->add;
    vec sum[MR][WIDE];

    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++) sum[i][j] = (vec){0};
    }
    /* Prefetches c, so that it is in the cache when the sums are complete. */
    if (add) {
        UNROLL
        for (int i = 0; i < rows; i++) {
            UNROLL
            for (int j = 0; j < vectors; j++)
                __builtin_prefetch(c + i * c_row + j * LANES, 1);
        }
    }
    for (int64_t p = t->k; p > 0; p--, a += rows, b += b_row) {
        vec row[WIDE];

        UNROLL
        for (int j = 0; j < vectors; j++) row[j] = load(b + j * LANES);
        UNROLL
        for (int i = 0; i < rows; i++) {
            vec x = broadcast(a[i]);
            UNROLL
            for (int j = 0; j < vectors; j++) sum[i][j] = madd(x, row[j], sum[i][j]);
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++) {
            real *to = c + i * c_row + j * LANES;
            store(to, add ? load(to) + sum[i][j] : sum[i][j]);
        }
    }
}

#define TILE(rows, vectors)                                                                \
    static void tile_##rows##x##vectors(const tile_operands *t)                            \
    {                                                                                      \
        tile(rows, vectors, t);                                                            \
    }

TILE(1, 1)
TILE(1, 2)
TILE(1, 4)
TILE(2, 1)
TILE(2, 2)
TILE(2, 4)
TILE(3, 1)
TILE(3, 2)
TILE(4, 1)
TILE(4, 2)
#if MR >= 6
TILE(3, 4)
TILE(5, 1)
TILE(5, 2)
TILE(6, 1)
TILE(6, 2)
#endif
#if MR >= 12
TILE(4, 4)
TILE(5, 4)
TILE(6, 4)
TILE(7, 1)
TILE(7, 2)
TILE(8, 1)
TILE(8, 2)
TILE(9, 1)
TILE(9, 2)
TILE(10, 1)
TILE(10, 2)
TILE(11, 1)
TILE(11, 2)
TILE(12, 1)
TILE(12, 2)
#endif

typedef void tile_function(const tile_operands *t);

/* By rows - 1 and vectors - 1; of WIDE vectors by rows - 1. */
#define PAIR(rows)                                                                         \
    {                                                                                      \
        tile_##rows##x1, tile_##rows##x2                                                   \
    }

static tile_function *const narrow_tiles[MR][NARROW] = {
    PAIR(1), PAIR(2), PAIR(3), PAIR(4),
#if MR >= 6
    PAIR(5), PAIR(6),
#endif
#if MR >= 12
    PAIR(7), PAIR(8), PAIR(9), PAIR(10), PAIR(11), PAIR(12),
#endif
};
static tile_function *const wide_tiles[MR / 2] = {
    tile_1x4, tile_2x4,
#if MR >= 6
    tile_3x4,
#endif
#if MR >= 12
    tile_4x4, tile_5x4, tile_6x4,
#endif
};

#endif
