/* SPDX-License-Identifier: MIT */
/*
 * The register tile of the matrix product: the innermost loop.
 *
 *   sum [rows, width]  =  a [rows, k] b [k, width]       k of one block, a number of
 * vectors c                  =  prior + sum, then add + that   each term only if there is
 * one
 *
 * The sums stay in registers for all k. Few rows take more vectors, because few sums do not
 * hide the latency of an addition. Each size is a function of its own, generated from one
 * source with constant sizes, so that the compiler keeps the sums in registers; and there
 * are two of each, for the two ways in which a lies in memory.
 *
 * Every size sums an element in the same order, as gemm.h guarantees.
 */
#ifndef RN_KERNEL_GEMM_TILE_H
#define RN_KERNEL_GEMM_TILE_H

#include "kernel/simd.h"

#if REGISTERS == 32 && RN_REAL == 32
#define MR 12
#elif RN_NEON
#define MR 8
#elif defined(RN_ISA_AVX2) || defined(RN_ISA_AVX512)
#define MR 6 /* f64 would be a few percent faster with 8 where there are 32 registers */
#else
#define MR 4 /* a product that is not fused needs a register of its own */
#endif

enum { WIDEST = 8 }; /* vectors in a row of a tile */

/* Tiles of fewer sums take two terms at a time, for the others that is only more code. */
#if defined(RN_ISA_AVX512)
enum { FULL_BY_ROWS = 8, FULL_BY_COLUMNS = 12 };
#else
enum { FULL_BY_ROWS = 12, FULL_BY_COLUMNS = 12 };
#endif

typedef struct tile_operands {
    int64_t k;     /* at least 1 */
    const real *a; /* a[i * a_row + p], or a[i + p * a_step]: see the tables below */
    int64_t a_row, a_step;
    const real *b; /* b[p * b_row + j] of the first vector, the next b_next further on */
    int64_t b_row, b_next;
    const real *prior; /* the sum of the blocks before, like c; NULL in the first block */
    real *c;           /* c[i * c_row + j] */
    const real *add;   /* NULL: nothing is added */
    int64_t prior_row, add_row, c_row;
    /* Where a lies by columns, a tile also brings one line for every two of k to the
     * second-level cache: the first, and how many bytes further on the next. */
    const char *fetch;
    int64_t fetch_step;
} tile_operands;

typedef void tile_function(const tile_operands *t);

#define INLINE static inline __attribute__((always_inline))

/* Writes the sums, with the terms that are added to them: one loop for both, for they are
 * in each size of tile. */
INLINE void tile_end(int rows, int vectors, vec (*sum)[WIDEST], const tile_operands *t)
{
    real *c = t->c;
    const int64_t c_row = t->c_row;

    for (int term = 0; term < 2; term++) {
        const real *x = term == 0 ? t->prior : t->add;
        const int64_t row = term == 0 ? t->prior_row : t->add_row;
        if (!x) continue;
        UNROLL
        for (int i = 0; i < rows; i++) {
            UNROLL
            for (int j = 0; j < vectors; j++)
                sum[i][j] = load(x + i * row + j * LANES) + sum[i][j];
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++) store(c + i * c_row + j * LANES, sum[i][j]);
    }
}

/* Element i of a column at a, and vector j of a row at b, in pointers and offsets that fit
 * the registers: x[i / 4] points to element i / 4 * 4. */
INLINE const real *element_of(const real *const *x, int i, int64_t step)
{
    return x[i / 4] + i % 4 * step;
}

/* One term of each sum. */
INLINE void tile_term(int rows, int vectors, vec (*sum)[WIDEST], const real *const *a,
                      int64_t a_row, int64_t a_at, const real *const *b, int64_t b_next,
                      int64_t b_at)
{
    vec of_b[WIDEST];

    UNROLL
    for (int j = 0; j < vectors; j++) {
        of_b[j] = load(element_of(b, j, b_next) + b_at);
        if (rows > 1) IN_REGISTER(of_b[j]);
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        const multiplier x = multiplier_of(element_of(a, i, a_row)[a_at]);
        UNROLL
        for (int j = 0; j < vectors; j++) sum[i][j] = madd_by(x, of_b[j], sum[i][j]);
    }
}

INLINE void tile(int rows, int vectors, bool by_rows, const tile_operands *t)
{
    const int64_t a_row = by_rows ? t->a_row : 1, a_step = by_rows ? 1 : t->a_step;
    const int64_t b_row = t->b_row, b_next = t->b_next;
    const real *a[(MR + 3) / 4], *b[WIDEST / 4];
    const char *fetch = t->fetch;
    const int full = by_rows ? FULL_BY_ROWS : FULL_BY_COLUMNS;
    const int terms = rows * vectors < full ? 2 : 1;
    const int64_t fetch_step = t->fetch_step * terms / 2;
    vec sum[MR][WIDEST];
    int64_t p = t->k;

    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < vectors; j++) sum[i][j] = (vec){0};
    }
    UNROLL
    for (int i = 0; i < rows; i += 4) a[i / 4] = t->a + i * a_row;
    UNROLL
    for (int j = 0; j < vectors; j += 4) b[j / 4] = t->b + j * b_next;
    if (p < 1) __builtin_unreachable();
    for (; p >= terms; p -= terms) {
        tile_term(rows, vectors, sum, a, a_row, 0, b, b_next, 0);
        if (terms == 2) tile_term(rows, vectors, sum, a, a_row, a_step, b, b_next, b_row);
        UNROLL
        for (int i = 0; i < rows; i += 4) a[i / 4] += terms * a_step;
        UNROLL
        for (int j = 0; j < vectors; j += 4) b[j / 4] += terms * b_row;
        if (!by_rows && rows > 1) {
            __builtin_prefetch(fetch, 0, 2);
            fetch += fetch_step;
        }
    }
    if (terms == 2 && p) tile_term(rows, vectors, sum, a, a_row, 0, b, b_next, 0);
    tile_end(rows, vectors, sum, t);
}

/* The sizes of two rows and more, and by rows - 1 the most vectors, whose sums fit the
 * registers. Tiles below each other may have one row less than the first, so more than half
 * of MR rows are in no width that one row less lacks. f64 does with lower tiles and without
 * some widths of right edges, for they are a good part of the code. */
#if MR == 12
#define SIZES(T)                                                                           \
    T(2, 1)                                                                                \
    T(2, 2)                                                                                \
    T(2, 4)                                                                                \
    T(2, 8)                                                                                \
    T(3, 1)                                                                                \
    T(3, 2)                                                                                \
    T(3, 3)                                                                                \
    T(3, 4)                                                                                \
    T(4, 1)                                                                                \
    T(4, 2)                                                                                \
    T(4, 3)                                                                                \
    T(4, 4)                                                                                \
    T(5, 1)                                                                                \
    T(5, 2)                                                                                \
    T(5, 4)                                                                                \
    T(6, 1)                                                                                \
    T(6, 2)                                                                                \
    T(6, 3)                                                                                \
    T(6, 4)                                                                                \
    T(7, 1)                                                                                \
    T(7, 2)                                                                                \
    T(7, 3)                                                                                \
    T(8, 1)                                                                                \
    T(8, 2)                                                                                \
    T(8, 3)                                                                                \
    T(9, 1)                                                                                \
    T(9, 2)                                                                                \
    T(10, 1)                                                                               \
    T(10, 2)                                                                               \
    T(11, 1)                                                                               \
    T(11, 2)                                                                               \
    T(12, 1)                                                                               \
    T(12, 2)
static const unsigned char widest_of[MR] = {8, 8, 4, 4, 4, 4, 3, 3, 2, 2, 2, 2};
#elif MR == 8
#define SIZES(T)                                                                           \
    T(2, 1)                                                                                \
    T(2, 4)                                                                                \
    T(3, 1)                                                                                \
    T(3, 4)                                                                                \
    T(4, 1)                                                                                \
    T(4, 2)                                                                                \
    T(4, 4)                                                                                \
    T(5, 1)                                                                                \
    T(5, 2)                                                                                \
    T(6, 1)                                                                                \
    T(6, 2)                                                                                \
    T(7, 1)                                                                                \
    T(7, 2)                                                                                \
    T(8, 1)                                                                                \
    T(8, 2)
static const unsigned char widest_of[MR] = {8, 4, 4, 4, 2, 2, 2, 2};
#elif MR == 6
#define MOST_SIZES(T)                                                                      \
    T(2, 1)                                                                                \
    T(2, 4)                                                                                \
    T(3, 1)                                                                                \
    T(3, 2)                                                                                \
    T(3, 3)                                                                                \
    T(4, 1)                                                                                \
    T(4, 2)                                                                                \
    T(4, 3)                                                                                \
    T(5, 1)                                                                                \
    T(5, 2)                                                                                \
    T(6, 1)                                                                                \
    T(6, 2)
#if RN_REAL == 32
#define SIZES(T) MOST_SIZES(T) T(2, 2)
#else
#define SIZES(T) MOST_SIZES(T)
#endif
static const unsigned char widest_of[MR] = {8, 4, 3, 3, 2, 2};
#else
#define SIZES(T)                                                                           \
    T(2, 1)                                                                                \
    T(2, 2)                                                                                \
    T(2, 4)                                                                                \
    T(3, 1)                                                                                \
    T(3, 2)                                                                                \
    T(4, 1)                                                                                \
    T(4, 2)
static const unsigned char widest_of[MR] = {8, 4, 2, 2};
#endif
#define SIZES_OF_ONE_ROW(T) T(1, 1) T(1, 2) T(1, 4) T(1, 8)

#define ROWS_TILE(rows, vectors)                                                           \
    static void rows_##rows##x##vectors(const tile_operands *t)                            \
    {                                                                                      \
        tile(rows, vectors, true, t);                                                      \
    }
#define COLUMNS_TILE(rows, vectors)                                                        \
    static void columns_##rows##x##vectors(const tile_operands *t)                         \
    {                                                                                      \
        tile(rows, vectors, false, t);                                                     \
    }

SIZES(ROWS_TILE)
SIZES(COLUMNS_TILE)
SIZES_OF_ONE_ROW(COLUMNS_TILE)

/* Both tables by rows - 1 and vectors - 1. */
#define ROWS_ENTRY(rows, vectors)    [rows - 1][vectors - 1] = rows_##rows##x##vectors,
#define COLUMNS_ENTRY(rows, vectors) [rows - 1][vectors - 1] = columns_##rows##x##vectors,

/* a is contiguous along k, and has more than one row */
static tile_function *const rows_tiles[MR][WIDEST] = {SIZES(ROWS_ENTRY)};
/* a is contiguous along its rows; or has one row, at any distance */
static tile_function *const columns_tiles[MR][WIDEST] = {SIZES_OF_ONE_ROW(COLUMNS_ENTRY)
                                                             SIZES(COLUMNS_ENTRY)};

static inline tile_function *tile_of(bool by_rows, int64_t rows, int64_t vectors)
{
    return by_rows && rows > 1 ? rows_tiles[rows - 1][vectors - 1]
                               : columns_tiles[rows - 1][vectors - 1];
}

/* Vectors of the next tile of at most so many rows, where so many vectors are left: the
 * most, but the last two tiles share what is left. */
static inline int64_t next_vectors(int64_t rows, int64_t left)
{
    const int64_t most = widest_of[rows - 1];
    int64_t vectors = left < most ? left : most;

    if (left < 2 * most && left > most) vectors = (left + 1) / 2;
    while (!columns_tiles[rows - 1][vectors - 1]) vectors--;
    return vectors;
}

#endif
