/* SPDX-License-Identifier: MIT */
/*
 * The product of one row and a B that is read where it is: as fast as B can be read.
 *
 * Some rows of B at a time are multiplied and added to the sums, which are in the
 * first-level cache. So B is read along its rows. A tile would read a few lines of each
 * row, and where rows are long, each on another page. The order of a sum is that of a tile.
 */
#ifndef RN_KERNEL_GEMM_ROW_H
#define RN_KERNEL_GEMM_ROW_H

#include "kernel/gemm_operands.h"

#if RN_REAL == 32 && (REGISTERS == 32 || defined(RN_ISA_AVX2))

enum {
    LONG_ROW = WAY / 2 / (int)sizeof(real), /* tiles are as fast with shorter ones */
    PANEL = 1024,                           /* columns whose sums fit in the cache */
    TOGETHER = 8,                           /* rows of B */
    AHEAD = 4 /* lines of the next rows: from these on the processor fetches by itself */
};

/* sum[j] += a[0] b[0][j] + a[1] b[1][j] + ..., of so many rows of b. */
CALLED void add_rows(const rn__product *g, const real *a, const real *b, int64_t n,
                     real *sum)
{
    const int64_t step = g->a.column, row = g->b.row;
    const real *of_a[] = {a, a + 4 * step}, *of_b[] = {b, b + 4 * row};
    const real *next = b + TOGETHER * row;
    multiplier x[TOGETHER];

    UNROLL
    for (int i = 0; i < TOGETHER; i++) x[i] = multiplier_of(*element_of(of_a, i, step));
    for (int64_t i = 0; i < TOGETHER; i++, next += row)
        for (int64_t l = 0; l < AHEAD; l++) __builtin_prefetch(next + l * LINE, 0, 2);
    for (; n > 0; n -= LANES, sum += LANES, of_b[0] += LANES, of_b[1] += LANES) {
        vec of_j = load(sum);
        UNROLL
        for (int i = 0; i < TOGETHER; i++)
            of_j = madd_by(x[i], load(element_of(of_b, i, row)), of_j);
        store(sum, of_j);
    }
}

/* n columns from column j on, at most a panel. */
static inline void row_panel(const rn__product *g, int64_t j, int64_t n)
{
    real others[PANEL], *c = (real *)g->c.data + j, *sum = c;
    const real *a = (const real *)g->a.data, *b = (const real *)g->b.data + j;
    const real *add = (const real *)g->add.data;

    for (int64_t k = g->k; k > 0; k -= RN__GEMM_KC, sum = others) {
        memset(sum, 0, (size_t)n * sizeof *sum);
        for (int64_t p = least(k, RN__GEMM_KC); p > 0; p -= TOGETHER) {
            add_rows(g, a, b, n, sum);
            a += TOGETHER * g->a.column, b += TOGETHER * g->b.row;
        }
        for (int64_t i = 0; sum != c && i < n; i += LANES)
            store(c + i, load(c + i) + load(sum + i));
    }
    for (int64_t i = 0; add && i < n; i += LANES)
        store(c + i, load(add + j + i) + load(c + i));
}

/* Whether it was such a product, of long rows. */
static bool row_product(const rn__product *g)
{
    if (g->m != 1 || g->n < LONG_ROW || g->n % LANES || g->k % TOGETHER) return false;
    if (g->k > RN__GEMM_LONG || g->packed || g->add.data == g->c.data) return false;
    if (g->b.column != 1 || g->c.column != 1) return false;
    for (int64_t j = 0; j < g->n; j += PANEL) row_panel(g, j, least(PANEL, g->n - j));
    return g->k > 0;
}

#else

static inline bool row_product(const rn__product *g)
{
    (void)g;
    return false;
}

#endif

#endif
