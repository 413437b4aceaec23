/* SPDX-License-Identifier: MIT */
/*
 * Offsets: where in a memory each of its buffers begins.
 *
 *   by size   the largest first, each at the lowest offset that is free all its time. Good,
 *             but each buffer is compared with all before it.
 *   by time   in order of steps, each at the lowest offset that is free when it begins.
 *
 * By size as long as that takes few comparisons, which is so for some ten thousand buffers
 * that hold something at the same time. Graphs with more, such as unrolled ones, are laid
 * out by time, from the first step on and from the last step back; the shorter result is
 * taken.
 */
#include "plan/gaps.h"
#include "plan/planner.h"

#include <stdlib.h>
#include <string.h>

/* A test compiles this file with a limit of -1. */
#ifndef RN_COMPARISONS
#define RN_COMPARISONS 100000000
#endif

/* All offsets are multiples of it; plan.h promises that. */
enum { LINE = 64 };

typedef struct order {
    rn__buffer **at; /* that need memory */
    int32_t count;
    rn__arena *arena;
} order;

static size_t padded(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

static int larger_first(const void *x, const void *y)
{
    const rn__buffer *a = *(rn__buffer *const *)x, *b = *(rn__buffer *const *)y;

    if (a->bytes != b->bytes) return a->bytes < b->bytes ? 1 : -1;
    return a < b ? -1 : 1;
}

static bool find_candidates(const rn__plan *plan, bool tiled, order *o)
{
    o->at = (rn__buffer **)rn__arena_new(o->arena, (size_t)plan->buffers * sizeof *o->at);
    if (!o->at) return false;
    for (int32_t i = 0; i < plan->buffers; i++) {
        rn__buffer *b = &plan->buffer[i];
        if (b->part.buffer >= 0 || b->kind == RN__BUFFER_VARIABLE || b->last < 0 ||
            b->tiled != tiled)
            continue;
        if (b->bytes > PTRDIFF_MAX - LINE) return false;
        o->at[o->count++] = b;
    }
    qsort(o->at, (size_t)o->count, sizeof *o->at, larger_first);
    return true;
}

/* ---- by size ---- */

typedef struct part {
    size_t offset, end;
    int32_t first, last; /* steps */
} part;

typedef enum outcome { DONE, TOO_LONG, TOO_MANY } outcome;

/* The lowest gap among the parts, which are in order of offset; how many were compared. */
static int32_t find_gap(rn__buffer *b, const part *at, int32_t count)
{
    const size_t bytes = padded(b->bytes);
    size_t end = 0;
    int32_t i = 0;

    for (; i < count; i++) {
        if (at[i].last < b->first || b->last < at[i].first) continue;
        if (at[i].offset >= end && at[i].offset - end >= bytes) break;
        if (at[i].end > end) end = at[i].end;
    }
    b->offset = end;
    return i;
}

/* Puts a buffer in order among the parts; how many had to move. */
static int32_t insert(const rn__buffer *b, part *at, int32_t count)
{
    int32_t low = 0, high = count;

    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (at[middle].offset > b->offset)
            high = middle;
        else
            low = middle + 1;
    }
    memmove(&at[low + 1], &at[low], (size_t)(count - low) * sizeof *at);
    at[low] = (part){b->offset, b->offset + padded(b->bytes), b->first, b->last};
    return count - low;
}

static outcome place_by_size(const order *o, part *at, size_t *length)
{
    int64_t left = RN_COMPARISONS;

    *length = 0;
    for (int32_t i = 0; i < o->count; i++) {
        rn__buffer *b = o->at[i];
        size_t end;
        left -= find_gap(b, at, i);
        if (!rn__sum_sizes(b->offset, padded(b->bytes), &end)) return TOO_LONG;
        left -= insert(b, at, i) / 4;
        if (left < 0) return TOO_MANY;
        if (end > *length) *length = end;
    }
    return DONE;
}

/* ---- by time ---- */

static int by_first(const void *x, const void *y)
{
    const rn__buffer *a = *(rn__buffer *const *)x, *b = *(rn__buffer *const *)y;

    return a->first != b->first ? (a->first < b->first ? -1 : 1) : larger_first(x, y);
}

static int by_last(const void *x, const void *y)
{
    const rn__buffer *a = *(rn__buffer *const *)x, *b = *(rn__buffer *const *)y;

    return a->last != b->last ? (a->last > b->last ? -1 : 1) : larger_first(x, y);
}

/* `begin` has the buffers in the order in which they begin, `end` has them the other way
 * round: from its end on in the order in which they end, in the same direction of time. */
static bool place_by_time(const order *o, rn__buffer *const *begin, rn__buffer *const *end,
                          bool back, rn__gaps *gaps, size_t *length)
{
    int32_t over = o->count;

    *length = 0;
    rn__gaps_clear(gaps, o->count);
    for (int32_t i = 0; i < o->count; i++) {
        rn__buffer *b = begin[i];
        const size_t bytes = padded(b->bytes);
        for (; over > 0; over--) {
            const rn__buffer *old = end[over - 1];
            if (back ? old->first <= b->last : old->last >= b->first) break;
            if (old->bytes) rn__gaps_give(gaps, old->offset, padded(old->bytes));
        }
        b->offset = 0;
        if (bytes && !rn__gaps_take(gaps, bytes, &b->offset)) return false;
        if (b->offset + bytes > *length) *length = b->offset + bytes;
    }
    return true;
}

static bool place_all_by_time(const order *o, size_t *length)
{
    const size_t n = (size_t)o->count;
    rn__buffer **first = (rn__buffer **)rn__arena_new(o->arena, n * sizeof *first);
    rn__buffer **last = (rn__buffer **)rn__arena_new(o->arena, n * sizeof *last);
    rn__gaps gaps;
    size_t back;

    if (!first || !last || !rn__gaps_init(&gaps, o->arena, o->count)) return false;
    memcpy(first, o->at, n * sizeof *first);
    memcpy(last, o->at, n * sizeof *last);
    qsort(first, n, sizeof *first, by_first);
    qsort(last, n, sizeof *last, by_last);
    if (!place_by_time(o, first, last, false, &gaps, length) ||
        !place_by_time(o, last, first, true, &gaps, &back))
        return false;
    if (back > *length) return place_by_time(o, first, last, false, &gaps, length);
    *length = back;
    return true;
}

bool rn__find_offsets(rn__plan *plan, rn__arena *arena, bool tiled, size_t *length)
{
    order o = {.arena = arena};

    *length = 0;
    if (!find_candidates(plan, tiled, &o)) return false;
    part *parts = (part *)rn__arena_new(o.arena, (size_t)o.count * sizeof *parts);
    if (!parts) return false;
    const outcome how = place_by_size(&o, parts, length);
    return how == TOO_MANY ? place_all_by_time(&o, length) : how == DONE;
}
