/* SPDX-License-Identifier: MIT */
/*
 * What a reduction does with elements; reduce_run.c has the loops round it. The including
 * file defines
 *
 *   START            the element that changes no other
 *   combine(a, b)    a function of two terms
 *   TERM(x)          what is made of an element first; if not defined, x. TERM(START) is
 *                    START
 *   TOTAL            the type of terms and results; if not defined, that of elements
 *
 * and calls reduce(call).
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

#include <string.h>

#ifndef TERM
#define TERM(x) (x)
#endif
#ifndef TOTAL
#define TOTAL element
#endif
typedef TOTAL total;

enum {
    REDUCE_WIDE = RN__REDUCE_WIDE / (int)sizeof(TOTAL),
    REDUCE_NARROW = RN__REDUCE_NARROW / (int)sizeof(TOTAL)
};

/* GCC would unroll short loops before it makes vectors of them. */
#if defined(__clang__)
#define WHOLE_VECTORS _Pragma("clang loop interleave(disable)")
#else
#define WHOLE_VECTORS _Pragma("GCC unroll 1")
#endif

/* n is a constant. */
RN_INLINE void combine_terms(total *restrict a, const element *restrict x, int64_t n)
{
    WHOLE_VECTORS for (int64_t i = 0; i < n; i++) a[i] = combine(a[i], TERM(x[i]));
}

/* The same for partial results. */
RN_INLINE void combine_totals(total *restrict a, const total *restrict x, int64_t n)
{
    WHOLE_VECTORS for (int64_t i = 0; i < n; i++) a[i] = combine(a[i], x[i]);
}

/* Combines lanes in halves. The last 16 are copied, so that compilers keep them in
 * registers. */
RN_INLINE total combine_lanes(total *lane)
{
    total last[16];

    for (int half = RN__REDUCE_LANES / 2; half >= 16; half /= 2)
        combine_totals(lane, lane + half, half);
    for (int i = 0; i < 16; i++) last[i] = lane[i];
    for (int i = 0; i < 8; i++) last[i] = combine(last[i], last[i + 8]);
    for (int i = 0; i < 4; i++) last[i] = combine(last[i], last[i + 4]);
    return combine(combine(last[0], last[2]), combine(last[1], last[3]));
}

/* The members of rn__reducing. */

static void reduce_block(const void *terms, int64_t n, void *y)
{
    enum { PART = 8, LANES_AT_ONCE = VECTOR_BYTES / (int)sizeof(element) };
    const element *x = (const element *)terms;
    total lane[RN__REDUCE_LANES];
    int64_t i = 0;

    for (int j = 0; j < RN__REDUCE_LANES; j++) lane[j] = START;
    for (; n >= RN__REDUCE_LANES; n -= RN__REDUCE_LANES, x += RN__REDUCE_LANES)
#pragma GCC unroll 4
        for (int j = 0; j < RN__REDUCE_LANES; j += LANES_AT_ONCE)
            combine_terms(lane + j, x + j, LANES_AT_ONCE);
    for (; i + PART <= n; i += PART) combine_terms(lane + i, x + i, PART);
    RN_LEFT(j, i, n, lane[j] = combine(lane[j], TERM(x[j])))
    *(total *)y = combine_lanes(lane);
}

RN_INLINE void reduce_columns(const void *terms, const int64_t *offset, int64_t n,
                              int64_t columns, total *restrict lane, void *y)
{
    const element *x = (const element *)terms;
    const int64_t lanes = n < RN__REDUCE_LANES ? n : RN__REDUCE_LANES;

    for (int64_t i = 0; i < (n > 0 ? lanes : 1) * columns; i++) lane[i] = START;
    for (int64_t i = 0; i < n; i++)
        combine_terms(lane + i % RN__REDUCE_LANES * columns, x + offset[i], columns);
    for (int64_t half = RN__REDUCE_LANES / 2; half > 0; half /= 2)
        for (int64_t i = 0; i < half && i + half < lanes; i++)
            combine_totals(lane + i * columns, lane + (i + half) * columns, columns);
    memcpy(y, lane, (size_t)columns * sizeof *lane);
}

#define COLUMNS(name, columns)                                                             \
    static void name(const void *x, const int64_t *offset, int64_t n, void *y)             \
    {                                                                                      \
        total lane[RN__REDUCE_LANES * (columns)];                                          \
        reduce_columns(x, offset, n, columns, lane, y);                                    \
    }
COLUMNS(reduce_wide, REDUCE_WIDE)
COLUMNS(reduce_narrow, REDUCE_NARROW)

static void reduce_totals(void *a, const void *x, int64_t n)
{
    total *y = (total *)a;
    const total *z = (const total *)x;

    RN_LEFT(i, 0, n, y[i] = combine(y[i], z[i]))
}

static inline void reduce(const rn_call *call)
{
    const rn__reducing with = {reduce_block,  reduce_wide,     reduce_narrow,
                               reduce_totals, sizeof(element), sizeof(total)};

    rn__reduce_run(call, &with);
}

#endif
