/* SPDX-License-Identifier: MIT */
/*
 * Order: in a loop's body, steps that can run row by row come together.
 *
 * Only in bodies with a reduction within rows, such as that of a layer normalisation, so
 * that row_blocks.c finds few long blocks. Steps are put in levels, by turns those that run
 * by rows and the others, such as products and sums over rows; each step is in the first
 * level that its operands allow, and within a level all keep their order. What is computed
 * by rows from what the loop only reads, such as a value that is computed again, goes to
 * just before its first reader, if all of these run by rows; but a reduction goes to where
 * its operand is, which is larger than the result. Copies at the end of the body stay
 * there.
 */
#include "plan/chains.h"
#include "plan/cost.h"

#include <string.h>

/* Writers of a buffer in the body, other than the number of one step. */
enum { NONE = -1, SEVERAL = -2 };

/* Kinds of steps. */
enum { BY_ROWS = 1, OTHERS = 2 };

/* What the body has done with a buffer so far: the highest levels of steps. */
typedef struct usage {
    int32_t writer; /* a step, or as above */
    int32_t written, read;
    int readers; /* the kinds of steps that read it */
} usage;

typedef struct ordering {
    const rn__planner *planner;
    rn__plan *plan;
    usage *use;         /* by buffer */
    int32_t first, end; /* the steps that are ordered */
    int64_t rows;
    int32_t *level; /* by step from `first` on; -1: it goes before its first reader */
    bool *placed;
    int32_t *order, *stack;
    int32_t *reader; /* by step: the lowest level of its readers */
    int32_t count;
} ordering;

/* A copy within rows, as those of a concatenation, counts as such: most often its source is
 * computed in its place. */
static bool by_rows(const ordering *o, int32_t c)
{
    const rn__step *step = &o->plan->step[c];
    rn__row_form form;

    if (step->kind == RN__STEP_COPY)
        return rn__find_row_form(o->plan, step, 0, o->rows, &form) &&
               rn__find_row_form(o->plan, step, 1, o->rows, &form);
    return rn__fits_rows(o->planner, step, o->rows);
}

/* Visits the buffers that a step touches, its output last. */
static int32_t buffer_at(const ordering *o, int32_t c, int i)
{
    return rn__step_operands(o->plan, &o->plan->step[c])[i].at.buffer;
}

static void find_writers(const ordering *o)
{
    for (int32_t c = o->first; c < o->end; c++) {
        const int32_t out = buffer_at(o, c, o->plan->step[c].inputs);
        if (out >= 0) o->use[out].writer = o->use[out].writer == NONE ? c : SEVERAL;
    }
}

static void find_readers(const ordering *o)
{
    for (int32_t c = o->first; c < o->end; c++) {
        const bool rows = by_rows(o, c);
        for (int i = 0; i < o->plan->step[c].inputs; i++)
            if (buffer_at(o, c, i) >= 0)
                o->use[buffer_at(o, c, i)].readers |= rows ? BY_ROWS : OTHERS;
    }
}

/* Whether a step can go before its first reader, one that runs by rows: it reads only what
 * no step of the body writes, or other such steps make. */
static bool goes_late(const ordering *o, int32_t c)
{
    const rn__step *step = &o->plan->step[c];

    if (step->kind == RN__STEP_COPY || !by_rows(o, c) ||
        o->use[buffer_at(o, c, step->inputs)].writer != c ||
        o->use[buffer_at(o, c, step->inputs)].readers != BY_ROWS)
        return false;
    for (int i = 0; i < step->inputs; i++) {
        const int32_t writer = o->use[buffer_at(o, c, i)].writer;
        if (writer == SEVERAL || writer >= c) return false;
        if (writer >= 0 && o->level[writer - o->first] >= 0) return false;
    }
    return true;
}

static int32_t most(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Even levels are of steps by rows, odd ones of others. */
static void find_level(const ordering *o, int32_t c)
{
    const rn__step *step = &o->plan->step[c];
    const int32_t out = buffer_at(o, c, step->inputs);
    int32_t *level = &o->level[c - o->first];

    *level = -1;
    if (goes_late(o, c)) return;
    *level = 0;
    for (int i = 0; i < step->inputs; i++)
        if (buffer_at(o, c, i) >= 0)
            *level = most(*level, o->use[buffer_at(o, c, i)].written);
    if (out >= 0) *level = most(*level, most(o->use[out].written, o->use[out].read));
    *level += (*level & 1) != !by_rows(o, c);
    for (int i = 0; i < step->inputs; i++) {
        usage *use = buffer_at(o, c, i) >= 0 ? &o->use[buffer_at(o, c, i)] : NULL;
        if (use) use->read = most(use->read, *level);
    }
    if (out >= 0) o->use[out].written = *level;
}

/* The lowest levels at which what each step makes is read, directly or by way of steps that
 * go before their first reader. */
static void find_reader_levels(const ordering *o)
{
    for (int32_t c = o->first; c < o->end; c++) o->reader[c - o->first] = INT32_MAX;
    for (int32_t c = o->end - 1; c >= o->first; c--) {
        const int32_t own = o->level[c - o->first];
        const int32_t level = own >= 0 ? own : o->reader[c - o->first];
        for (int i = 0; i < o->plan->step[c].inputs; i++) {
            const int32_t buffer = buffer_at(o, c, i);
            const int32_t writer = buffer >= 0 ? o->use[buffer].writer : NONE;
            if (writer >= 0 && writer < c && level < o->reader[writer - o->first])
                o->reader[writer - o->first] = level;
        }
    }
}

/* A reduction that goes before its first reader, of what another step of that kind makes
 * for an earlier one, goes to that level. */
static void keep_with_operand(const ordering *o, int32_t c)
{
    const rn__step *step = &o->plan->step[c];
    int32_t *level = &o->level[c - o->first];

    if (step->kind != RN__STEP_KERNEL || *level >= 0) return;
    for (int i = 0; i < step->inputs; i++) {
        const int32_t buffer = buffer_at(o, c, i);
        const int32_t writer = buffer >= 0 ? o->use[buffer].writer : NONE;
        if (writer < 0 || o->reader[writer - o->first] >= o->reader[c - o->first]) continue;
        if (*level < 0 || o->reader[writer - o->first] < *level)
            *level = o->reader[writer - o->first];
    }
}

/* Puts a step after those that go before their first reader, of which it is one. */
static void put(ordering *o, int32_t c)
{
    int32_t depth = 0;

    if (o->placed[c - o->first]) return;
    o->stack[depth++] = c;
    while (depth > 0) {
        const int32_t top = o->stack[depth - 1];
        int32_t before = NONE;
        for (int i = 0; i < o->plan->step[top].inputs && before < 0; i++) {
            const int32_t buffer = buffer_at(o, top, i);
            const int32_t writer = buffer >= 0 ? o->use[buffer].writer : NONE;
            if (writer >= 0 && writer != top && o->level[writer - o->first] < 0 &&
                !o->placed[writer - o->first])
                before = writer;
        }
        if (before >= 0) {
            o->stack[depth++] = before;
            continue;
        }
        o->placed[top - o->first] = true;
        o->order[o->count++] = top;
        depth--;
    }
}

/* All steps, level by level. */
static void put_all(ordering *o, int32_t *start)
{
    const int32_t n = o->end - o->first;
    int32_t *sorted = start + 2 * n + 2;

    for (int32_t i = 0; i < n; i++)
        if (o->level[i] >= 0) start[o->level[i] + 1]++;
    for (int32_t k = 0; k < 2 * n; k++) start[k + 1] += start[k];
    const int32_t levelled = start[2 * n];
    for (int32_t i = 0; i < n; i++)
        if (o->level[i] >= 0) sorted[start[o->level[i]]++] = o->first + i;
    for (int32_t i = 0; i < levelled; i++) put(o, sorted[i]);
    for (int32_t i = 0; i < n; i++) put(o, o->first + i);
}

/* False without memory. */
static bool order_body(ordering *o, rn__arena *arena)
{
    const size_t n = (size_t)(o->end - o->first);

    o->level = (int32_t *)rn__arena_new(arena, (7 * n + 2) * sizeof *o->level);
    o->placed = (bool *)rn__arena_new(arena, n);
    rn__step *old = (rn__step *)rn__arena_new(arena, n * sizeof *old);
    if (!o->level || !o->placed || !old) return false;
    o->order = o->level + n;
    o->stack = o->order + n;
    o->reader = o->level + 6 * n + 2;
    o->count = 0;
    find_writers(o);
    find_readers(o);
    for (int32_t c = o->first; c < o->end; c++) find_level(o, c);
    find_reader_levels(o);
    for (int32_t c = o->first; c < o->end; c++) keep_with_operand(o, c);
    put_all(o, o->stack + n);
    memcpy(old, &o->plan->step[o->first], n * sizeof *old);
    for (size_t i = 0; i < n; i++)
        o->plan->step[o->first + (int32_t)i] = old[o->order[i] - o->first];
    for (int32_t c = o->first; c < o->end; c++)
        for (int i = 0; i <= o->plan->step[c].inputs; i++)
            if (buffer_at(o, c, i) >= 0)
                o->use[buffer_at(o, c, i)] = (usage){.writer = NONE};
    return true;
}

/* What of the body's traffic is that of steps by rows. */
static double traffic(const ordering *o)
{
    double sum = 0;

    for (int32_t c = o->first; c < o->end; c++) {
        const rn__cost cost = rn__step_cost(o->plan, &o->plan->step[c]);
        if (by_rows(o, c)) sum += cost.read + cost.written;
    }
    return sum;
}

/* Finds the rows of the body, by those of a reduction. */
static void find_rows(ordering *o, const rn__step *reduction)
{
    int64_t rows = INT64_MAX, best = 0;
    double most = 0;

    while ((rows = rn__reduction_rows(o->plan, reduction, rows)) > 0) {
        o->rows = rows;
        const double bytes = traffic(o);
        if (best > 0 && !rn__worth_longer_rows(bytes, most)) continue;
        best = rows, most = bytes;
    }
    o->rows = best;
}

/* Whether the order of a loop's steps is decided here: none is a block, and one is a
 * reduction within rows. Leaves out the copies at the end. */
static bool orders(ordering *o, int32_t loop)
{
    const rn__step *step = o->plan->step;

    o->first = loop + 1;
    o->end = step[loop].end;
    o->rows = 0;
    while (o->end > o->first && step[o->end - 1].kind == RN__STEP_COPY) o->end--;
    for (int32_t c = o->first; c < o->end; c++) {
        if (step[c].kind == RN__STEP_LOOP) return false;
        if (o->rows == 0) find_rows(o, &step[c]);
    }
    return o->rows > 0;
}

bool rn__order(rn__planner *p)
{
    ordering o = {.planner = p, .plan = p->plan};
    const size_t n = (size_t)p->plan->buffers;

    if (p->options.tile_bytes == 0) return true;
    o.use = (usage *)rn__arena_new(&p->live.arena, n * sizeof *o.use);
    bool ok = o.use != NULL;
    for (size_t i = 0; ok && i < n; i++) o.use[i].writer = NONE;
    for (int32_t c = 0; ok && c < p->plan->steps; c++)
        if (p->plan->step[c].kind == RN__STEP_LOOP && orders(&o, c))
            ok = order_body(&o, &p->live.arena);
    if (!ok) rn__no_memory(p->graph);
    return ok;
}
