/* SPDX-License-Identifier: MIT */
/*
 * Gaps in a treap: a search tree by offset that is a heap by random priorities, so that its
 * depth is about the logarithm of its size. Each gap knows the largest one below it.
 */
#include "plan/gaps.h"

typedef struct rn__gap {
    size_t start, end, largest; /* largest: of its subtree, in bytes */
    int32_t left, right;        /* right is also the next unused gap */
    uint32_t priority;
} rn__gap;

bool rn__gaps_init(rn__gaps *g, rn__arena *arena, int32_t parts)
{
    const size_t n = (size_t)parts + 2;

    g->gap = (rn__gap *)rn__arena_new(arena, n * sizeof *g->gap);
    if (g->gap) rn__gaps_clear(g, parts);
    return g->gap != NULL;
}

void rn__gaps_clear(rn__gaps *g, int32_t parts)
{
    uint32_t random = 1;

    for (int32_t i = 0; i <= parts + 1; i++) {
        random = random * 1664525u + 1013904223u;
        g->gap[i] = (rn__gap){.priority = random >> 8, .right = i <= parts ? i + 1 : 0};
    }
    g->gap[0] = (rn__gap){0};
    g->root = 1;
    g->unused = parts > 0 ? 2 : 0;
    g->gap[1].end = g->gap[1].largest = SIZE_MAX;
    g->gap[1].right = 0;
}

static void update(rn__gaps *g, int32_t n)
{
    rn__gap *gap = &g->gap[n];
    const size_t left = g->gap[gap->left].largest, right = g->gap[gap->right].largest;

    gap->largest = gap->end - gap->start;
    if (left > gap->largest) gap->largest = left;
    if (right > gap->largest) gap->largest = right;
}

/* One tree of two, all of `a` before all of `b`. */
static int32_t merge(rn__gaps *g, int32_t a, int32_t b)
{
    if (!a || !b) return a ? a : b;
    if (g->gap[a].priority > g->gap[b].priority) {
        g->gap[a].right = merge(g, g->gap[a].right, b);
        update(g, a);
        return a;
    }
    g->gap[b].left = merge(g, a, g->gap[b].left);
    update(g, b);
    return b;
}

/* Two trees of one: what begins before `offset`, and the rest. */
static void split(rn__gaps *g, int32_t n, size_t offset, int32_t *before, int32_t *after)
{
    if (!n) {
        *before = *after = 0;
    } else if (g->gap[n].start < offset) {
        split(g, g->gap[n].right, offset, &g->gap[n].right, after);
        *before = n;
        update(g, n);
    } else {
        split(g, g->gap[n].left, offset, before, &g->gap[n].left);
        *after = n;
        update(g, n);
    }
}

static int32_t release(rn__gaps *g, int32_t n)
{
    const int32_t rest = merge(g, g->gap[n].left, g->gap[n].right);

    g->gap[n].left = 0;
    g->gap[n].right = g->unused;
    g->unused = n;
    return rest;
}

/* The tree without the bytes that are taken from its lowest gap of that size. */
static int32_t take(rn__gaps *g, int32_t n, size_t bytes, size_t *offset)
{
    rn__gap *gap = &g->gap[n];

    if (g->gap[gap->left].largest >= bytes) {
        gap->left = take(g, gap->left, bytes, offset);
    } else if (gap->end - gap->start >= bytes) {
        *offset = gap->start;
        gap->start += bytes;
        if (gap->start == gap->end) return release(g, n);
    } else {
        gap->right = take(g, gap->right, bytes, offset);
    }
    update(g, n);
    return n;
}

bool rn__gaps_take(rn__gaps *g, size_t bytes, size_t *offset)
{
    if (g->gap[g->root].largest < bytes) return false;
    g->root = take(g, g->root, bytes, offset);
    return true;
}

/* The tree without its last (first) gap when that ends (begins) at `offset`, which then
 * moves to that gap's other end. */
static int32_t join(rn__gaps *g, int32_t n, bool last, size_t *offset)
{
    rn__gap *gap = &g->gap[n];
    int32_t *next = last ? &gap->right : &gap->left;

    if (!n) return n;
    if (*next) {
        *next = join(g, *next, last, offset);
        update(g, n);
        return n;
    }
    if ((last ? gap->end : gap->start) != *offset) return n;
    *offset = last ? gap->start : gap->end;
    return release(g, n);
}

void rn__gaps_give(rn__gaps *g, size_t offset, size_t bytes)
{
    size_t start = offset, end = offset + bytes;
    int32_t before, after;

    split(g, g->root, offset, &before, &after);
    before = join(g, before, true, &start);
    after = join(g, after, false, &end);
    const int32_t n = g->unused;
    rn__gap *gap = &g->gap[n];
    g->unused = gap->right;
    *gap = (rn__gap){.start = start, .end = end, .priority = gap->priority};
    update(g, n);
    g->root = merge(g, merge(g, before, n), after);
}
