/* SPDX-License-Identifier: MIT */
/*
 * The matrix product: its memory, the layout of packed B, and long sums.
 *
 * A sum of more than RN__GEMM_LONG products is split in two, recursively, because rounding
 * errors grow with the number of blocks.
 */
#include "kernel/gemm.h"

#ifdef RN_REAL

#include "kernel/gemm_blocks.h"
#include "kernel/gemm_choice.h"
#include "kernel/gemm_row.h"

/* How often the longest part of k is halved; each time needs a C for the second half. */
static int64_t halvings(int64_t k)
{
    int64_t count = 0;

    for (int64_t longest = RN__GEMM_LONG; longest < k; longest *= 2) count++;
    return count;
}

/* ---- scratch ---- */

static rn__matrix transposed(rn__matrix x)
{
    return (rn__matrix){x.data, x.column, x.row};
}

/* C' = B' A'. */
static rn__product turned(const rn__product *g)
{
    rn__product t = *g;

    t.m = g->n, t.n = g->m;
    t.a = transposed(g->b), t.b = transposed(g->a), t.c = transposed(g->c);
    t.add = transposed(g->add);
    return t;
}

static int64_t elements(const rn__product *g)
{
    int64_t b = packed_b(g->n, g->k), whole = whole_b(g->n, g->k);

    if (g->b.column == 1) whole = least(whole, large_b());
    if (g->m > most_rows(false) && whole > b) b = whole;
    return packed_a(g->m, g->k) + b + sums(g->m, g->n, g->k);
}

size_t R(rn__gemm_scratch)(const rn__product *g)
{
    rn__product t = turned(g);

    /* Then only parts of few columns are turned, see better_turned. */
    if (g->c.column == 1 && t.m > LANES / 2) t.m = LANES / 2;
    const int64_t halves = halvings(g->k), spare = (halves ? halves + 1 : 0) * g->m * g->n;
    const int64_t straight = elements(g), other = elements(&t);

    return (size_t)((straight > other ? straight : other) + spare) * sizeof(real);
}

/* ---- packed B ---- */

size_t R(rn__gemm_packed)(int64_t n, int64_t k)
{
    if (n < LANES / 2 || n <= 0 || k <= 0) return 0;
    return ALIGNMENT + (size_t)(round_up(n, LANES) * k) * sizeof(real);
}

void R(rn__gemm_pack)(int64_t n, int64_t k, rn__matrix b, void *packed)
{
    memcpy(packed, &n, sizeof n);
    pack_strips((real *)((char *)packed + ALIGNMENT), n, k, (const real *)b.data, b.row,
                b.column);
}

static const real *first_strip(const rn__product *g)
{
    int64_t n, first;

    if (!g->packed) return NULL;
    memcpy(&n, g->packed, sizeof n);
    first = n == g->n ? 0 : g->first;
    return (const real *)((const char *)g->packed + ALIGNMENT) + first * g->k;
}

/* ---- long sums ---- */

/* Packs the whole of B first, if that pays. */
static void straight_product(const product *g)
{
    product of = *g;

    if (g->packs_whole) {
        pack_strips(g->b_packed, g->n, g->k, g->b, g->b_row, g->b_column);
        of.packed = g->b_packed;
        of.k_packed = g->k;
    }
    blocks(&of);
}

/* C = to + x. */
static void add_to(const product *g, rn__matrix to, const real *x)
{
    const real *from = (const real *)to.data;

    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++)
            g->c[i * g->c_row + j * g->c_column] =
                from[i * to.row + j * to.column] + x[i * g->n + j];
}

/* The first half of k is a power of two times RN__GEMM_LONG. */
static void halves(const product *g, real *spare)
{
    if (g->k <= RN__GEMM_LONG) {
        straight_product(g);
        return;
    }

    const int64_t first = RN__GEMM_LONG << (halvings(g->k) - 1);
    product one = *g, other = *g;

    one.k = first;
    other.k = g->k - first;
    other.a += first * g->a_column;
    other.b += first * g->b_row;
    if (g->packed) other.packed += first * LANES;
    other.c = spare, other.c_row = g->n, other.c_column = 1;
    halves(&one, spare);
    halves(&other, spare + g->m * g->n);
    add_to(g, (rn__matrix){g->c, g->c_row, g->c_column}, spare);
}

static void long_product(product g, real *spare)
{
    product whole = g;

    if (!g.add.data) {
        halves(&g, spare);
        return;
    }
    whole.add.data = NULL;
    whole.c = spare, whole.c_row = g.n, whole.c_column = 1;
    halves(&whole, spare + g.m * g.n);
    add_to(&g, g.add, spare);
}

/* Without terms. */
static void zeros(const rn__product *g)
{
    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++) {
            const real *add = (const real *)g->add.data;
            ((real *)g->c.data)[i * g->c.row + j * g->c.column] =
                add ? add[i * g->add.row + j * g->add.column] + 0 : 0;
        }
}

/* Whether C' = B' A', which has the same sums, suits the tiles better: they write whole
 * vectors along the rows of C. */
static bool better_turned(const rn__product *g)
{
    if (g->packed) return false;
    if (g->n < LANES / 2 && g->m > g->n) return true;
    return g->c.column != 1 && g->c.row == 1 && g->m >= LANES / 2;
}

/* The product of a short step: one tile of rows, one block of k, operands that are read
 * where they are. The general way takes as long to begin as this to compute. */
static bool short_product(const rn__product *g)
{
    const bool b_suits = g->packed || (g->b.column == 1 && g->n % LANES == 0);

    if (g->m > MR || g->k > RN__GEMM_KC || g->k <= 0 || g->m <= 0) return false;
    if (!b_suits || g->c.column != 1 || (g->a.column != 1 && g->m > 1)) return false;

    const real *b = g->packed ? first_strip(g) : (const real *)g->b.data;
    const int64_t next = g->packed ? g->k * LANES : LANES;
    tile_operands t = {.k = g->k,
                       .a = (const real *)g->a.data,
                       .a_row = g->a.row,
                       .a_step = g->a.column,
                       .b_row = g->packed ? LANES : g->b.row,
                       .b_next = next,
                       .c_row = g->c.row,
                       .add_row = g->add.row};

    for (int64_t j = 0, vectors; j < g->n; j += vectors * LANES) {
        vectors = next_vectors(g->m, divide_up(g->n - j, LANES));
        tile_function *run = tile_of(g->m > 1, g->m, vectors);
        t.b = b + j / LANES * next;
        t.c = (real *)g->c.data + j;
        if (g->add.data) t.add = (const real *)g->add.data + j;
        if (j + vectors * LANES <= g->n)
            run(&t);
        else
            tile_to_edge(run, t, g->c, g->add, g->m, g->n - j);
    }
    return true;
}

void R(rn__gemm)(const rn__product *of)
{
    if (row_product(of) || short_product(of)) return;

    const rn__product x = better_turned(of) ? turned(of) : *of;

    if (x.k <= 0) {
        zeros(&x);
        return;
    }
    if (x.m <= 0 || x.n <= 0) return;

    product g = {
        .m = x.m,
        .n = x.n,
        .k = x.k,
        .a = (const real *)x.a.data,
        .b = (const real *)x.b.data,
        .packed = first_strip(&x),
        .c = (real *)x.c.data,
        .a_row = x.a.row,
        .a_column = x.a.column,
        .b_row = x.b.row,
        .b_column = x.b.column,
        .c_row = x.c.row,
        .c_column = x.c.column,
        .from_a = source_of_a(&x),
        .from_b = source_of_b(&x),
        .fetches = b_is_far(&x, 1),
        .k_packed = x.k,
        .add = x.add,
        .a_packed = (real *)x.scratch,
    };
    set_blocks(&g);
    g.b_packed = g.a_packed + packed_a(g.m, g.k);
    g.sums = g.b_packed + packed_b(g.n, g.k);
    if (packs_whole(&x)) {
        g.sums = g.b_packed + whole_b(g.n, g.k);
        g.packs_whole = true;
    }
    if (g.k > RN__GEMM_LONG)
        long_product(g, g.sums + sums(g.m, g.n, g.k));
    else
        straight_product(&g);
}

#endif
