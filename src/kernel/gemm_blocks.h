/* SPDX-License-Identifier: MIT */
/*
 * The loops of the matrix product over cache blocks, around the register tile.
 *
 *   for each NC columns of B and C
 *     for each KB of k, some RN__GEMM_KC
 *       pack B, if more than one block of rows needs that
 *       for each block of rows of A and C
 *         pack A, where it is not contiguous along k
 *         for each strip of columns, of two to eight vectors
 *           for each RN__GEMM_KC of k                 the block that gemm.h speaks of
 *             pack B, if it needs that
 *             for each MR rows                        b of the tile: first-level cache
 *               tile                                  a of the tile: second-level cache
 *
 * B is read in place where its rows are contiguous and few rows of A use it, but at the
 * ragged right edge, where whole vectors cannot be read. The sums of the blocks so far are
 * in a buffer of their own, so C is written once.
 */
#ifndef RN_KERNEL_GEMM_BLOCKS_H
#define RN_KERNEL_GEMM_BLOCKS_H

#include "kernel/gemm_pack.h"
#include "kernel/gemm_tile.h"

enum {
    RN__GEMM_KC = 256,
    KB = 4 * RN__GEMM_KC,
    NC = 1024,
    L2 = 1 << 20,
    PACK_FROM = 384, /* rows of A from which packing B pays */
    ALIGNMENT = 64
};

/* The state of the loops. */
typedef struct product {
    int64_t m, n, k;
    const real *a, *b, *packed; /* packed: the strip of the first column, or NULL */
    real *c;
    int64_t a_row, a_column, b_row, b_column, c_row, c_column;
    int64_t k_packed; /* k of the strips of packed B */
    int64_t block;    /* rows of A in a block */
    int64_t vectors;  /* of a full tile */
    int64_t rows;     /* of a full tile */
    bool add, pack_a, pack_b;
    bool panel; /* B is packed once for all blocks of rows */
    real *a_packed, *b_packed, *sums;
} product;

/* A part of the product: some rows, columns, and terms. */
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

/* ---- sizes ---- */

/* Rows of A in a block: all, or about half the second-level cache of them. */
static int64_t rows_of_block(int64_t m, int64_t k)
{
    int64_t most = L2 / 2 / ((int64_t)sizeof(real) * least(k + 1, KB)) / MR * MR;

    if (most < 4 * MR) most = 4 * MR;
    if (m <= most) return m;
    return round_up(divide_up(m, divide_up(m, most)), MR);
}

/* Elements of each part of the scratch. */
static int64_t packed_a(int64_t m, int64_t k)
{
    return round_up(rows_of_block(m, k) * least(k, KB), ALIGNMENT);
}

static int64_t packed_b(int64_t m, int64_t n, int64_t k)
{
    const int64_t columns = round_up(n, STRIP);

    if (m > rows_of_block(m, k)) return least(columns, NC) * least(k, KB);
    return least(columns, WIDEST * LANES) * least(k, RN__GEMM_KC);
}

static int64_t sums(int64_t m, int64_t n, int64_t k)
{
    if (k <= RN__GEMM_KC) return 0;
    if (k > KB) return m * round_up(n, STRIP);
    return rows_of_block(m, k) * WIDEST * LANES;
}

/* Packs strips, one after the other. */
static void pack_strips(real *to, int64_t n, int64_t k, const real *b, int64_t row,
                        int64_t column)
{
    for (int64_t j = 0; j < n; j += STRIP)
        pack(to + j * k, least(STRIP, n - j), STRIP, k, b + j * column, column, row);
}

/* ---- operands of a tile ---- */

/* B of some columns and terms of a part, where it lies or packed. */
static void set_b(const product *g, const part *o, int64_t j, int64_t columns, int64_t p,
                  tile_operands *t)
{
    const real *b = g->b + p * g->b_row + j * g->b_column;

    t->b_row = STRIP;
    if (g->packed) {
        t->b = g->packed + j * g->k_packed + p * STRIP;
        t->b_strip = g->k_packed * STRIP;
    } else if (g->panel) {
        t->b = g->b_packed + (j - o->j) * o->k + (p - o->p) * STRIP;
        t->b_strip = o->k * STRIP;
    } else if (g->pack_b || columns % LANES != 0) {
        pack_strips(g->b_packed, columns, t->k, b, g->b_row, g->b_column);
        t->b = g->b_packed;
        t->b_strip = t->k * STRIP;
    } else {
        t->b = b;
        t->b_row = g->b_row;
        t->b_strip = STRIP;
    }
}

/* Rows of a tile at row i: all tiles of a part have the same number, or one less. */
static inline int64_t tile_rows(const product *g, int64_t i, int64_t m)
{
    return divide_up(m - i, divide_up(m - i, g->rows));
}

/* Packs one tile after the other. */
static void pack_a(const product *g, const part *o)
{
    for (int64_t i = 0, rows; i < o->m; i += rows) {
        rows = tile_rows(g, i, o->m);
        pack(g->a_packed + i * o->k, rows, rows, o->k,
             g->a + (o->i + i) * g->a_row + o->p * g->a_column, g->a_row, g->a_column);
    }
}

/* ---- loops ---- */

/* Writes one tile to C through a buffer, as C is narrower than whole vectors. */
static void tile_to_edge(const product *g, tile_function *run, tile_operands t, real *c,
                         int64_t rows, int64_t columns)
{
    real buffer[MR * STRIP > MR_8 * WIDEST * LANES ? MR * STRIP : MR_8 * WIDEST * LANES]
        __attribute__((aligned(ALIGNMENT)));
    const int64_t width = round_up(columns, LANES);
    const bool add = t.add;

    t.c = buffer, t.c_row = width, t.add = false;
    run(&t);
    for (int64_t y = 0; y < rows; y++)
        for (int64_t x = 0; x < columns; x++) {
            real *to = c + y * g->c_row + x * g->c_column, sum = buffer[y * width + x];
            *to = add ? *to + sum : sum;
        }
}

/* A part times one block of k, in tiles one below the other. */
static void tiles(const product *g, const part *o, int64_t j, int64_t columns, int64_t p,
                  real *sum)
{
    const bool last = p + RN__GEMM_KC >= g->k, by_rows = !g->pack_a && g->m > 1;
    const int64_t vectors = divide_up(columns, LANES), width = vectors * LANES;
    tile_operands t = {.k = least(RN__GEMM_KC, g->k - p)};

    set_b(g, o, j, columns, p, &t);
    t.a_row = g->a_row, t.a_step = g->a_column;
    t.c_row = t.prior_row = width;
    t.add = last && g->add;
    for (int64_t i = 0, rows; i < o->m; i += rows, sum += rows * width) {
        rows = tile_rows(g, i, o->m);
        tile_function *run = tile_of(by_rows, rows, vectors);
        if (g->pack_a) {
            t.a = g->a_packed + i * o->k + (p - o->p) * rows;
            t.a_step = rows;
        } else {
            t.a = g->a + (o->i + i) * g->a_row + p * g->a_column;
        }
        t.prior = p > 0 ? sum : NULL;
        t.c = sum;
        if (last) {
            real *c = g->c + (o->i + i) * g->c_row + j * g->c_column;
            if (g->c_column != 1 || columns != width) {
                tile_to_edge(g, run, t, c, rows, columns);
                continue;
            }
            t.c = c, t.c_row = g->c_row;
        }
        run(&t);
    }
}

/* Vectors of the next tile, and so many columns are left. */
static int64_t next_vectors(const product *g, int64_t columns)
{
    int64_t vectors = g->vectors;

    while (vectors > 1 && vectors > divide_up(columns, LANES)) vectors /= 2;
    return vectors;
}

static void multiply(const product *g, const part *o)
{
    for (int64_t j = o->j, width; j < o->j + o->n; j += width) {
        const int64_t left = o->j + o->n - j;
        real *sum = g->sums;

        width = next_vectors(g, left) * LANES;
        if (g->k > KB) sum += o->i * round_up(g->n, STRIP) + j * o->m;
        for (int64_t p = o->p; p < o->p + o->k; p += RN__GEMM_KC)
            tiles(g, o, j, least(width, left), p, sum);
    }
}

static void blocks(const product *g)
{
    part o;

    for (o.j = 0; o.j < g->n; o.j += NC) {
        o.n = least(NC, g->n - o.j);
        for (o.p = 0; o.p < g->k; o.p += KB) {
            o.k = least(KB, g->k - o.p);
            if (g->panel)
                pack_strips(g->b_packed, o.n, o.k,
                            g->b + o.p * g->b_row + o.j * g->b_column, g->b_row,
                            g->b_column);
            for (o.i = 0; o.i < g->m; o.i += g->block) {
                o.m = least(g->block, g->m - o.i);
                if (g->pack_a) pack_a(g, &o);
                multiply(g, &o);
            }
        }
    }
}

#endif
