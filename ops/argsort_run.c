/* SPDX-License-Identifier: MIT */
/*
 * Sorting along an axis, for all types. Elements become integers of the same order, each
 * with its index, so that equal ones need no rule of their own:
 *
 *   few of many    a heap of the first ones so far, O(n log count)
 *   else           merged runs, O(n log n), which keeps the order of equal ones
 */
#include "ops/along.h"
#include "ops/walk.h"

#include <string.h>

typedef struct entry {
    uint64_t key;
    int64_t at;
} entry;

enum { RUN = 16 };

/* One sort: n elements of x, `step` apart, of which the first `count` are wanted. */
typedef struct job {
    const void *x;
    rn_type type;
    int64_t n, step, count;
    uint64_t turn; /* all ones if descending */
} job;

/* ---- keys ---- */

/* Ordered as the numbers whose bits these are, of a float with that sign bit. */
static uint64_t key_of_bits(uint64_t bits, uint64_t sign)
{
    return bits & sign ? ~bits & (sign | (sign - 1)) : bits | sign;
}

/* Both zeros are one key, a NaN is the largest. */
static uint64_t key_of(const job *j, int64_t i)
{
    const int64_t at = i * j->step;
    uint64_t key = 0;

    if (j->type == RN_F32) {
        const float x = ((const float *)j->x)[at];
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        key = x != x ? UINT64_MAX : key_of_bits(x == 0 ? 0 : bits, (uint64_t)1 << 31);
    } else if (j->type == RN_F64) {
        const double x = ((const double *)j->x)[at];
        uint64_t bits;
        memcpy(&bits, &x, sizeof bits);
        key = x != x ? UINT64_MAX : key_of_bits(x == 0 ? 0 : bits, (uint64_t)1 << 63);
    } else if (j->type == RN_I32) {
        key = (uint64_t)((int64_t)((const int32_t *)j->x)[at] - INT32_MIN);
    } else {
        key = ((const uint8_t *)j->x)[at] != 0;
    }
    return key ^ j->turn;
}

/* ---- the first ones of many: the last of them is at the root ---- */

static bool before(entry a, entry b)
{
    return a.key != b.key ? a.key < b.key : a.at < b.at;
}

/* Puts x at place i of n entries, or below. */
static void sink(entry *heap, int64_t i, int64_t n, entry x)
{
    for (int64_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && before(heap[child], heap[child + 1])) child++;
        if (!before(x, heap[child])) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = x;
}

static const entry *select_first(const job *j, entry *heap)
{
    for (int64_t i = 0; i < j->count; i++) heap[i] = (entry){key_of(j, i), i};
    for (int64_t i = j->count / 2 - 1; i >= 0; i--) sink(heap, i, j->count, heap[i]);
    for (int64_t i = j->count; i < j->n; i++) {
        const entry x = {key_of(j, i), i};
        if (x.key < heap[0].key) sink(heap, 0, j->count, x);
    }
    for (int64_t left = j->count - 1; left > 0; left--) {
        const entry last = heap[left];
        heap[left] = heap[0];
        sink(heap, 0, left, last);
    }
    return heap;
}

/* ---- all of them ---- */

static void insert(entry *e, int64_t n)
{
    for (int64_t i = 1, k; i < n; i++) {
        const entry x = e[i];
        for (k = i; k > 0 && x.key < e[k - 1].key; k--) e[k] = e[k - 1];
        e[k] = x;
    }
}

/* Merges entries 0..middle-1 and middle..n-1. */
static void merge(const entry *from, int64_t middle, int64_t n, entry *to)
{
    const entry *a = from, *b = from + middle, *const a_end = b, *const end = from + n;

    while (a < a_end && b < end) {
        const int64_t second = -(int64_t)(b->key < a->key); /* no branch to predict */
        const uint64_t key = a->key ^ ((a->key ^ b->key) & (uint64_t)second);
        const int64_t at = a->at ^ ((a->at ^ b->at) & second);
        *to++ = (entry){key, at};
        a += second + 1, b -= second;
    }
    memcpy(to, a, (size_t)(a_end - a) * sizeof *to);
    memcpy(to + (a_end - a), b, (size_t)(end - b) * sizeof *to);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* `room` is for twice n entries. */
static const entry *sort(const job *j, entry *room)
{
    entry *from = room, *to = room + j->n;

    for (int64_t i = 0; i < j->n; i++) from[i] = (entry){key_of(j, i), i};
    for (int64_t i = 0; i < j->n; i += RUN) insert(from + i, least(RUN, j->n - i));
    for (int64_t width = RUN; width < j->n; width *= 2) {
        entry *const merged = to;
        for (int64_t i = 0; i < j->n; i += 2 * width)
            merge(from + i, least(width, j->n - i), least(2 * width, j->n - i), to + i);
        to = from, from = merged;
    }
    return from;
}

/* ---- the kernel ---- */

static bool few(int64_t count, int64_t n)
{
    return count <= n / 8;
}

size_t rn__argsort_scratch(const rn_call *call)
{
    const rn__argsort_attributes *a = (const rn__argsort_attributes *)call->attributes;
    const int64_t n = call->in[0].size[a->axis];

    return (size_t)(few(a->count, n) ? a->count : 2 * n) * sizeof(entry);
}

bool rn__argsort_run(const rn_call *call)
{
    const rn__argsort_attributes *a = (const rn__argsort_attributes *)call->attributes;
    const rn_array *x = &call->in[0], *y = call->out;
    rn__walk each = {.rank = 0};
    job j = {.type = x->type,
             .n = x->size[a->axis],
             .step = x->stride[a->axis],
             .count = a->count,
             .turn = a->descending ? UINT64_MAX : 0};

    for (int i = 0; i < x->rank; i++) {
        if (y->size[i] == 0) return true;
        if (i == a->axis) continue;
        each.size[each.rank] = x->size[i];
        each.stride[0][each.rank] = x->stride[i];
        each.stride[1][each.rank++] = y->stride[i];
    }
    do {
        j.x = (const char *)x->data + each.at[0] * (int64_t)rn_type_size(x->type);
        entry *room = (entry *)call->scratch;
        const entry *e = few(j.count, j.n) ? select_first(&j, room) : sort(&j, room);
        int32_t *to = (int32_t *)y->data + each.at[1];
        for (int64_t i = 0; i < j.count; i++) to[i * y->stride[a->axis]] = (int32_t)e[i].at;
    } while (rn__walk_next(&each));
    return true;
}
