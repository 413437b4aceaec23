/* SPDX-License-Identifier: MIT */
/* Conflicts between the touches of threads. */
#include "backend/cpu/depend.h"

#include <string.h>

void rn__window_clear(rn__window *w)
{
    w->barriers++;
    w->idle = 0;
    w->count = 0;
    w->lost_first = w->lost_any = false;
}

static bool same_limit(const rn__touch *x, const rn__touch *y, int depth)
{
    if (x->limit.buffer != y->limit.buffer) return false;
    if (x->limit.buffer < 0) return true;
    /* In another iteration it may be another number. */
    if (x->age != RN__AGE_SAME && x->limit.advance[depth - 1] != 0) return false;
    return x->limit.offset == y->limit.offset &&
           memcmp(x->limit.advance, y->limit.advance, sizeof x->limit.advance) == 0;
}

/* Whether every thread has the same units of both, x moved by `shift` bytes. */
static bool same_parts(const rn__window *w, const rn__touch *x, const rn__touch *y,
                       int64_t shift)
{
    if (x->owner != RN__OWNER_PART || y->owner != RN__OWNER_PART) return false;
    if (x->n != y->n || x->granule != y->granule || x->stride != y->stride) return false;
    const int64_t x_low = x->unit_low + shift, x_high = x->unit_high + shift;
    const int64_t low = x_low < y->unit_low ? x_low : y->unit_low;
    const int64_t high = x_high > y->unit_high ? x_high : y->unit_high;
    return high - low <= x->stride && same_limit(x, y, w->depth);
}

static bool meet(const rn__touch *x, const rn__touch *y, int64_t shift)
{
    return x->low + shift < y->high && y->low < x->high + shift;
}

static void widen(rn__touch *t, int64_t advance, int64_t iterations)
{
    const int64_t reach = iterations > 0 ? advance * (iterations - 1) : 0;

    *(reach < 0 ? &t->low : &t->high) += reach;
}

/* Touches that advance together, x some iterations before y, from `first` to `last`. */
static bool conflict_before(const rn__window *w, const rn__touch *x, const rn__touch *y,
                            int64_t first, int64_t last)
{
    enum { MOST = 4 };
    const int64_t advance = w->depth ? x->advance[w->depth - 1] : 0;
    const int64_t step = w->reverse ? advance : -advance;
    const int64_t size = step < 0 ? -step : step;
    /* They meet if  low < k size < high. */
    const int64_t low = step < 0 ? x->low - y->high : y->low - x->high;
    const int64_t high = step < 0 ? x->high - y->low : y->high - x->low;

    if (size == 0) return meet(x, y, 0) && !same_parts(w, x, y, 0);
    if (low >= 0 && low / size + 1 > first) first = low / size + 1;
    if (high <= 0) return false;
    if ((high - 1) / size < last) last = (high - 1) / size;
    if (last - first >= MOST) return true;
    for (int64_t k = first; k <= last; k++)
        if (!same_parts(w, x, y, k * step)) return true;
    return false;
}

/* Whether how far x is from y is known: not in another iteration if one moves by a number
 * that is not. */
static bool known_distance(const rn__touch *x, const rn__touch *y)
{
    for (int d = 0; d < RN_LOOP_DEPTH; d++) {
        if (x->unknown[d] != y->unknown[d]) return false;
        if (x->unknown[d] && x->age != RN__AGE_SAME) return false;
    }
    return true;
}

/* All bytes that a touch may be in, in any iteration. */
static void widen_all(const rn__window *w, rn__touch *t)
{
    bool moves = false;

    for (int d = 0; d < w->depth; d++) widen(t, t->advance[d], w->around[d]);
    for (int d = 0; d < RN_LOOP_DEPTH; d++) moves |= t->unknown[d] != 0;
    if (moves) t->low = t->all_low, t->high = t->all_high;
}

static bool conflict(const rn__window *w, const rn__touch *x, const rn__touch *y)
{
    rn__touch a, b;
    bool together = known_distance(x, y);

    if ((!x->write && !y->write) || x->memory != y->memory) return false;
    if (x->owner == RN__OWNER_FIRST && y->owner == RN__OWNER_FIRST) return false;
    for (int d = 0; d < w->depth; d++) together &= x->advance[d] == y->advance[d];
    if (together && x->age == RN__AGE_SAME) return meet(x, y, 0) && !same_parts(w, x, y, 0);
    if (together && x->age == RN__AGE_LAST) return conflict_before(w, x, y, 1, 1);
    if (together) return conflict_before(w, x, y, 1, w->iterations - 1);
    a = *x, b = *y;
    widen_all(w, &a);
    widen_all(w, &b);
    return meet(&a, &b, 0);
}

bool rn__window_conflicts(const rn__window *w, const rn__touch *t)
{
    if (w->lost_any || (w->lost_first && t->owner != RN__OWNER_FIRST)) return true;
    for (int i = 0; i < w->count; i++)
        if (conflict(w, &w->touch[i], t)) return true;
    return false;
}

void rn__window_add(rn__window *w, const rn__touch *t)
{
    if (w->count < RN__WINDOW)
        w->touch[w->count++] = *t;
    else if (t->owner == RN__OWNER_FIRST)
        w->lost_first = true;
    else
        w->lost_any = true;
}

void rn__window_next(rn__window *w, bool barrier)
{
    for (int i = 0; i < w->count; i++)
        if (w->touch[i].age != RN__AGE_ANY)
            w->touch[i].age = barrier ? RN__AGE_LAST : RN__AGE_ANY;
}
