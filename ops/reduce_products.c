/* SPDX-License-Identifier: MIT */
/*
 * The loops of sums of products, for all types: rows whose terms are contiguous, tiles of
 * adjacent results, or one result after the other. reduce_products.h has the arithmetic.
 *
 * Both operands have the shape of their product; where one is repeated its stride is 0.
 */
#include "kernel/strided.h"
#include "ops/reduce.h"

#include <string.h>

enum { BLOCK = RN__REDUCE_BLOCK, LEVELS = 52 };

/* Results are visited by `kept`, at[0] and at[1] being the offsets of their first terms. */
typedef struct job {
    rn__walk kept;
    int rank; /* of the axes that are summed over */
    int64_t size[RN_RANK_MAX], stride[2][RN_RANK_MAX];
    int64_t outputs, terms;
    const char *x, *y;
    char *to;
    const rn__products *with;
} job;

static void begin(job *j, const rn_call *call, const rn__products *with)
{
    const int64_t axes = ((const rn__reduce_attributes *)call->attributes)->axes;
    bool second = false; /* its elements are next to each other, at least */
    int64_t *const strides[2] = {j->stride[0], j->stride[1]};
    int64_t *const kept_strides[2] = {j->kept.stride[0], j->kept.stride[1]};

    for (int i = 0; i < call->in->rank; i++)
        if (call->in->size[i] > 1 && !(axes >> i & 1)) second = call->in->stride[i] != 1;
    const rn_array *x = &call->in[second], *y = &call->in[!second];
    *j = (job){.outputs = 1,
               .terms = 1,
               .x = (const char *)x->data,
               .y = (const char *)y->data,
               .to = (char *)call->out->data,
               .with = with};
    for (int i = 0; i < x->rank; i++) {
        const bool reduced = (axes >> i & 1) != 0;
        const int at = reduced ? j->rank++ : j->kept.rank++;

        (reduced ? j->size : j->kept.size)[at] = x->size[i];
        (reduced ? j->stride[0] : j->kept.stride[0])[at] = x->stride[i];
        (reduced ? j->stride[1] : j->kept.stride[1])[at] = y->stride[i];
        *(reduced ? &j->terms : &j->outputs) *= x->size[i];
    }
    j->rank = rn__collapse(j->rank, j->size, 2, strides);
    j->kept.rank = rn__collapse(j->kept.rank, j->kept.size, 2, kept_strides);
}

/* Of terms from..from + count - 1, relative to the first, of operand `of`. */
static void find_offsets(const job *j, int of, int64_t from, int64_t count, int64_t *offset)
{
    rn__reduction_offsets(j->rank, j->size, j->stride[of], from, count, offset);
}

static bool contiguous(const job *j)
{
    return j->rank == 0 || (j->rank == 1 && j->stride[0][0] == 1 && j->stride[1][0] == 1);
}

static const void *element(const job *j, const char *data, int64_t at)
{
    return data + at * j->with->element;
}

#define PRODUCTS(type, of)                                                                 \
    for (int64_t i = 0; i < n; i++)                                                        \
        product.of[i] = ((const type *)x)[at_x[i]] * ((const type *)y)[at_y[i]];

/* The total of one block of terms of the result at hand. */
static void sum_block(const job *j, int64_t from, int64_t n, void *to)
{
    const void *x = element(j, j->x, j->kept.at[0]), *y = element(j, j->y, j->kept.at[1]);
    int64_t at_x[BLOCK], at_y[BLOCK];
    union {
        float of4[BLOCK];
        double of8[BLOCK];
    } product;

    if (contiguous(j)) {
        j->with->rows(1, element(j, (const char *)x, from), 0,
                      element(j, (const char *)y, from), 0, n, to);
        return;
    }
    find_offsets(j, 0, from, n, at_x);
    find_offsets(j, 1, from, n, at_y);
    if (j->with->element == 4)
        PRODUCTS(float, of4)
    else
        PRODUCTS(double, of8)
    j->with->block(&product, n, to);
}

/* One result after the other, of any number of terms. */
static void sum_each(job *j)
{
    double part[LEVELS];
    const int64_t element = j->with->element;

    for (int64_t i = 0; i < j->outputs; i++, rn__walk_next(&j->kept)) {
        char *const first = (char *)part;
        int depth = 0;
        int64_t from = 0;
        do {
            const int64_t n = j->terms - from < BLOCK ? j->terms - from : BLOCK;
            sum_block(j, from, n, first + depth * element);
            for (int64_t b = from / BLOCK; b & 1; b >>= 1, depth--)
                j->with->totals(first + (depth - 1) * element, first + depth * element, 1);
            depth++;
            from += n;
        } while (from < j->terms);
        for (; depth > 1; depth--)
            j->with->totals(first + (depth - 2) * element, first + (depth - 1) * element,
                            1);
        memcpy(j->to + i * element, part, (size_t)element);
    }
}

/* One block of contiguous terms for each result. */
static void sum_rows(job *j)
{
    const int last = --j->kept.rank;
    const int64_t rows = last < 0 ? 1 : j->kept.size[last];
    const int64_t by_x = last < 0 ? 0 : j->kept.stride[0][last];
    const int64_t by_y = last < 0 ? 0 : j->kept.stride[1][last];

    for (int64_t i = 0; i < j->outputs; i += rows, rn__walk_next(&j->kept))
        j->with->rows(rows, element(j, j->x, j->kept.at[0]), by_x,
                      element(j, j->y, j->kept.at[1]), by_y, j->terms,
                      j->to + i * j->with->element);
}

/* The last kept axis is innermost in memory, at least of the operand x. */
static void sum_columns(job *j)
{
    const int last = --j->kept.rank;
    const int64_t columns = j->kept.size[last], by_y = j->kept.stride[1][last];
    const int64_t wide = j->with->columns;
    int64_t at_x[RN__REDUCE_LANES + 1], at_y[RN__REDUCE_LANES];

    find_offsets(j, 0, 0, j->terms, at_x);
    find_offsets(j, 1, 0, j->terms, at_y);
    at_x[j->terms] = 2 * at_x[j->terms - 1] - at_x[j->terms - 2]; /* what is fetched */
    for (int64_t i = 0; i < j->outputs; i += columns, rn__walk_next(&j->kept))
        for (int64_t k = 0; k < columns; k += wide) {
            if (k + wide > columns) k = columns - wide; /* some again */
            j->with->wide(element(j, j->x, j->kept.at[0] + k), at_x,
                          element(j, j->y, j->kept.at[1] + k * by_y), at_y, j->terms,
                          by_y == 0, j->to + (i + k) * j->with->element);
        }
}

void rn__reduce_products(const rn_call *call, const rn__products *with)
{
    job j;

    begin(&j, call, with);
    if (j.outputs == 0) return;
    const int last = j.kept.rank - 1;
    const bool adjacent = last >= 0 && j.kept.stride[0][last] == 1 &&
                          (j.kept.stride[1][last] & ~(int64_t)1) == 0 &&
                          j.kept.size[last] >= with->columns && j.terms >= 4 &&
                          j.terms <= RN__REDUCE_LANES && (j.terms & (j.terms - 1)) == 0;

    if (j.terms > BLOCK || j.terms == 0)
        sum_each(&j);
    else if (contiguous(&j))
        sum_rows(&j);
    else if (adjacent)
        sum_columns(&j);
    else
        sum_each(&j);
}
