/* SPDX-License-Identifier: MIT */
/*
 * The loops of the matrix product over cache blocks, around the register tile.
 *
 *   for each block of rows of A and C
 *     for each block of columns of B and C
 *       for each RN__GEMM_KC of k                     the block that gemm.h speaks of
 *         pack A, where it is not read in place
 *         for each band of columns
 *           pack B, where it is not read in place
 *           for each strip of columns, of two to eight vectors
 *             for each MR rows                        b of the tile: first-level cache
 *               tile                                  a of the tile: second-level cache
 *
 * Where C is large and nothing is added, the loop over k is the outermost and C holds the
 * sums so far. Otherwise these are in a buffer of their own, so C is written once. A block
 * of A, a band of B and these sums fit in the second-level cache. Where neither A nor B is
 * packed and all of a block of rows of A fits there, a block of columns is one strip, and
 * its sums stay in the first-level cache.
 */
#ifndef RN_KERNEL_GEMM_BLOCKS_H
#define RN_KERNEL_GEMM_BLOCKS_H

#include "kernel/gemm_operands.h"

/* Writes one tile to C through a buffer, as C is narrower than whole vectors. */
static void tile_to_edge(tile_function *run, tile_operands t, rn__matrix c, rn__matrix add,
                         int64_t rows, int64_t columns)
{
    real buffer[REGISTERS * LANES] __attribute__((aligned(ALIGNMENT)));
    real *first = t.c;
    const real *added = t.add;
    const int64_t width = round_up(columns, LANES);

    t.c = buffer, t.c_row = width, t.add = NULL;
    run(&t);
    for (int64_t y = 0; y < rows; y++)
        for (int64_t x = 0; x < columns; x++) {
            real *to = first + y * c.row + x * c.column, sum = buffer[y * width + x];
            *to = added ? added[y * add.row + x * add.column] + sum : sum;
        }
}

/* Some columns of a block, in tiles one below the other. */
static void tiles(const product *g, const part *o, int64_t band, int64_t j, int64_t columns)
{
    const bool last = g->by_terms || o->p + RN__GEMM_KC >= g->k;
    const bool by_rows = g->from_a == A_ROWS;
    const bool strided = g->c_column != 1 || (g->add.data && g->add.column != 1);
    const int64_t vectors = divide_up(columns, LANES), width = vectors * LANES;
    const ahead next = strip_ahead(g, o, j, columns);
    tile_operands t = {
        .k = o->k, .c_row = width, .prior_row = width, .add_row = g->add.row};
    real *sum = g->sums + (j - o->j) * o->m;

    set_b(g, o, band, j, columns, &t);
    t.fetch = (const char *)t.b;
    for (int64_t i = 0, tile = 0, rows; i < o->m; i += rows, sum += rows * width) {
        rows = tile_rows(i, o->m);
        tile_function *run = tile_of(by_rows, rows, vectors);
        set_a(g, o, i, rows, &t);
        set_fetch(&next, tile++, &t);
        t.prior = o->p > 0 ? sum : NULL;
        t.c = sum;
        if (last) {
            t.c = g->c + (o->i + i) * g->c_row + j * g->c_column;
            t.c_row = g->c_row;
            if (g->add.data)
                t.add =
                    (const real *)g->add.data + (o->i + i) * g->add.row + j * g->add.column;
        }
        if (t.prior && g->by_terms) t.prior = t.c, t.prior_row = g->c_row;
        if (t.prior && g->columns)
            for (int64_t y = 0; y < rows; y++)
                fetch_prior(t.prior + y * t.prior_row, width);
        if (last && (strided || columns != width)) {
            tile_to_edge(run, t, (rn__matrix){NULL, g->c_row, g->c_column}, g->add, rows,
                         columns);
            continue;
        }
        run(&t);
    }
}

/* A band of columns of a block. */
static inline void strips(const product *g, const part *o, int64_t band, int64_t columns)
{
    const int64_t rows = tile_rows(0, o->m), end = band + columns;

    for (int64_t j = band, width; j < end; j += width) {
        width = next_vectors(rows, divide_up(end - j, LANES)) * LANES;
        tiles(g, o, band, j, least(width, end - j));
    }
}

static inline void multiply(const product *g, const part *o)
{
    const int64_t end = o->j + o->n, most = band_columns();

    if (g->from_a == A_PACKED) pack_a(g, o);
    if (g->from_b != B_BY_BLOCK) {
        strips(g, o, o->j, o->n);
        return;
    }
    for (int64_t j = o->j; j < end; j += most) {
        const int64_t columns = least(most, end - j);
        pack_strips(g->b_packed, columns, o->k, g->b + o->p * g->b_row + j * g->b_column,
                    g->b_row, g->b_column);
        strips(g, o, j, columns);
    }
}

/* Columns of the block from column j on. */
static inline int64_t columns_at(const product *g, int64_t j, int64_t m)
{
    if (g->columns) return g->columns;
    return next_vectors(tile_rows(0, m), divide_up(g->n - j, LANES)) * LANES;
}

/* With the loop over k outermost. */
static void blocks_by_terms(const product *g)
{
    part o = {.n = g->n};

    for (; o.p < g->k; o.p += RN__GEMM_KC) {
        o.k = least(RN__GEMM_KC, g->k - o.p);
        for (o.i = 0; o.i < g->m; o.i += g->rows) {
            o.m = least(g->rows, g->m - o.i);
            multiply(g, &o);
        }
    }
}

static void blocks(const product *g)
{
    part o;

    if (g->by_terms) {
        blocks_by_terms(g);
        return;
    }
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
