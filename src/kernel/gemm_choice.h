/* SPDX-License-Identifier: MIT */
/*
 * Which operands of a matrix product are packed, and the sizes of its blocks. All of it is
 * a question of speed. It depends on sizes, strides and the caches.
 */
#ifndef RN_KERNEL_GEMM_CHOICE_H
#define RN_KERNEL_GEMM_CHOICE_H

#include "kernel/gemm_operands.h"

static int64_t bytes(int64_t rows, int64_t columns)
{
    return rows * columns * (int64_t)sizeof(real);
}

static int64_t whole_b(int64_t n, int64_t k)
{
    return round_up(n, LANES) * least(k, RN__GEMM_LONG);
}

/* Elements of a B with contiguous rows from which on a copy of each block, while that is in
 * the cache, is cheaper than one of the whole. */
static int64_t large_b(void)
{
    return 2 * rn__cache_bytes(2) / (int64_t)sizeof(real);
}

/* Whether B is packed as a whole, if it needs packing: more than one block of rows uses it.
 */
CALLED bool packs_whole(const rn__product *g)
{
    if (g->packed || g->m <= most_rows(g->a.column != 1)) return false;
    return g->b.column != 1 || whole_b(g->n, g->k) <= large_b();
}

/* Whether rows at this distance, in elements, share so few sets of the first-level cache
 * that those of a tile evict each other. */
static bool share_sets(int64_t row)
{
    return row * (int64_t)sizeof(real) % (WAY / 2) == 0;
}

/* Whether B is packed and larger than so many second-level caches. */
CALLED bool b_is_far(const rn__product *g, int64_t caches)
{
    return (g->packed || packs_whole(g)) && bytes(g->n, g->k) > caches * rn__cache_bytes(2);
}

/* Tiles of a packed A fetch the next strip of a far B. Many rows wait less for it. */
static bool packs_rows_of_a(const rn__product *g)
{
    return g->m > MR && b_is_far(g, g->m < PACK_B_FROM ? 1 : 2);
}

static a_source source_of_a(const rn__product *g)
{
    if (g->m == 1) return A_COLUMNS;
    if (g->a.column == 1) return packs_rows_of_a(g) ? A_PACKED : A_ROWS;
    return g->a.row == 1 && g->n < PACK_A_FROM ? A_COLUMNS : A_PACKED;
}

static b_source source_of_b(const rn__product *g)
{
    if (g->packed || packs_whole(g)) return B_PACKED;
    if (g->b.column != 1) return B_BY_BLOCK;
    return g->m >= (share_sets(g->b.row) ? PACK_FAR_B_FROM : PACK_B_FROM) ? B_BY_BLOCK
                                                                          : B_IN_PLACE;
}

/* Whether k is the outermost loop and C holds the sums so far. Then A is packed once and B
 * once for each block of rows, not both of them for each block of C; but C is written for
 * each block of k. */
static bool goes_by_terms(const product *g)
{
    if (g->rows >= g->m && g->columns >= g->n) return false;
    if (g->from_a != A_PACKED || g->from_b != B_BY_BLOCK || g->k <= RN__GEMM_KC)
        return false;
    return !g->add.data && g->c_column == 1 && g->n % LANES == 0;
}

static int64_t even_rows(int64_t m, int64_t most)
{
    return m <= most ? m : round_up(divide_up(m, divide_up(m, most)), MR);
}

static void set_blocks(product *g)
{
    const bool a_packed = g->from_a == A_PACKED;
    const int64_t rows = most_rows(a_packed);

    g->rows = even_rows(g->m, rows);
    if (!a_packed && g->from_b != B_BY_BLOCK &&
        bytes(g->rows, g->k) <= rn__cache_bytes(2) / 2) {
        g->columns = 0;
        return;
    }
    const int64_t most = most_sums() / (a_packed ? 1 : 2) / g->rows / LANES * LANES;
    g->columns = round_up(divide_up(g->n, divide_up(g->n, most)), LANES);
    if (!goes_by_terms(g)) return;
    g->by_terms = true;
    g->rows = even_rows(g->m, 2 * rows);
    g->columns = g->n;
}

#endif
