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
    rn__scan_kernel *kernel;
    int64_t size; /* of an element */
    bool reverse, after, sums, rows;
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

/* Where n columns of h are adjacent: there, or copied to y. */
static const char *initial(const scan *s, int64_t n, int64_t at, int64_t by, char *y)
{
    const char *h = element(&s->call->in[H], at, s->size);

    if (s->after && by == 1) return h;
    for (int64_t i = 0; i < n; i++)
        memcpy(y + i * s->size, h + i * by * s->size, (size_t)s->size);
    return y;
}

/* y[0] = h + b[0], y[t] = a[t - 1] y[t - 1] + b[t], in the order of the steps. */
static void sums(const scan *s, int64_t n, const int64_t *at, int64_t by_h,
                 rn__scan_lines l, char *y)
{
    static const float one_f32 = 1;
    static const double one_f64 = 1;
    const rn_array *a = &s->call->in[A], *b = &s->call->in[B];
    const int64_t t = s->reverse ? l.steps - 1 : 0;
    rn__scan_lines first = l;

    first.y = y + t * s->call->out->stride[0] * s->size;
    l.h = first.y;
    first.h = initial(s, n, at[H], by_h, (char *)first.y);
    first.steps = 1;
    first.a = s->size == sizeof one_f32 ? (const void *)&one_f32 : &one_f64;
    first.by_a = 0;
    first.b = element(b, at[B] + t * b->stride[0], s->size);
    s->kernel(n, &first);
    l.a = element(a, at[A] + t * a->stride[0], s->size);
    l.b = (const char *)first.b + l.next_b * s->size;
    l.y = (char *)first.y + l.next_y * s->size;
    if (--l.steps > 0) s->kernel(n, &l);
}

/* Columns at..at + n - 1 of row j, of `length` steps, through time. Only packed rows are
 * not equally far apart. */
static void columns(const scan *s, int64_t j, int64_t length, int64_t n, const int64_t *at,
                    const int64_t *by)
{
    const rn_array *a = &s->call->in[A], *b = &s->call->in[B];
    const int64_t T = a->size[0], way = s->reverse ? -1 : 1;
    const int64_t next = s->call->out->stride[0], slot = next * s->size;
    char *y = element(s->call->out, at[Y], s->size);
    rn__scan_lines l = {.steps = s->rows ? 1 : length,
                        .next_a = way * a->stride[0],
                        .next_b = way * b->stride[0],
                        .next_y = way * next,
                        .by_a = by[A],
                        .by_b = by[B]};

    int64_t t = s->reverse ? length - 1 : 0;
    if (s->sums) {
        sums(s, n, at, by[H], l, y);
        return;
    }
    l.h = initial(s, n, at[H], by[H], y + (s->reverse ? t + !s->after : 0) * slot);
    for (int64_t k = 0; k < length; k += l.steps, t += way) {
        l.a = element(a, at[A] + place_of(s, a, t, j), s->size);
        l.b = element(b, at[B] + place_of(s, b, t, j), s->size);
        l.y = y + (s->reverse || s->after ? t : t + 1) * slot;
        s->kernel(n, &l);
        l.h = l.y;
    }
    for (int64_t i = length; i < T; i++)
        memcpy(y + (i + 1) * slot, y + i * slot, (size_t)(n * s->size));
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

bool rn__linear_scan(const rn_call *call, rn__scan_kernel *kernel)
{
    const int64_t attribute = *(const int64_t *)call->attributes;
    const scan s = {.call = call,
                    .kernel = kernel,
                    .size = (int64_t)rn_type_size(call->out->type),
                    .reverse = attribute & RN__SCAN_REVERSE,
                    .after = attribute & RN__SCAN_AFTER,
                    .sums = attribute & RN__SCAN_SUMS,
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
    if (inner == 0 || call->out->size[0] == 0) return true;
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

/* ---- pairs ---- */

/* Both states of the columns of one row, of all steps; at[o] is where operand o and y have
 * the row. */
static void pair_row(const rn_call *call, rn__pair_kernel *kernel, const int64_t *at)
{
    const int64_t attribute = *(const int64_t *)call->attributes;
    const bool reverse = attribute & RN__SCAN_REVERSE, after = attribute & RN__SCAN_AFTER;
    const int64_t size = (int64_t)rn_type_size(call->out->type);
    const int rank = call->out->rank;
    const int64_t T = call->in[0].size[0], n = call->out->size[rank - 1];
    const int64_t t = reverse ? T - 1 : 0, slot = call->out->stride[0];
    const int64_t way = reverse ? -1 : 1;
    char *y = element(call->out, at[RN__PAIR_OPERANDS], size);
    rn__pair_lines l = {
        .steps = T, .next_y = way * slot, .apart = call->out->stride[rank - 2]};

    for (int i = 0; i < RN__PAIR_OPERANDS; i++) {
        const rn_array *x = &call->in[i];
        const bool of_step = i < RN__PAIR_STEPS;
        if (of_step) l.next[i] = way * x->stride[0];
        l.by[i] = x->stride[x->rank - 1];
        l.x[i] = element(x, at[i] + (of_step ? t * x->stride[0] : 0), size);
        for (int64_t k = 0; !of_step && !after && k < n; k++)
            memcpy(y + ((reverse ? T : 0) * slot + (i - RN__PAIR_STEPS) * l.apart + k) *
                           size,
                   (const char *)l.x[i] + k * l.by[i] * size, (size_t)size);
    }
    l.y = y + (reverse || after ? t : 1) * slot * size;
    if (T > 0) kernel(n, &l);
}

bool rn__pair_scan(const rn_call *call, rn__pair_kernel *kernel)
{
    const int lead = call->out->rank - 2; /* the axes before: T and those of the rows */
    int64_t rows = 1, at[RN__PAIR_OPERANDS + 1];

    for (int i = 1; i < lead; i++) rows *= call->out->size[i];
    for (int64_t row = 0; row < rows && call->out->size[lead + 1] > 0; row++) {
        memset(at, 0, sizeof at);
        int64_t rest = row;
        for (int i = lead - 1; i > 0; rest /= call->out->size[i--]) {
            const int64_t index = rest % call->out->size[i];
            for (int o = 0; o < RN__PAIR_OPERANDS; o++)
                at[o] += index * call->in[o].stride[i - (o >= RN__PAIR_STEPS)];
            at[RN__PAIR_OPERANDS] += index * call->out->stride[i];
        }
        pair_row(call, kernel, at);
    }
    return true;
}
