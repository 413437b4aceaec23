/* SPDX-License-Identifier: MIT */
/*
 * ragged -- where the rows of a batch with lengths are when padding is left out.
 *
 *   x  [B]     i32, lengths
 *   y  [..]    i32, one of the arrays in ragged.h
 *
 * No gradient. Lengths are sorted by counting, with int32_t scratch:
 *
 *   place [B], order [B], start [T + 1]
 */
#include "ops/ragged.h"

#include "ops/op.h"

#include <string.h>

#if RN_ONCE

/* Plain numbers: attributes hold no padding. */
typedef struct attributes {
    int64_t steps, kind;
} attributes;

typedef struct sorted {
    const int32_t *length;
    int64_t batch, steps;
    int32_t *place, *order, *start;
    int32_t total, last; /* packed rows; the step of the last of them */
} sorted;

static int32_t length_of(const sorted *s, int64_t b)
{
    const int64_t n = s->length[b];

    return (int32_t)(n < 0 ? 0 : n > s->steps ? s->steps : n);
}

/* start[n]: first how many sequences are longer than n, then where the next of n goes. */
static sorted sort(const rn_call *call)
{
    const attributes *a = (const attributes *)call->attributes;
    sorted s = {.length = (const int32_t *)call->in->data,
                .batch = call->in->size[0],
                .steps = a->steps,
                .place = (int32_t *)call->scratch};

    s.order = s.place + s.batch;
    s.start = s.order + s.batch;
    memset(s.start, 0, ((size_t)s.steps + 1) * sizeof *s.start);
    for (int64_t b = 0; b < s.batch; b++) {
        const int32_t n = length_of(&s, b);
        if (n > 0) s.start[n - 1]++;
        s.total += n;
        if (n - 1 > s.last) s.last = n - 1;
    }
    for (int64_t n = s.steps - 1; n > 0; n--) s.start[n - 1] += s.start[n];
    for (int64_t b = 0; b < s.batch; b++) {
        s.place[b] = s.start[length_of(&s, b)]++;
        s.order[s.place[b]] = (int32_t)b;
    }
    return s;
}

/* Each y of a packed row. */
static void fill_packed(const sorted *s, int64_t kind, int32_t *y)
{
    const int64_t all = s->steps * s->batch;
    int64_t i = 0;

    for (int64_t t = 0; t < s->steps; t++)
        for (int64_t j = 0; j < s->batch; j++) {
            const int32_t b = s->order[j];
            if (length_of(s, b) <= t) break;
            y[i++] = kind == RN__RAGGED_SEQUENCE
                         ? b
                         : (int32_t)(t * s->batch + (kind == RN__RAGGED_PLAIN ? b : j));
        }
    for (; i < all; i++) y[i] = i ? y[i - 1] : 0;
}

/* For each row that is not packed, its packed one. */
static void fill_plain(const sorted *s, int32_t *y)
{
    int32_t first = 0;

    for (int64_t t = 0; t < s->steps; t++) {
        int32_t n = 0;
        for (int64_t b = 0; b < s->batch; b++) {
            const bool runs = length_of(s, b) > t;
            y[t * s->batch + b] = runs ? first + s->place[b] : -1;
            n += runs;
        }
        first += n;
    }
}

/* How many sequences run at each step, or did at the steps before it. */
static void fill_steps(const sorted *s, bool offsets, int32_t *y)
{
    int32_t first = 0;

    for (int64_t t = 0; t < s->steps; t++) {
        int32_t n = 0;
        for (int64_t b = 0; b < s->batch; b++) n += length_of(s, b) > t;
        y[t] = offsets ? first : n;
        first += n;
    }
}

RN_KERNEL_ONCE(ragged)
{
    const int64_t kind = ((const attributes *)call->attributes)->kind;
    const sorted s = sort(call);
    int32_t *y = (int32_t *)call->out->data;

    switch ((rn__ragged)kind) {
    case RN__RAGGED_COUNTS:
    case RN__RAGGED_OFFSETS:
        fill_steps(&s, kind == RN__RAGGED_OFFSETS, y);
        break;
    case RN__RAGGED_ENDS:
        for (int64_t j = 0; j < s.batch; j++) y[j] = length_of(&s, s.order[j]);
        break;
    case RN__RAGGED_TOTAL:
        y[0] = s.total;
        break;
    case RN__RAGGED_SLOTS:
        y[0] = s.batch ? (int32_t)((s.total + s.batch - 1) / s.batch) : 0;
        break;
    case RN__RAGGED_PACKED:
        fill_plain(&s, y);
        break;
    case RN__RAGGED_PLAIN:
    case RN__RAGGED_SORTED:
    case RN__RAGGED_SEQUENCE:
        fill_packed(&s, kind, y);
        break;
    default:
        memcpy(y, kind == RN__RAGGED_ORDER ? s.order : s.place,
               (size_t)s.batch * sizeof *y);
    }
    return true;
}

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;
    const int64_t T = a->steps, B = t->in_shape[0].size[0];

    if (t->in_type[0] != RN_I32) return "the type is not i32";
    if (t->in_shape[0].rank != 1) return "lengths must have one axis";
    if (a->kind < 0 || a->kind >= RN__RAGGED_KINDS) return "no such array";
    if (T < 0 || T >= INT32_MAX || (B > 0 && T > INT32_MAX / B))
        return "too many rows for an i32 index";
    switch ((rn__ragged)a->kind) {
    case RN__RAGGED_COUNTS:
    case RN__RAGGED_OFFSETS:
        t->shape = (rn_shape){1, {T}};
        break;
    case RN__RAGGED_TOTAL:
    case RN__RAGGED_SLOTS:
        t->shape = (rn_shape){0};
        break;
    case RN__RAGGED_PLAIN:
    case RN__RAGGED_SORTED:
    case RN__RAGGED_SEQUENCE:
    case RN__RAGGED_PACKED:
        t->shape = (rn_shape){2, {T, B}};
        break;
    default:
        break;
    }
    return NULL;
}

static size_t scratch(const rn_call *call)
{
    const int64_t T = ((const attributes *)call->attributes)->steps;

    return (size_t)(2 * call->in->size[0] + T + 1) * sizeof(int32_t);
}

const rn_op rn__op_ragged = {RN_NAMED(ragged), .inputs = 1, .flags = RN_OP_STOPS,
                             .shape = shape, .scratch = scratch};

rn_tensor rn__ragged_rows(rn_tensor lengths, int64_t steps, rn__ragged kind)
{
    const attributes a = {steps, kind};

    return rn_apply(&rn__op_ragged, &lengths, 1, &a, sizeof a);
}

#endif
