/* SPDX-License-Identifier: MIT */
/* The loops of linear recurrences, for all types: adjacent columns go through time
 * together. */
#include "ops/linear_scan.h"

#include "kernel/strided.h"

#include <string.h>

enum { A, B, H, Y, OPERANDS };
enum { TILE = 2048 }; /* columns that go through time together: states stay in the cache */

typedef struct scan {
    const rn_call *call;
    rn__scan_step *step;
    int64_t size; /* of an element */
    bool reverse, rows;
} scan;

static char *element(const rn_array *x, int64_t at, int64_t size)
{
    return (char *)x->data + at * size;
}

/* Where operand x has row j of step t: all rows are packed, or none varies with the step,
 * or all are the same. */
static int64_t place_of(const scan *s, const rn_array *x, int64_t t, int64_t j)
{
    if (!s->rows) return t * x->stride[0];
    if (x->stride[0] == 0) return j * x->stride[1];
    if (x->stride[1] == 0 || x->size[1] == 1) return t * x->stride[0];
    return (((const int32_t *)s->call->in[3].data)[t] + j) * x->stride[1];
}

/* Columns at..at + n - 1 of row j, of `length` steps, through time. */
static void columns(const scan *s, int64_t j, int64_t length, int64_t n, const int64_t *at,
                    const int64_t *by)
{
    const rn_array *a = &s->call->in[A], *b = &s->call->in[B], *h = &s->call->in[H];
    const int64_t T = a->size[0], slot = s->call->out->stride[0] * s->size;
    char *y = element(s->call->out, at[Y], s->size);
    char *first = y + (s->reverse ? length : 0) * slot;

    for (int64_t i = 0; i < n; i++)
        memcpy(first + i * s->size, element(h, at[H] + i * by[H], s->size),
               (size_t)s->size);
    for (int64_t k = 0; k < length; k++) {
        const int64_t t = s->reverse ? length - 1 - k : k;
        s->step(n, element(a, at[A] + place_of(s, a, t, j), s->size), by[A],
                element(b, at[B] + place_of(s, b, t, j), s->size), by[B],
                y + (s->reverse ? t + 1 : t) * slot, y + (s->reverse ? t : t + 1) * slot);
    }
    for (int64_t t = length; t < T; t++)
        memcpy(y + (t + 1) * slot, y + t * slot, (size_t)(n * s->size));
}

/* All columns of one row. by[o] are the strides of the collapsed axes behind it. */
static void row(const scan *s, int64_t j, int64_t length, int rank, const int64_t *size,
                int64_t (*by)[RN_RANK_MAX], const int64_t *begin)
{
    const int64_t n = rank ? size[rank - 1] : 1;
    int64_t outer = 1, step[OPERANDS];

    for (int i = 0; i < rank - 1; i++) outer *= size[i];
    for (int o = 0; o < OPERANDS; o++) step[o] = rank ? by[o][rank - 1] : 1;
    for (int64_t k = 0; k < outer; k++) {
        int64_t at[OPERANDS];
        for (int o = 0; o < OPERANDS; o++) {
            at[o] = begin[o];
            for (int64_t i = rank - 2, rest = k; i >= 0; rest /= size[i], i--)
                at[o] += rest % size[i] * by[o][i];
        }
        for (int64_t i = 0; i < n; i += TILE) {
            columns(s, j, length, n - i < TILE ? n - i : TILE, at, step);
            for (int o = 0; o < OPERANDS; o++) at[o] += TILE * step[o];
        }
    }
}

bool rn__linear_scan(const rn_call *call, rn__scan_step *step)
{
    const scan s = {.call = call,
                    .step = step,
                    .size = (int64_t)rn_type_size(call->out->type),
                    .reverse = *(const int64_t *)call->attributes != 0,
                    .rows = call->inputs > 3};
    const int skip = s.rows ? 2 : 1; /* axes of a, b and y before those of the columns */
    const rn_array *of[OPERANDS] = {&call->in[A], &call->in[B], &call->in[H], call->out};
    int64_t size[RN_RANK_MAX], by[OPERANDS][RN_RANK_MAX], inner = 1;
    int64_t *collapse[OPERANDS] = {by[A], by[B], by[H], by[Y]};
    int rank = call->out->rank - skip;

    for (int i = 0; i < rank; i++) {
        size[i] = call->out->size[skip + i];
        inner *= size[i];
        for (int o = 0; o < OPERANDS; o++)
            by[o][i] = of[o]->stride[(o == H ? skip - 1 : skip) + i];
    }
    if (inner == 0) return true;
    const int64_t before = call->first / inner;
    rank = rn__collapse(rank, size, OPERANDS, collapse);
    for (int64_t j = 0; j < (s.rows ? call->out->size[1] : 1); j++) {
        const int64_t begin[OPERANDS] = {0, 0, s.rows ? j * of[H]->stride[0] : 0,
                                         s.rows ? j * of[Y]->stride[1] : 0};
        const int64_t length =
            s.rows ? ((const int32_t *)call->in[4].data)[j] : of[A]->size[0];
        row(&s, before + j, length, rank, size, by, begin);
    }
    return true;
}
