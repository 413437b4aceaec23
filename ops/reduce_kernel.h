/* SPDX-License-Identifier: MIT */
/*
 * The kernel of a reduction. The file that includes this has defined
 *
 *   START            the element that changes no other
 *   combine(a, b)    a function of two elements
 *
 * The terms of a result, in the order of their axes, are cut into blocks of BLOCK. In a
 * block, term i goes to lane i % LANES, each lane combines its terms in order, lanes are
 * combined in halves (0 with LANES / 2, ...), and blocks in order. That is all that the
 * bits of a result depend on: not the other axes, not strides, not which loop below does
 * it. Rounding errors grow with BLOCK / LANES + terms / BLOCK instead of with the terms.
 */
#ifndef RN_OPS_REDUCE_KERNEL_H
#define RN_OPS_REDUCE_KERNEL_H

#include "reduce.h"

enum {
    REDUCE_LANES = 64,
    REDUCE_BLOCK = 1024,
    REDUCE_COLUMNS = 128 / (int)sizeof(element) /* results side by side */
};

/* a[i] = combine(a[i], x[i]): the one loop that does the work. */
static inline void combine_rows(element *restrict a, const element *restrict x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) a[i] = combine(a[i], x[i]);
}

/* Lanes in halves. The last 16 are a copy, which compilers keep in registers. */
static inline element combine_lanes(element *lane)
{
    element last[16];

    for (int half = REDUCE_LANES / 2; half >= 16; half /= 2)
        combine_rows(lane, lane + half, half);
    for (int i = 0; i < 16; i++) last[i] = lane[i];
    for (int i = 0; i < 8; i++) last[i] = combine(last[i], last[i + 8]);
    for (int i = 0; i < 4; i++) last[i] = combine(last[i], last[i + 4]);
    return combine(combine(last[0], last[2]), combine(last[1], last[3]));
}

/* One block of terms that lie side by side. */
static element reduce_block(const element *x, int64_t n)
{
    element lane[REDUCE_LANES];
    int64_t i = 0;

    for (int j = 0; j < REDUCE_LANES; j++) lane[j] = START;
    for (; i + REDUCE_LANES <= n; i += REDUCE_LANES)
        combine_rows(lane, x + i, REDUCE_LANES);
    combine_rows(lane, x + i, n - i);
    return combine_lanes(lane);
}

static element reduce_gathered(const element *x, const int64_t *place, int64_t n)
{
    element terms[REDUCE_BLOCK];

    for (int64_t i = 0; i < n; i++) terms[i] = x[place[i]];
    return reduce_block(terms, n);
}

/* Result after result. */
static void reduce_rows(rn__reduction *r, const element *x, element *y)
{
    const bool dense = r->terms == 0 || r->rank == 0 || (r->rank == 1 && r->stride[0] == 1);
    const bool one_block = r->terms <= REDUCE_BLOCK;
    int64_t place[REDUCE_BLOCK];

    if (!dense && one_block) rn__reduction_places(r, 0, r->terms, place);
    for (int64_t i = 0; i < r->outputs; i++, rn__walk_next(&r->kept)) {
        const element *first = x + r->kept.at[0];
        y[i] = START;
        for (int64_t from = 0; from < r->terms; from += REDUCE_BLOCK) {
            const int64_t left = r->terms - from,
                          n = left < REDUCE_BLOCK ? left : REDUCE_BLOCK;

            if (!dense && !one_block) rn__reduction_places(r, from, n, place);
            y[i] = combine(y[i], dense ? reduce_block(first + from, n)
                                       : reduce_gathered(first, place, n));
        }
    }
}

/* One block of terms of `columns` results, whose terms lie side by side. */
static inline void reduce_columns_block(const element *x, const int64_t *place, int64_t n,
                                        int64_t columns, element *restrict y)
{
    element lane[REDUCE_LANES][REDUCE_COLUMNS];
    const int64_t lanes = n < REDUCE_LANES ? n : REDUCE_LANES;

    for (int64_t i = 0; i < lanes; i++)
        for (int64_t j = 0; j < columns; j++) lane[i][j] = START;
    for (int64_t i = 0; i < n; i++)
        combine_rows(lane[i % REDUCE_LANES], x + place[i], columns);
    for (int64_t half = REDUCE_LANES / 2; half > 0; half /= 2)
        for (int64_t i = 0; i < half && i + half < lanes; i++)
            combine_rows(lane[i], lane[i + half], columns);
    combine_rows(y, lane[0], columns);
}

/* A tile of results side by side; the constant lets the loops over a whole one unroll. */
static void reduce_columns_tile(const element *x, const int64_t *place, int64_t n,
                                int64_t columns, element *y)
{
    if (columns == REDUCE_COLUMNS)
        reduce_columns_block(x, place, n, REDUCE_COLUMNS, y);
    else
        reduce_columns_block(x, place, n, columns, y);
}

/* The last of the kept axes is innermost in memory: a row of it is `columns` results. */
static void reduce_columns(rn__reduction *r, const element *x, element *y)
{
    const int64_t columns = r->kept.size[--r->kept.rank];
    int64_t place[REDUCE_BLOCK];

    for (int64_t i = 0; i < r->outputs; i++) y[i] = START;
    for (int64_t from = 0; from < r->terms; from += REDUCE_BLOCK) {
        const int64_t left = r->terms - from, n = left < REDUCE_BLOCK ? left : REDUCE_BLOCK;

        rn__reduction_places(r, from, n, place);
        for (int64_t i = 0; i < r->outputs; i += columns, rn__walk_next(&r->kept))
            for (int64_t j = 0; j < columns; j += REDUCE_COLUMNS) {
                const int64_t rest = columns - j;
                reduce_columns_tile(x + r->kept.at[0] + j, place, n,
                                    rest < REDUCE_COLUMNS ? rest : REDUCE_COLUMNS,
                                    y + i + j);
            }
    }
}

static void reduce(const rn_call *call)
{
    const element *x = (const element *)call->in[0].data;
    element *y = (element *)call->out->data;
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
