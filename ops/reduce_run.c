/* SPDX-License-Identifier: MIT */
/*
 * The loops of reductions, for all types: one result after the other, or tiles of adjacent
 * results. reduce_kernel.h says in which order terms are combined.
 */
#include "ops/reduce.h"

#include <string.h>

enum {
    BLOCK = RN__REDUCE_BLOCK,
    LEVELS = 52, /* of pairwise combination: no shape has 2^LEVELS blocks */
    TILES = 4    /* largest number of wide tiles that share a block's offsets */
};

/* One reduction: its axes, what it does with elements, and the results of a tile. */
typedef struct job {
    rn__reduction r;
    const rn__reducing *with;
    int64_t wide, narrow;
} job;

static const void *term_at(const job *j, const void *x, int64_t i)
{
    return (const char *)x + i * j->with->element;
}

static void *total_at(const job *j, void *y, int64_t i)
{
    return (char *)y + i * j->with->total;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Terms that are not contiguous are copied first. */
static void reduce_gathered(const job *j, const void *x, const int64_t *offset, int64_t n,
                            void *y)
{
    union {
        uint32_t of4[BLOCK];
        uint64_t of8[BLOCK];
    } terms;

    if (j->with->element == 4)
        for (int64_t i = 0; i < n; i++) terms.of4[i] = ((const uint32_t *)x)[offset[i]];
    else
        for (int64_t i = 0; i < n; i++) terms.of8[i] = ((const uint64_t *)x)[offset[i]];
    j->with->block(&terms, n, y);
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
static void reduce_long_row(const job *j, const void *x, int64_t *offset, void *y)
{
    double part[LEVELS]; /* memory for totals of any type */
    int depth = 0;

    for (int64_t from = 0, blocks = 0; from < j->r.terms; from += BLOCK) {
        const int64_t n = least(j->r.terms - from, BLOCK);

        if (offset) {
            rn__reduction_offsets(j->r.rank, j->r.size, j->r.stride, from, n, offset);
            reduce_gathered(j, x, offset, n, total_at(j, part, depth));
        } else {
            j->with->block(term_at(j, x, from), n, total_at(j, part, depth));
        }
        for (int pairs = pairs_after(blocks++); pairs > 0; pairs--, depth--)
            j->with->totals(total_at(j, part, depth - 1), total_at(j, part, depth), 1);
        depth++;
    }
    for (; depth > 1; depth--)
        j->with->totals(total_at(j, part, depth - 2), total_at(j, part, depth - 1), 1);
    memcpy(y, part, (size_t)j->with->total);
}

/* One result after the other. */
static void reduce_rows(job *j, const void *x, void *y)
{
    const rn__reduction *r = &j->r;
    const bool dense = r->terms == 0 || r->rank == 0 || (r->rank == 1 && r->stride[0] == 1);
    const bool one_block = r->terms <= BLOCK;
    int64_t offset[BLOCK];

    if (!dense && one_block)
        rn__reduction_offsets(r->rank, r->size, r->stride, 0, r->terms, offset);
    for (int64_t i = 0; i < r->outputs; i++, rn__walk_next(&j->r.kept)) {
        const void *first = term_at(j, x, r->kept.at[0]);

        if (!one_block)
            reduce_long_row(j, first, dense ? NULL : offset, total_at(j, y, i));
        else if (dense)
            j->with->block(first, r->terms, total_at(j, y, i));
        else
            reduce_gathered(j, first, offset, r->terms, total_at(j, y, i));
    }
}

/* One block of few terms of fewer adjacent results than a narrow tile: copied, filled up
 * with zeros. */
static void reduce_rest(const job *j, const void *x, const int64_t *offset, int64_t n,
                        int64_t columns, void *y)
{
    uint64_t terms[BLOCK][RN__REDUCE_NARROW / sizeof(uint64_t)]; /* of any type */
    double totals[RN__REDUCE_NARROW / sizeof(double)];
    const int64_t row = (int64_t)sizeof *terms / j->with->element;
    int64_t at[BLOCK];

    for (int64_t i = 0; i < n; i++) {
        memset(terms[i], 0, sizeof *terms);
        memcpy(terms[i], term_at(j, x, offset[i]), (size_t)(columns * j->with->element));
        at[i] = i * row;
    }
    j->with->narrow(terms, at, n, totals);
    memcpy(y, totals, (size_t)(columns * j->with->total));
}

/* One block of terms of adjacent results, at most a wide tile of them. */
static void reduce_tile(const job *j, const void *x, const int64_t *offset, int64_t n,
                        int64_t columns, void *y)
{
    int64_t i = 0;

    if (columns == j->wide) {
        j->with->wide(x, offset, n, y);
        return;
    }
    for (; i + j->narrow <= columns; i += j->narrow)
        j->with->narrow(term_at(j, x, i), offset, n, total_at(j, y, i));
    if (n < 4 * (columns - i)) {
        reduce_rest(j, term_at(j, x, i), offset, n, columns - i, total_at(j, y, i));
        return;
    }
    for (; i < columns; i++)
        reduce_gathered(j, term_at(j, x, i), offset, n, total_at(j, y, i));
}

/* Results of more than one block, of at most TILES tiles. */
static void reduce_long_columns(const job *j, const void *x, int64_t columns, void *y)
{
    double part[TILES][LEVELS][RN__REDUCE_WIDE / sizeof(double)]; /* of any type */
    int64_t offset[BLOCK];
    int depth = 0;

    for (int64_t from = 0, blocks = 0; from < j->r.terms; from += BLOCK, blocks++) {
        const int64_t n = least(j->r.terms - from, BLOCK);
        const int pairs = pairs_after(blocks);

        rn__reduction_offsets(j->r.rank, j->r.size, j->r.stride, from, n, offset);
        for (int64_t i = 0, t = 0; i < columns; i += j->wide, t++) {
            const int64_t width = least(columns - i, j->wide);

            reduce_tile(j, term_at(j, x, i), offset, n, width, part[t][depth]);
            for (int d = depth; d > depth - pairs; d--)
                j->with->totals(part[t][d - 1], part[t][d], width);
        }
        depth += 1 - pairs;
    }
    for (int64_t i = 0, t = 0; i < columns; i += j->wide, t++) {
        const int64_t width = least(columns - i, j->wide);

        for (int d = depth - 1; d > 0; d--)
            j->with->totals(part[t][d - 1], part[t][d], width);
        memcpy(total_at(j, y, i), part[t][0], (size_t)(width * j->with->total));
    }
}

/* The last kept axis is innermost in memory: a row of it is `columns` results. */
static void reduce_columns(job *j, const void *x, void *y)
{
    rn__reduction *r = &j->r;
    const int64_t columns = r->kept.size[--r->kept.rank];
    const bool one_block = r->terms <= BLOCK;
    const int64_t at_once = one_block ? j->wide : j->wide * TILES;
    int64_t offset[BLOCK];

    if (one_block) rn__reduction_offsets(r->rank, r->size, r->stride, 0, r->terms, offset);
    for (int64_t i = 0; i < r->outputs; i += columns, rn__walk_next(&r->kept))
        for (int64_t k = 0; k < columns; k += at_once) {
            const void *first = term_at(j, x, r->kept.at[0] + k);
            const int64_t some = least(columns - k, at_once);

            if (one_block)
                reduce_tile(j, first, offset, r->terms, some, total_at(j, y, i + k));
            else
                reduce_long_columns(j, first, some, total_at(j, y, i + k));
        }
}

/* The results of dense rows, each of one block; false if x is anything else. */
static bool reduce_dense(const rn_call *call, const rn__reducing *with)
{
    const int64_t axes = ((const rn__reduce_attributes *)call->attributes)->axes;
    const rn_array *x = call->in;
    const char *from = (const char *)x->data;
    char *to = (char *)call->out->data;
    int64_t n = 1, terms = 1;

    for (int i = x->rank - 1; i >= 0; i--) {
        const bool reduced = (axes >> i & 1) != 0;
        if (x->size[i] == 1) continue;
        if (x->stride[i] != n || (reduced && terms != n)) return false;
        n *= x->size[i];
        if (reduced) terms = n;
    }
    if (terms == 1 || terms > BLOCK) return false;
    for (int64_t left = n; left > 0; left -= terms) {
        with->block(from, terms, to);
        from += terms * with->element, to += with->total;
    }
    return n > 0;
}

void rn__reduce_run(const rn_call *call, const rn__reducing *with)
{
    if (reduce_dense(call, with)) return;

    job j = {.with = with,
             .wide = RN__REDUCE_WIDE / with->total,
             .narrow = RN__REDUCE_NARROW / with->total};
    const void *x = call->in[0].data;
    void *y = call->out->data;

    rn__reduction_init(&j.r, call);
    if (j.r.outputs == 0) return;

    const int last = j.r.kept.rank - 1;
    if (last >= 0 && j.r.kept.stride[0][last] == 1 &&
        !(j.r.rank == 1 && j.r.stride[0] == 1))
        reduce_columns(&j, x, y);
    else
        reduce_rows(&j, x, y);
}

void rn__reduce_to_index(const rn_call *call, int64_t element,
                         int32_t (*find)(const void *x, int64_t n, int64_t stride))
{
    const char *x = (const char *)call->in[0].data;
    int32_t *y = (int32_t *)call->out->data;
    rn__reduction r;

    rn__reduction_init(&r, call);
    for (int64_t i = 0; i < r.outputs; i++, rn__walk_next(&r.kept))
        y[i] = find(x + r.kept.at[0] * element, r.terms, r.stride[0]);
}
