/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a matrix product, and what the tiles of a block read: where A and B lie, or
 * are packed, and what is fetched for the tiles that follow.
 *
 * A is read in place where its rows, or the rows of A', are contiguous, but where its tiles
 * fetch B or there are many columns of B. B is read in place where its rows are contiguous
 * and few rows of A use it, but at the ragged right edge, where whole vectors cannot be
 * read.
 */
#ifndef RN_KERNEL_GEMM_OPERANDS_H
#define RN_KERNEL_GEMM_OPERANDS_H

#include "kernel/caches.h"
#include "kernel/gemm_pack.h"
#include "kernel/gemm_tile.h"

enum {
    RN__GEMM_KC = 256,
    RN__GEMM_LONG = 16 * RN__GEMM_KC,
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
    rn__matrix add;
    bool packs_whole; /* B, into b_packed, before the loops */
    bool fetches;     /* packed B is not in the second-level cache */
    real *a_packed, *b_packed, *sums;
} product;

/* A block of the product. */
typedef struct part {
    int64_t i, m, j, n, p, k;
} part;

/* Functions that a product calls once or twice: copies of them would be a good part of the
 * library, which has six variants. */
#define CALLED static __attribute__((noinline))

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

/* Rows of the largest block. A packed block of A takes a quarter of the second-level cache;
 * one that is read in place half of that, as the rows between it may be in the cache too.
 */
CALLED int64_t most_rows(bool packed)
{
    const int64_t bytes = rn__cache_bytes(2) / (packed ? 4 : 8);

    return round_up(least(bytes / (RN__GEMM_KC * (int64_t)sizeof(real)), 1024), MR);
}

/* Sums of the largest block, half of the cache. */
CALLED int64_t most_sums(void)
{
    return rn__cache_bytes(2) / 2 / (int64_t)sizeof(real);
}

/* Columns of B that are packed together, a sixteenth of the cache. */
CALLED int64_t band_columns(void)
{
    const int64_t bytes = rn__cache_bytes(2) / 16;

    return round_up(bytes / (RN__GEMM_KC * (int64_t)sizeof(real)), WIDEST * LANES);
}

/* Elements of each part of the scratch. */
CALLED int64_t packed_a(int64_t m, int64_t k)
{
    return round_up(least(m, most_rows(true)) * least(k, RN__GEMM_KC), ALIGNMENT);
}

CALLED int64_t packed_b(int64_t n, int64_t k)
{
    return least(round_up(n, LANES), band_columns()) * least(k, RN__GEMM_KC);
}

CALLED int64_t sums(int64_t m, int64_t n, int64_t k)
{
    if (k <= RN__GEMM_KC) return 0;
    return least(least(m, most_rows(true)) * round_up(n, LANES), most_sums());
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

/* The same for an A with contiguous columns, some terms of all tiles after the other, so
 * that it is read in long pieces. */
static void pack_columns_of_a(const product *g, const part *o, const real *a)
{
    for (int64_t p = 0; p < o->k; p += BAND)
        for (int64_t i = 0, rows; i < o->m; i += rows) {
            rows = tile_rows(i, o->m);
            for (int64_t q = p; q < p + BAND && q < o->k; q++) {
                __builtin_prefetch(a + i + (q + BAND) * g->a_column);
                copy_lanes(g->a_packed + i * o->k + q * rows, a + i + q * g->a_column,
                           rows);
            }
        }
}

/* Packs one tile after the other. */
static void pack_a(const product *g, const part *o)
{
    const real *a = g->a + o->i * g->a_row + o->p * g->a_column;

    if (g->a_row == 1) {
        pack_columns_of_a(g, o, a);
        return;
    }
    for (int64_t i = 0, rows; i < o->m; i += rows) {
        rows = tile_rows(i, o->m);
        pack(g->a_packed + i * o->k, rows, rows, o->k, a + i * g->a_row, g->a_row,
             g->a_column);
    }
}

/* B of some columns of a block, where it lies or packed; the band that is packed by block
 * begins at column `band`. */
static inline void set_b(const product *g, const part *o, int64_t band, int64_t j,
                         int64_t columns, tile_operands *t)
{
    const real *b = g->b + o->p * g->b_row + j * g->b_column;

    t->b_row = LANES;
    if (g->from_b == B_PACKED) {
        t->b = g->packed + j * g->k_packed + o->p * LANES;
        t->b_next = g->k_packed * LANES;
    } else if (g->from_b == B_BY_BLOCK) {
        t->b = g->b_packed + (j - band) * o->k;
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

/* ---- what is fetched ahead ---- */

/* The tiles of a strip of packed B share the lines of the next strip. Each fetches a piece
 * of one vector of it. */
typedef struct ahead {
    const char *strip;     /* NULL: nothing is fetched */
    int64_t next;          /* bytes to the next vector */
    int64_t pieces, piece; /* of one vector; bytes of one */
} ahead;

/* The strip after the one of these columns, which has as many. */
static inline ahead strip_ahead(const product *g, const part *o, int64_t j, int64_t columns)
{
    const int64_t row = LANES * (int64_t)sizeof(real), vectors = divide_up(columns, LANES);
    const int64_t pieces = divide_up(divide_up(o->m, MR), vectors);
    int64_t to = j + columns, p = o->p;

    if (to >= o->j + o->n) to = o->j, p += o->k;
    if (p >= g->k) to = o->j + o->n, p = 0;
    if (!g->fetches || to + columns > g->n || p + o->k > g->k) return (ahead){0};
    return (ahead){.strip = (const char *)(g->packed + to * g->k_packed + p * LANES),
                   .next = g->k_packed * row,
                   .pieces = pieces,
                   .piece = divide_up(o->k * row, pieces)};
}

static inline void set_fetch(const ahead *x, int64_t tile, tile_operands *t)
{
    if (!x->strip) return;
    t->fetch = x->strip + tile / x->pieces * x->next + tile % x->pieces * x->piece;
    t->fetch_step = divide_up(2 * x->piece, t->k);
}

/* The sums of the blocks before, which the end of a tile reads. */
static inline void fetch_prior(const real *prior, int64_t n)
{
    for (int64_t i = 0; i < n; i += LINE) __builtin_prefetch(prior + i, 0, 3);
}

#endif
