/* SPDX-License-Identifier: MIT */
/*
 * The kernel of a reduction. The including file defines
 *
 *   START            the element that changes no other
 *   combine(a, b)    a function of two elements
 *   TERM(x)          what is made of an element first; if not defined, x
 *   TOTAL            the type of terms and results; if not defined, that of elements
 *
 * The terms of a result, in the order of their axes, are split into blocks of BLOCK. Term i
 * of a block belongs to lane i % LANES. Each lane combines its terms in order; lanes are
 * combined in halves (0 with LANES / 2, ...), blocks pairwise: two neighbours with the same
 * number of blocks are combined at once, and the rest at the end, from the last to the
 * first. The bits of a result depend on this order alone, not on other axes, strides or the
 * loop used below. The error bound grows with BLOCK / LANES + log2(terms / BLOCK) instead
 * of with the number of terms.
 */
#ifndef RN_OPS_REDUCE_KERNEL_H
#define RN_OPS_REDUCE_KERNEL_H

#include "ops/reduce.h"

#ifndef TERM
#define TERM(x) (x)
#endif
#ifndef TOTAL
#define TOTAL element
#endif
typedef TOTAL total;

enum {
    REDUCE_LANES = 64,
    REDUCE_BLOCK = 1024,
    REDUCE_LEVELS = 52, /* of pairwise combination: no shape has 2^LEVELS blocks */
    REDUCE_COLUMNS = 128 / (int)sizeof(TOTAL), /* adjacent results in a tile */
    REDUCE_TILES = 4 /* largest number of tiles that share a block's offsets */
};

/* The inner loop. */
static inline void combine_terms(total *restrict a, const element *restrict x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) a[i] = combine(a[i], TERM(x[i]));
}

/* The same for partial results. */
static inline void combine_rows(total *restrict a, const total *restrict x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) a[i] = combine(a[i], x[i]);
}

/* Combines lanes in halves. The last 16 are copied, so that compilers keep them in
 * registers. */
static inline total combine_lanes(total *lane)
{
    total last[16];

    for (int half = REDUCE_LANES / 2; half >= 16; half /= 2)
        combine_rows(lane, lane + half, half);
    for (int i = 0; i < 16; i++) last[i] = lane[i];
    for (int i = 0; i < 8; i++) last[i] = combine(last[i], last[i + 8]);
    for (int i = 0; i < 4; i++) last[i] = combine(last[i], last[i + 4]);
    return combine(combine(last[0], last[2]), combine(last[1], last[3]));
}

/* One block of contiguous terms. */
static total reduce_block(const element *x, int64_t n)
{
    total lane[REDUCE_LANES];
    int64_t i = 0;

    for (int j = 0; j < REDUCE_LANES; j++) lane[j] = START;
    for (; i + REDUCE_LANES <= n; i += REDUCE_LANES)
        combine_terms(lane, x + i, REDUCE_LANES);
    combine_terms(lane, x + i, n - i);
    return combine_lanes(lane);
}

static total reduce_gathered(const element *x, const int64_t *offset, int64_t n)
{
    element terms[REDUCE_BLOCK];

    for (int64_t i = 0; i < n; i++) terms[i] = x[offset[i]];
    return reduce_block(terms, n);
}

static int64_t block_of(const rn__reduction *r, int64_t from)
{
    return r->terms - from < REDUCE_BLOCK ? r->terms - from : REDUCE_BLOCK;
}

/* The number of pairs that the next block completes. */
static int pairs_after(int64_t blocks)
{
    int pairs = 0;

    for (; blocks & 1; blocks >>= 1) pairs++;
    return pairs;
}

/* One result of more than one block. `offset` holds those of a block, NULL if terms are
 * contiguous. */
static total reduce_long_row(const rn__reduction *r, const element *x, int64_t *offset)
{
    total part[REDUCE_LEVELS];
    int depth = 0;

    for (int64_t from = 0, blocks = 0; from < r->terms; from += REDUCE_BLOCK) {
        const int64_t n = block_of(r, from);

        if (offset) rn__reduction_offsets(r, from, n, offset);
        part[depth] = offset ? reduce_gathered(x, offset, n) : reduce_block(x + from, n);
        for (int pairs = pairs_after(blocks++); pairs > 0; pairs--, depth--)
            part[depth - 1] = combine(part[depth - 1], part[depth]);
        depth++;
    }
    for (; depth > 1; depth--) part[depth - 2] = combine(part[depth - 2], part[depth - 1]);
    return part[0];
}

/* One result after the other. */
static void reduce_rows(rn__reduction *r, const element *x, total *y)
{
    const bool dense = r->terms == 0 || r->rank == 0 || (r->rank == 1 && r->stride[0] == 1);
    const bool one_block = r->terms <= REDUCE_BLOCK;
    int64_t offset[REDUCE_BLOCK];

    if (!dense && one_block) rn__reduction_offsets(r, 0, r->terms, offset);
    for (int64_t i = 0; i < r->outputs; i++, rn__walk_next(&r->kept)) {
        const element *first = x + r->kept.at[0];

        if (!one_block)
            y[i] = reduce_long_row(r, first, dense ? NULL : offset);
        else
            y[i] = dense ? reduce_block(first, r->terms)
                         : reduce_gathered(first, offset, r->terms);
    }
}

/* One block of terms of `columns` adjacent results. */
static inline void reduce_columns_block(const element *x, const int64_t *offset, int64_t n,
                                        int64_t columns, total *restrict y)
{
    total lane[REDUCE_LANES][REDUCE_COLUMNS];
    const int64_t lanes = n < REDUCE_LANES ? n : REDUCE_LANES;

    for (int64_t i = 0; i < lanes; i++)
        for (int64_t j = 0; j < columns; j++) lane[i][j] = START;
    for (int64_t i = 0; i < n; i++)
        combine_terms(lane[i % REDUCE_LANES], x + offset[i], columns);
    for (int64_t half = REDUCE_LANES / 2; half > 0; half /= 2)
        for (int64_t i = 0; i < half && i + half < lanes; i++)
            combine_rows(lane[i], lane[i + half], columns);
    combine_rows(y, lane[0], columns);
}

/* A tile of adjacent results. The constant width lets the compiler unroll loops over a full
 * tile. */
static void reduce_columns_tile(const element *x, const int64_t *offset, int64_t n,
                                int64_t columns, total *y)
{
    if (columns == REDUCE_COLUMNS)
        reduce_columns_block(x, offset, n, REDUCE_COLUMNS, y);
    else
        reduce_columns_block(x, offset, n, columns, y);
}

/* The width of the tile at column j of `columns`. */
static int64_t tile_at(int64_t columns, int64_t j)
{
    return columns - j < REDUCE_COLUMNS ? columns - j : REDUCE_COLUMNS;
}

/* Results of more than one block, of at most REDUCE_TILES tiles. */
static void reduce_long_columns(const rn__reduction *r, const element *x, int64_t columns,
                                total *y)
{
    total part[REDUCE_TILES][REDUCE_LEVELS][REDUCE_COLUMNS];
    int64_t offset[REDUCE_BLOCK];
    int depth = 0;

    for (int64_t from = 0, blocks = 0; from < r->terms; from += REDUCE_BLOCK, blocks++) {
        const int64_t n = block_of(r, from);
        const int pairs = pairs_after(blocks);

        rn__reduction_offsets(r, from, n, offset);
        for (int64_t j = 0, t = 0; j < columns; j += REDUCE_COLUMNS, t++) {
            const int64_t width = tile_at(columns, j);

            for (int64_t i = 0; i < width; i++) part[t][depth][i] = START;
            reduce_columns_tile(x + j, offset, n, width, part[t][depth]);
            for (int d = depth; d > depth - pairs; d--)
                combine_rows(part[t][d - 1], part[t][d], width);
        }
        depth += 1 - pairs;
    }
    for (int64_t j = 0, t = 0; j < columns; j += REDUCE_COLUMNS, t++) {
        const int64_t width = tile_at(columns, j);

        for (int d = depth - 1; d > 0; d--) combine_rows(part[t][d - 1], part[t][d], width);
        for (int64_t i = 0; i < width; i++) y[j + i] = part[t][0][i];
    }
}

/* Results of at most one block. */
static void reduce_short_columns(const element *x, const int64_t *offset, int64_t n,
                                 int64_t columns, total *y)
{
    for (int64_t i = 0; i < columns; i++) y[i] = START;
    for (int64_t j = 0; j < columns && n > 0; j += REDUCE_COLUMNS)
        reduce_columns_tile(x + j, offset, n, tile_at(columns, j), y + j);
}

/* The last kept axis is innermost in memory: a row of it is `columns` results. */
static void reduce_columns(rn__reduction *r, const element *x, total *y)
{
    const int64_t columns = r->kept.size[--r->kept.rank];
    const int64_t most = REDUCE_TILES * REDUCE_COLUMNS;
    const bool one_block = r->terms <= REDUCE_BLOCK;
    int64_t offset[REDUCE_BLOCK];

    if (one_block) rn__reduction_offsets(r, 0, r->terms, offset);
    for (int64_t i = 0; i < r->outputs; i += columns, rn__walk_next(&r->kept)) {
        const element *first = x + r->kept.at[0];

        if (one_block) reduce_short_columns(first, offset, r->terms, columns, y + i);
        for (int64_t j = 0; j < columns && !one_block; j += most)
            reduce_long_columns(r, first + j, columns - j < most ? columns - j : most,
                                y + i + j);
    }
}

static void reduce(const rn_call *call)
{
    const element *x = (const element *)call->in[0].data;
    total *y = (total *)call->out->data;
    rn__reduction r;

    rn__reduction_init(&r, call);
    if (r.outputs == 0) return;

    const int last = r.kept.rank - 1;
    if (last >= 0 && r.kept.stride[0][last] == 1 && !(r.rank == 1 && r.stride[0] == 1))
        reduce_columns(&r, x, y);
    else
        reduce_rows(&r, x, y);
}

#endif
