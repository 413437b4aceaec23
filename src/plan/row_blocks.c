/* SPDX-License-Identifier: MIT */
/*
 * Row blocks: chains with reductions in them, such as a layer normalisation, run some rows
 * at a time, while these are in the cache.
 *
 * Neighbouring maps and reductions form a chain by rows when their outputs have the same
 * leading axes, their rows, and each reads of what another one of the chain writes only the
 * row with its own index: then the order of rows and steps may be exchanged. A reduction is
 * one if its divide rule lets it be called for some rows only. So every element is computed
 * as before, bit for bit. A value that is not read outside needs memory for the rows that
 * run at a time, and only from its first to its last use.
 *
 * Where one row runs at a time, steps at either end whose rows are much shorter become
 * chains of their own, which run many rows at a time.
 *
 * Maps alone are left to fuse, whose tiles need not be rows.
 */
#include <string.h>

#include "plan/chains.h"
#include "plan/cost.h"

/* The rows that run at a time fill more than one tile, so that there are fewer calls of few
 * elements. */
enum { TILES = 2 };

/* Rows that are so many times shorter are much shorter. */
enum { SHORT = 16 };

/* Whether a step may touch operand i while another one writes its output row by row. */
static bool compatible(const rn__plan *plan, const rn__step *a, int i, const rn__step *b,
                       int64_t rows)
{
    const rn__operand *x = rn__step_operands(plan, a) + i, *y = rn__step_output(plan, b);
    rn__row_form p, q;

    if (x->at.buffer != y->at.buffer || rn__operands_apart(x, y)) return true;
    if (memcmp(x->at.advance, y->at.advance, sizeof x->at.advance) != 0 ||
        !rn__find_row_form(plan, a, i, rows, &p) ||
        !rn__find_row_form(plan, b, b->inputs, rows, &q))
        return false;
    const int64_t low = p.low < q.low ? p.low : q.low;
    const int64_t high = p.high > q.high ? p.high : q.high;
    return p.stride == q.stride && high - low <= p.stride;
}

static bool independent(const rn__plan *plan, const rn__step *a, const rn__step *b,
                        int64_t rows)
{
    for (int i = 0; i <= a->inputs; i++)
        if (!compatible(plan, a, i, b, rows)) return false;
    for (int i = 0; i < b->inputs; i++)
        if (!compatible(plan, b, i, a, rows)) return false;
    return true;
}

typedef struct block {
    int32_t first, end;
    int64_t rows;
    int64_t bytes;  /* of the longest row */
    double traffic; /* bytes that its steps read and write */
} block;

/* Whether step c can be one of a block that so far has steps first..end - 1. */
static bool joins(const rn__planner *p, const block *b, int32_t c)
{
    const rn__plan *plan = p->plan;
    const rn__step *step = &plan->step[c], *head = &plan->step[b->first];

    if (b->end - b->first == RN__CHAIN_LONGEST || step->block != head->block ||
        !rn__same_limit(step, head) || !rn__fits_rows(p, step, b->rows))
        return false;
    for (int32_t i = b->first; i < b->end; i++)
        if (!independent(plan, &plan->step[i], step, b->rows)) return false;
    return true;
}

/* The block around a reduction that begins with step `from` or a later one. */
static void find_block(const rn__planner *p, int32_t from, int32_t reduction, block *b)
{
    const rn__plan *plan = p->plan;

    if (!joins(p, b, reduction)) return;
    b->end++;
    while (b->first > from && joins(p, b, b->first - 1)) b->first--;
    while (b->end < plan->steps && joins(p, b, b->end)) b->end++;
    for (int32_t c = b->first; c < b->end; c++) {
        const rn__cost cost = rn__step_cost(plan, &plan->step[c]);
        const int64_t bytes = rn__row_bytes(plan, &plan->step[c], b->rows);
        if (bytes > b->bytes) b->bytes = bytes;
        b->traffic += cost.read + cost.written;
    }
}

/* The best block: that of the shortest rows, unless one of longer rows has more in it. */
static bool find_best(const rn__planner *p, int32_t from, int32_t reduction, block *best)
{
    const rn__step *step = &p->plan->step[reduction];
    int64_t rows = INT64_MAX;

    *best = (block){.rows = 0};
    while ((rows = rn__reduction_rows(p->plan, step, rows)) > 0) {
        block b = {.first = reduction, .end = reduction, .rows = rows};
        find_block(p, from, reduction, &b);
        if (b.end - b.first >= 2 && rn__worth_longer_rows(b.traffic, best->traffic))
            *best = b;
    }
    return best->rows > 0;
}

/* ---- memory of some rows ---- */

/* Whether a buffer has rows that only the block touches, each of them alone. */
static bool only_inside(const rn__plan *plan, const rn__access *list, const block *b,
                        const rn__row_form *value)
{
    for (const rn__access *x = list; x; x = x->next) {
        rn__row_form at;
        if (x->step < b->first || x->step >= b->end || x->operand < 0) return false;
        if (!rn__find_row_form(plan, &plan->step[x->step], x->operand, b->rows, &at) ||
            at.stride != value->stride || at.low < 0 || at.high > value->stride)
            return false;
    }
    return list && list->write;
}

/* Cuts the buffers that only the block touches to the rows that run at a time. */
static void shrink(rn__plan *plan, const rn__access_list *lists, const block *b,
                   int64_t tile)
{
    for (int32_t c = b->first; c < b->end; c++) {
        const rn__step *step = &plan->step[c];
        rn__buffer *buffer = &plan->buffer[rn__step_output(plan, step)->at.buffer];
        rn__row_form at;
        if (buffer->kind != RN__BUFFER_TEMPORARY || buffer->lasting || buffer->tiled ||
            !rn__find_row_form(plan, step, step->inputs, b->rows, &at) ||
            !only_inside(plan, lists[rn__step_output(plan, step)->at.buffer].first, b, &at))
            continue;
        buffer->bytes = (size_t)(tile * at.stride);
        buffer->tiled = true;
    }
}

/* How many rows run at a time. */
static int64_t tile_of(const rn__planner *p, int64_t bytes, int64_t rows)
{
    const int64_t most = TILES * (int64_t)p->options.tile_bytes / bytes;

    return most < 1 ? 1 : most < rows ? most : rows;
}

/* Whether the rows of a step are much shorter than others of its block. */
static bool is_short(const rn__plan *plan, int32_t c, const block *b)
{
    return rn__row_bytes(plan, &plan->step[c], b->rows) * SHORT <= b->bytes;
}

/* Makes a chain of the steps of a block, if there are several. */
static void add(const rn__planner *p, const rn__access_list *lists, const block *b,
                rn__chain *chains)
{
    int64_t bytes = 1;

    if (b->end - b->first < 2) return;
    for (int32_t c = b->first; c < b->end; c++) {
        const int64_t own = rn__row_bytes(p->plan, &p->plan->step[c], b->rows);
        if (own > bytes) bytes = own;
    }
    const int64_t tile = tile_of(p, bytes, b->rows);
    chains[b->first] = (rn__chain){b->end, tile, b->rows};
    shrink(p->plan, lists, b, tile);
}

bool rn__row_blocks(rn__planner *p)
{
    rn__plan *plan = p->plan;
    const size_t n = (size_t)plan->steps + 1;
    int32_t from = 0;

    if (p->options.tile_bytes == 0) return true;
    const rn__access_list *lists = rn__accesses(p);
    rn__chain *chains = (rn__chain *)rn__arena_new(&p->live.arena, n * sizeof *chains);
    if (!lists || !chains) {
        rn__no_memory(p->graph);
        return false;
    }
    for (int32_t c = 0; c < plan->steps; c++) {
        block b;
        if (c < from || !find_best(p, from, c, &b)) continue;
        int32_t first = b.first, end = b.end;
        if (tile_of(p, b.bytes, b.rows) == 1) {
            while (end - first > 2 && is_short(plan, first, &b)) first++;
            while (end - first > 2 && is_short(plan, end - 1, &b)) end--;
        }
        add(p, lists, &(block){.first = b.first, .end = first, .rows = b.rows}, chains);
        add(p, lists, &(block){.first = first, .end = end, .rows = b.rows}, chains);
        add(p, lists, &(block){.first = end, .end = b.end, .rows = b.rows}, chains);
        from = b.end;
    }
    return rn__insert_chains(p, chains);
}
