/* SPDX-License-Identifier: MIT */
/*
 * The matrix product: loops over cache blocks around the register tile.
 *
 *   for each NC columns of B and C
 *     for each RN__GEMM_KC of k                      the block that gemm.h speaks of
 *       pack B, or leave it where it is
 *       for each MC rows of A and C
 *         pack A
 *         for each strip of columns                   b of the tile: first-level cache
 *           for each MR rows                          a of the tile: second-level cache
 *             tile
 *
 * A is always packed, because the tile reads one element of each row at a time. B is packed
 * where its rows are not contiguous, at the ragged right edge (so that whole vectors can be
 * read), and where so many rows of A use it that the copy is cheap. A recurrent step, whose
 * m is the batch, reads its weights in place.
 *
 * A sum of more than RN__GEMM_LONG products is split in two, recursively, because rounding
 * errors grow with the number of blocks.
 */
#include "kernel/gemm.h"

#ifdef RN_REAL

#include "kernel/gemm_pack.h"
#include "kernel/gemm_tile.h"

enum {
    RN__GEMM_KC = 256,
    RN__GEMM_LONG = 64 * RN__GEMM_KC,
    MC = 240, /* A: a quarter megabyte of f32; a multiple of every MR */
    NC = 4096 / (int)sizeof(real), /* B: a megabyte */
    PACK_FROM = 384,               /* rows of A from which packing B pays */
    ALIGNMENT = 64
};

/* The state of the loops. */
typedef struct product {
    int64_t m, n, k;
    const real *a, *b;
    real *c;
    int64_t a_row, a_column, b_row, b_column, c_row, c_column;
    int64_t strip; /* columns of a full tile */
    bool pack_b;
    real *a_packed, *b_packed;
} product;

static inline int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t round_up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

/* Number of elements in the packed block of each operand. */
static int64_t packed_a(int64_t m, int64_t k)
{
    return round_up(least(m, MC) * least(k, RN__GEMM_KC), ALIGNMENT);
}

static int64_t packed_b(int64_t n, int64_t k)
{
    return round_up(least(n, NC), WIDE * LANES) * least(k, RN__GEMM_KC);
}

/* How often the longest part of k is halved; each time needs a C for the second half. */
static int64_t halvings(int64_t k)
{
    int64_t count = 0;

    for (int64_t longest = RN__GEMM_LONG; longest < k; longest *= 2) count++;
    return count;
}

size_t R(rn__gemm_scratch)(int64_t m, int64_t n, int64_t k)
{
    int64_t straight = packed_a(m, k) + packed_b(n, k);
    int64_t turned = packed_a(n, k) + packed_b(m, k);

    return (size_t)((straight > turned ? straight : turned) + halvings(k) * m * n) *
           sizeof(real);
}

/* Columns that a tile computes for this many columns of C. There is no tile of three
 * vectors. */
static int64_t tile_width(int64_t columns)
{
    int64_t vectors = (columns + LANES - 1) / LANES;

    return (vectors == 3 ? WIDE : vectors) * LANES;
}

static inline const real *b_at(const product *g, int64_t p, int64_t j)
{
    return g->b + p * g->b_row + j * g->b_column;
}

/* Whether a strip of this many columns can be read in place. */
static bool in_place(const product *g, int64_t columns)
{
    return !g->pack_b && columns == tile_width(columns);
}

/* Packs one strip after the other, each at its first column times k; nothing if B is read
 * in place. */
static void pack_b(const product *g, int64_t p, int64_t k, int64_t j, int64_t n)
{
    for (int64_t s = 0; s < n; s += g->strip) {
        int64_t columns = least(g->strip, n - s);

        if (!in_place(g, columns))
            pack(g->b_packed + s * k, columns, tile_width(columns), k, b_at(g, p, j + s),
                 g->b_column, g->b_row);
    }
}

/* Packs one tile after the other, of at most MR rows. */
static void pack_a(const product *g, int64_t i, int64_t m, int64_t p, int64_t k)
{
    for (int64_t s = 0; s < m; s += MR) {
        int64_t rows = least(MR, m - s);

        pack(g->a_packed + s * k, rows, rows, k,
             g->a + (i + s) * g->a_row + p * g->a_column, g->a_row, g->a_column);
    }
}

/* Writes one tile to C, through a buffer where C is narrower than whole vectors. */
static void tile_to(const product *g, int64_t i, int64_t j, int64_t rows, int64_t columns,
                    tile_operands t)
{
    int64_t width = tile_width(columns), vectors = width / LANES;
    tile_function *run =
        vectors <= NARROW ? narrow_tiles[rows - 1][vectors - 1] : wide_tiles[rows - 1];
    real *c = g->c + i * g->c_row + j * g->c_column;
    real buffer[MR * NARROW * LANES] __attribute__((aligned(ALIGNMENT)));

    if (g->c_column == 1 && columns == width) {
        t.c = c, t.c_row = g->c_row;
        run(&t);
        return;
    }

    bool add = t.add;
    t.c = buffer, t.c_row = width, t.add = false;
    run(&t);
    for (int64_t y = 0; y < rows; y++)
        for (int64_t x = 0; x < columns; x++) {
            real *to = c + y * g->c_row + x * g->c_column, sum = buffer[y * width + x];
            *to = add ? *to + sum : sum;
        }
}

/* A packed [m,k] times a block of B [k,n], into C from (i, j) on. */
static void multiply(const product *g, int64_t i, int64_t m, int64_t j, int64_t n,
                     int64_t p, int64_t k)
{
    for (int64_t s = 0; s < n; s += g->strip) {
        int64_t columns = least(g->strip, n - s);
        bool stays = in_place(g, columns);
        tile_operands t = {.k = k, .add = p > 0};

        t.b = stays ? b_at(g, p, j + s) : g->b_packed + s * k;
        t.b_row = stays ? g->b_row : tile_width(columns);
        for (int64_t r = 0; r < m; r += MR) {
            t.a = g->a_packed + r * k;
            tile_to(g, i + r, j + s, least(MR, m - r), columns, t);
        }
    }
}

static void blocks(const product *g)
{
    for (int64_t j = 0; j < g->n; j += NC) {
        int64_t n = least(NC, g->n - j);

        for (int64_t p = 0; p < g->k; p += RN__GEMM_KC) {
            int64_t k = least(RN__GEMM_KC, g->k - p);

            pack_b(g, p, k, j, n);
            for (int64_t i = 0; i < g->m; i += MC) {
                int64_t m = least(MC, g->m - i);

                pack_a(g, i, m, p, k);
                multiply(g, i, m, j, n, p, k);
            }
        }
    }
}

/* The first half of k is a power of two times RN__GEMM_LONG. */
static void halves(const product *g, real *spare)
{
    if (g->k <= RN__GEMM_LONG) {
        blocks(g);
        return;
    }

    const int64_t first = RN__GEMM_LONG << (halvings(g->k) - 1);
    product one = *g, other = *g;

    one.k = first;
    other.k = g->k - first;
    other.a += first * g->a_column;
    other.b += first * g->b_row;
    other.c = spare, other.c_row = g->n, other.c_column = 1;
    halves(&one, spare);
    halves(&other, spare + g->m * g->n);
    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++)
            g->c[i * g->c_row + j * g->c_column] += spare[i * g->n + j];
}

static void clear(int64_t m, int64_t n, rn__matrix c)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) ((real *)c.data)[i * c.row + j * c.column] = 0;
}

static rn__matrix transposed(rn__matrix x)
{
    return (rn__matrix){x.data, x.column, x.row};
}

/* Whether C' = B' A', which has the same sums, suits the tiles better: they write whole
 * vectors along the rows of C. */
static bool better_turned(int64_t m, int64_t n, rn__matrix c)
{
    if (n < LANES / 2 && m > n) return true;
    return c.column != 1 && c.row == 1 && m >= LANES / 2;
}

void R(rn__gemm)(int64_t m, int64_t n, int64_t k, rn__matrix a, rn__matrix b, rn__matrix c,
                 void *scratch)
{
    if (k <= 0) {
        clear(m, n, c);
        return;
    }
    if (better_turned(m, n, c)) {
        rn__matrix left = transposed(b), right = transposed(a);
        int64_t rows = n;

        a = left, b = right, c = transposed(c);
        n = m, m = rows;
    }

    product g = {
        .m = m,
        .n = n,
        .k = k,
        .a = (const real *)a.data,
        .b = (const real *)b.data,
        .c = (real *)c.data,
        .a_row = a.row,
        .a_column = a.column,
        .b_row = b.row,
        .b_column = b.column,
        .c_row = c.row,
        .c_column = c.column,
        .strip = (m > MR / 2 ? NARROW : WIDE) * LANES,
        .pack_b = b.column != 1 || m >= PACK_FROM,
        .a_packed = (real *)scratch,
        .b_packed = (real *)scratch + packed_a(m, k),
    };
    halves(&g, g.b_packed + packed_b(n, k));
}

#endif
