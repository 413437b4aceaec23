/* SPDX-License-Identifier: MIT */
/*
 * The loops of the matrix product over cache blocks, around the register tile.
 *
 *   for each block of rows of A and C
 *     for each block of columns of B and C
 *       for each RN__GEMM_KC of k                     the block that gemm.h speaks of
 *         pack A and B, where they are not read in place
 *         for each strip of columns, of two to eight vectors
 *           for each MR rows                          b of the tile: first-level cache
 *             tile                                    a of the tile: second-level cache
 *
 * The sums of the blocks of k so far are in a buffer of their own, so C is written once. A
 * block of A, one of B and these sums fit in the second-level cache. Where neither A nor B
 * is packed and all of a block of rows of A fits there, a block of columns is one strip,
 * and its sums stay in the first-level cache.
 *
 * A is read in place where its rows, or the rows of A', are contiguous. B is read in place
 * where its rows are contiguous and few rows of A use it, but at the ragged right edge,
 * where whole vectors cannot be read.
 */
#ifndef RN_KERNEL_GEMM_BLOCKS_H
#define RN_KERNEL_GEMM_BLOCKS_H

#include "kernel/caches.h"
#include "kernel/gemm_pack.h"
#include "kernel/gemm_tile.h"

enum {
    RN__GEMM_KC = 256,
    RN__GEMM_LONG = 64 * RN__GEMM_KC,
    ALIGNMENT = 64,
    BAND = 8,              /* rows of B that are packed together */
    WAY = 4096,            /* bytes: what each way of a first-level cache has at least */
    PACK_B_FROM = 384,     /* rows of A from which packing B pays, */
    PACK_FAR_B_FROM = 128, /* and if its rows share few sets of the cache */
    PACK_A_FROM = 128      /* columns of B from which packing A' pays */
};

/* Where the tiles read A from. */
typedef enum a_source {
    A_ROWS,    /* in place, contiguous along k */
    A_COLUMNS, /* in place, contiguous along the rows; or one row at any distance */
    A_PACKED   /* as A_COLUMNS, from strips of rows */
} a_source;

typedef enum b_source { B_IN_PLACE, B_BY_BLOCK, B_PACKED } b_source;

/* The state of the loops. */
typedef struct product {
    int64_t m, n, k;
    const real *a, *b, *packed; /* packed: the strip of the first column */
    real *c;
    int64_t a_row, a_column, b_row, b_column, c_row, c_column;
    a_source from_a;
    b_source from_b;
    int64_t k_packed;      /* k of the strips of packed B */
    int64_t rows, columns; /* of a block; columns 0: of one tile */
    bool add;
    bool packs_whole; /* B, into b_packed, before the loops */
    real *a_packed, *b_packed, *sums;
} product;

/* A block of the product. */
typedef struct part {
    int64_t i, m, j, n, p, k;
} part;

static inline int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t divide_up(int64_t n, int64_t by)
{
    return (n + by - 1) / by;
}

static inline int64_t round_up(int64_t n, int64_t to)
{
    return divide_up(n, to) * to;
}

/* ---- sizes: none grows when m, n or k get less ---- */

/* Rows and columns of the largest block: sums, A and B take about two thirds of the
 * second-level cache. */
static inline int64_t most_rows(void)
{
    const int64_t rows = rn__cache_bytes(2) / (2048 * (int64_t)sizeof(real));

    return rows < 2 * MR ? 2 * MR : least(rows, 512) / MR * MR;
}

static inline int64_t most_columns(void)
{
    const int64_t columns = round_up(2 * most_rows(), LANES);

    return columns < WIDEST * LANES ? WIDEST * LANES : columns;
}

/* Elements of each part of the scratch. */
static int64_t packed_a(int64_t m, int64_t k)
{
    return round_up(least(m, most_rows()) * least(k, RN__GEMM_KC), ALIGNMENT);
}

static int64_t packed_b(int64_t n, int64_t k)
{
    return least(round_up(n, LANES), most_columns()) * least(k, RN__GEMM_KC);
}

static int64_t sums(int64_t m, int64_t n, int64_t k)
{
    if (k <= RN__GEMM_KC) return 0;
    return least(m, most_rows()) * least(round_up(n, LANES), most_columns());
}

/* ---- operands of a tile ---- */

/* Packs strips of B, one after the other; row by row where rows are contiguous. */
static void pack_strips(real *to, int64_t n, int64_t k, const real *b, int64_t row,
                        int64_t column)
{
    const int64_t whole = column == 1 ? n / LANES * LANES : 0;

    for (int64_t p = 0; p < k && whole > 0; p += BAND)
        for (int64_t j = 0; j < whole; j += LANES)
            for (int64_t q = p; q < p + BAND && q < k; q++)
                store(to + j * k + q * LANES, load(b + q * row + j));
    for (int64_t j = whole; j < n; j += LANES)
        pack(to + j * k, least(LANES, n - j), LANES, k, b + j * column, column, row);
}

/* Rows of a tile at row i: all tiles of a block have the same number, or one less. */
static inline int64_t tile_rows(int64_t i, int64_t m)
{
    return divide_up(m - i, divide_up(m - i, MR));
}

/* Packs one tile after the other. */
static void pack_a(const product *g, const part *o)
{
    const real *a = g->a + o->i * g->a_row + o->p * g->a_column;

    for (int64_t i = 0, rows; i < o->m; i += rows) {
        rows = tile_rows(i, o->m);
        pack(g->a_packed + i * o->k, rows, rows, o->k, a + i * g->a_row, g->a_row,
             g->a_column);
    }
}

/* B of some columns of a block, where it lies or packed. */
static inline void set_b(const product *g, const part *o, int64_t j, int64_t columns,
                         tile_operands *t)
{
    const real *b = g->b + o->p * g->b_row + j * g->b_column;

    t->b_row = LANES;
    if (g->from_b == B_PACKED) {
        t->b = g->packed + j * g->k_packed + o->p * LANES;
        t->b_next = g->k_packed * LANES;
    } else if (g->from_b == B_BY_BLOCK) {
        t->b = g->b_packed + (j - o->j) * o->k;
        t->b_next = o->k * LANES;
    } else if (columns % LANES != 0) {
        pack_strips(g->b_packed, columns, o->k, b, g->b_row, g->b_column);
        t->b = g->b_packed;
        t->b_next = o->k * LANES;
    } else {
        t->b = b;
        t->b_row = g->b_row;
        t->b_next = LANES;
    }
}

static inline void set_a(const product *g, const part *o, int64_t i, int64_t rows,
                         tile_operands *t)
{
    if (g->from_a == A_PACKED) {
        t->a = g->a_packed + i * o->k;
        t->a_step = rows;
    } else {
        t->a = g->a + (o->i + i) * g->a_row + o->p * g->a_column;
        t->a_row = g->a_row, t->a_step = g->a_column;
    }
}

/* ---- loops ---- */

/* Writes one tile to C through a buffer, as C is narrower than whole vectors. */
static void tile_to_edge(tile_function *run, tile_operands t, rn__matrix c, int64_t rows,
                         int64_t columns)
{
    real buffer[REGISTERS * LANES] __attribute__((aligned(ALIGNMENT)));
    real *first = t.c;
    const int64_t width = round_up(columns, LANES);
    const bool add = t.add;

    t.c = buffer, t.c_row = width, t.add = false;
    run(&t);
    for (int64_t y = 0; y < rows; y++)
        for (int64_t x = 0; x < columns; x++) {
            real *to = first + y * c.row + x * c.column, sum = buffer[y * width + x];
            *to = add ? *to + sum : sum;
        }
}

/* Some columns of a block, in tiles one below the other. */
static void tiles(const product *g, const part *o, int64_t j, int64_t columns)
{
    const bool last = o->p + RN__GEMM_KC >= g->k;
    const bool by_rows = g->from_a == A_ROWS;
    const int64_t vectors = divide_up(columns, LANES), width = vectors * LANES;
    tile_operands t = {.k = o->k, .c_row = width, .prior_row = width};
    real *sum = g->sums + (j - o->j) * o->m;

    set_b(g, o, j, columns, &t);
    t.add = last && g->add;
    for (int64_t i = 0, rows; i < o->m; i += rows, sum += rows * width) {
        rows = tile_rows(i, o->m);
        tile_function *run = tile_of(by_rows, rows, vectors);
        set_a(g, o, i, rows, &t);
        t.prior = o->p > 0 ? sum : NULL;
        t.c = sum;
        if (last) {
            t.c = g->c + (o->i + i) * g->c_row + j * g->c_column;
            t.c_row = g->c_row;
            if (g->c_column != 1 || columns != width) {
                tile_to_edge(run, t, (rn__matrix){NULL, g->c_row, g->c_column}, rows,
                             columns);
                continue;
            }
        }
        run(&t);
    }
}

static inline void multiply(const product *g, const part *o)
{
    const int64_t rows = tile_rows(0, o->m);

    if (g->from_a == A_PACKED) pack_a(g, o);
    if (g->from_b == B_BY_BLOCK)
        pack_strips(g->b_packed, o->n, o->k, g->b + o->p * g->b_row + o->j * g->b_column,
                    g->b_row, g->b_column);
    for (int64_t j = o->j, width; j < o->j + o->n; j += width) {
        const int64_t left = o->j + o->n - j;
        width = next_vectors(rows, divide_up(left, LANES)) * LANES;
        tiles(g, o, j, least(width, left));
    }
}

/* Columns of the block from column j on. */
static inline int64_t columns_at(const product *g, int64_t j, int64_t m)
{
    if (g->columns) return g->columns;
    return next_vectors(tile_rows(0, m), divide_up(g->n - j, LANES)) * LANES;
}

static void blocks(const product *g)
{
    part o;

    for (o.i = 0; o.i < g->m; o.i += g->rows) {
        o.m = least(g->rows, g->m - o.i);
        for (o.j = 0; o.j < g->n; o.j += o.n) {
            o.n = least(columns_at(g, o.j, o.m), g->n - o.j);
            for (o.p = 0; o.p < g->k; o.p += RN__GEMM_KC) {
                o.k = least(RN__GEMM_KC, g->k - o.p);
                multiply(g, &o);
            }
        }
    }
}

#endif
