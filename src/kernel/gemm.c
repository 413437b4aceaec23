/* SPDX-License-Identifier: MIT */
/*
 * The matrix product: its memory, the layout of packed B, and the choice of a way.
 *
 * A sum of more than RN__GEMM_LONG products is split in two, recursively, because rounding
 * errors grow with the number of blocks.
 */
#include "kernel/gemm.h"

#ifdef RN_REAL

#include "kernel/gemm_blocks.h"

enum { RN__GEMM_LONG = 64 * RN__GEMM_KC };

/* How often the longest part of k is halved; each time needs a C for the second half. */
static int64_t halvings(int64_t k)
{
    int64_t count = 0;

    for (int64_t longest = RN__GEMM_LONG; longest < k; longest *= 2) count++;
    return count;
}

size_t R(rn__gemm_scratch)(int64_t m, int64_t n, int64_t k)
{
    const int64_t halves = halvings(k), spare = (halves ? halves + 1 : 0) * m * n;
    int64_t straight = packed_a(m, k) + packed_b(m, n, k) + sums(m, n, k);
    int64_t turned = packed_a(n, k) + packed_b(n, m, k) + sums(n, m, k);

    return (size_t)((straight > turned ? straight : turned) + spare) * sizeof(real);
}

/* ---- packed B ---- */

size_t R(rn__gemm_packed)(int64_t n, int64_t k)
{
    if (n < LANES / 2 || n <= 0 || k <= 0) return 0;
    return ALIGNMENT + (size_t)(round_up(n, STRIP) * k) * sizeof(real);
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

static void add_to(const product *g, const real *x)
{
    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++)
            g->c[i * g->c_row + j * g->c_column] += x[i * g->n + j];
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
    if (g->packed) other.packed += first * STRIP;
    other.c = spare, other.c_row = g->n, other.c_column = 1;
    halves(&one, spare);
    halves(&other, spare + g->m * g->n);
    add_to(g, spare);
}

static void long_product(product g, real *spare)
{
    product whole = g;

    if (!g.add) {
        halves(&g, spare);
        return;
    }
    whole.add = false;
    whole.c = spare, whole.c_row = g.n, whole.c_column = 1;
    halves(&whole, spare + g.m * g.n);
    add_to(&g, spare);
}

/* Without terms. */
static void zeros(const rn__product *g)
{
    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++) {
            real *c = (real *)g->c.data + i * g->c.row + j * g->c.column;
            *c = g->add ? *c + 0 : 0;
        }
}

static rn__matrix transposed(rn__matrix x)
{
    return (rn__matrix){x.data, x.column, x.row};
}

/* Whether C' = B' A', which has the same sums, suits the tiles better: they write whole
 * vectors along the rows of C. */
static bool better_turned(const rn__product *g)
{
    if (g->packed) return false;
    if (g->n < LANES / 2 && g->m > g->n) return true;
    return g->c.column != 1 && g->c.row == 1 && g->m >= LANES / 2;
}

static rn__product turned(const rn__product *g)
{
    rn__product t = *g;

    t.m = g->n, t.n = g->m;
    t.a = transposed(g->b), t.b = transposed(g->a), t.c = transposed(g->c);
    return t;
}

void R(rn__gemm)(const rn__product *of)
{
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
        .k_packed = x.k,
        .block = rows_of_block(x.m, x.k),
        .vectors = x.m <= MR_8   ? WIDEST
                   : x.m <= MR_4 ? 4
                                 : 2,
        .rows = MR,
        .add = x.add,
        .pack_a = x.m > 1 && x.a.column != 1,
        .a_packed = (real *)x.scratch,
    };
    g.pack_b = !g.packed && (g.b_column != 1 || g.m >= PACK_FROM);
    g.panel = g.pack_b && g.m > g.block;
    g.b_packed = g.a_packed + packed_a(g.m, g.k);
    g.sums = g.b_packed + packed_b(g.m, g.n, g.k);
    if (g.k > RN__GEMM_LONG)
        long_product(g, g.sums + sums(g.m, g.n, g.k));
    else
        blocks(&g);
}

#endif
