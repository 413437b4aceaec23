/* SPDX-License-Identifier: MIT */
/*
 * The register tile of the matrix product: the innermost loop.
 *
 *   sum [rows, width]  =  a [rows, k] b [k, width]       k of one block, a number of
 * vectors c                  =  prior + sum, then c + that     each term only if asked for
 *
 * The sums stay in registers for all k. Few rows take more vectors, because few sums do not
 * hide the latency of an addition: MR rows of 2 vectors, half as many of 4, two of 8. Each
 * size is a function of its own, generated from one source with constant sizes, so that the
 * compiler keeps the sums in registers; and there are two of each, for the two ways in
 * which a lies in memory.
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

enum {
    STRIP = 2 * LANES, /* columns of b that lie next to each other */
    MR_4 = MR / 2,     /* rows of a tile of four vectors, and of eight */
    MR_8 = 2,
    WIDEST = 8 /* vectors in a row of a tile */
};

typedef struct tile_operands {
    int64_t k;
    const real *a; /* a[i * a_row + p], or a[i + p * a_step]: see the tables below */
    int64_t a_row, a_step;
    const real *b; /* b[p * b_row + j] of the first strip, the next b_strip further on */
    int64_t b_row, b_strip;
    const real *prior; /* the sum of the blocks before, like c; NULL in the first block */
    real *c;           /* c[i * c_row + j] */
    int64_t prior_row, c_row;
    bool add; /* adds to c instead of overwriting it */
} tile_operands;

typedef void tile_function(const tile_operands *t);

#define INLINE static inline __attribute__((always_inline))

/* Writes or adds the sums. */
INLINE void tile_end(int rows, int vectors, vec (*sum)[WIDEST], const tile_operands *t)
{
    real *c = t->c;
    const real *prior = t->prior;
    const int64_t c_row = t->c_row, prior_row = t->prior_row;
    const bool add = t->add;

    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++) {
            real *to = c + i * c_row + j * LANES;
            vec x = sum[i][j];
            if (prior) x = load(prior + i * prior_row + j * LANES) + x;
            store(to, add ? load(to) + x : x);
        }
    }
}

/* One term of each sum; x [rows] are pointers to the elements of a. */
INLINE void tile_term(int rows, int vectors, vec (*sum)[WIDEST], const real *const *a,
                      int64_t row, int64_t a_at, const real *b, int64_t b_strip)
{
    vec of_b[WIDEST];

    UNROLL
    for (int j = 0; j < vectors; j++) of_b[j] = load(b + j / 2 * b_strip + j % 2 * LANES);
    UNROLL
    for (int i = 0; i < rows; i++) {
        const vec x = broadcast(a[i / 4][i % 4 * row + a_at]);
        UNROLL
        for (int j = 0; j < vectors; j++) sum[i][j] = madd(x, of_b[j], sum[i][j]);
    }
}

INLINE void tile(int rows, int vectors, bool by_rows, const tile_operands *t)
{
    /* Copies, because for the compiler a store to c might change *t. */
    const int64_t a_row = by_rows ? t->a_row : 1, a_step = by_rows ? 1 : t->a_step;
    const int64_t b_row = t->b_row, b_strip = t->b_strip;
    const real *a[(MR + 3) / 4], *b = t->b;
    vec sum[MR][WIDEST];

    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++) sum[i][j] = (vec){0};
    }
    UNROLL
    for (int i = 0; i < rows; i += 4) a[i / 4] = t->a + i * a_row;
    for (int64_t p = t->k; p > 0; p--, b += b_row) {
        tile_term(rows, vectors, sum, a, a_row, 0, b, b_strip);
        UNROLL
        for (int i = 0; i < rows; i += 4) a[i / 4] += a_step;
    }
    tile_end(rows, vectors, sum, t);
}

#define TILE(rows, vectors)                                                                \
    static void rows_##rows##x##vectors(const tile_operands *t)                            \
    {                                                                                      \
        tile(rows, vectors, true, t);                                                      \
    }                                                                                      \
    static void columns_##rows##x##vectors(const tile_operands *t)                         \
    {                                                                                      \
        tile(rows, vectors, false, t);                                                     \
    }
#define TILES(rows) TILE(rows, 1) TILE(rows, 2)

TILES(1)
TILES(2)
TILES(3)
TILES(4)
TILE(1, 4)
TILE(2, 4)
TILE(1, 8)
TILE(2, 8)
#if MR >= 6
TILES(5)
TILES(6)
TILE(3, 4)
#endif
#if MR >= 12
TILES(7)
TILES(8)
TILES(9)
TILES(10)
TILES(11)
TILES(12)
TILE(4, 4)
TILE(5, 4)
TILE(6, 4)
#endif

/* By rows - 1, for tiles of each number of vectors. */
#define TABLES(form)                                                                       \
    static tile_function *const form##_of_1[MR] = {EACH_ROW(form, 1)};                     \
    static tile_function *const form##_of_2[MR] = {EACH_ROW(form, 2)};                     \
    static tile_function *const form##_of_4[MR_4] = {HALF_OF_ROWS(form, 4)};               \
    static tile_function *const form##_of_8[MR_8] = {form##_1x8, form##_2x8};

#define FOUR(form, n) form##_1x##n, form##_2x##n, form##_3x##n, form##_4x##n
#if MR >= 12
#define HALF_OF_ROWS(form, n) FOUR(form, n), form##_5x##n, form##_6x##n
#define EACH_ROW(form, n)                                                                  \
    HALF_OF_ROWS(form, n), form##_7x##n, form##_8x##n, form##_9x##n, form##_10x##n,        \
        form##_11x##n, form##_12x##n
#elif MR >= 6
#define HALF_OF_ROWS(form, n) form##_1x##n, form##_2x##n, form##_3x##n
#define EACH_ROW(form, n)     FOUR(form, n), form##_5x##n, form##_6x##n
#else
#define HALF_OF_ROWS(form, n) form##_1x##n, form##_2x##n
#define EACH_ROW(form, n)     FOUR(form, n)
#endif

TABLES(rows)    /* a is contiguous along k */
TABLES(columns) /* a is contiguous along its rows; or has one row, at any distance */

static inline tile_function *tile_of(bool by_rows, int64_t rows, int64_t vectors)
{
    const int64_t i = rows - 1;

    switch (vectors) {
    case 1:
        return by_rows ? rows_of_1[i] : columns_of_1[i];
    case 2:
        return by_rows ? rows_of_2[i] : columns_of_2[i];
    case 4:
        return by_rows ? rows_of_4[i] : columns_of_4[i];
    default:
        return by_rows ? rows_of_8[i] : columns_of_8[i];
    }
}

#endif
