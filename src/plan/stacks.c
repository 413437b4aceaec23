/* SPDX-License-Identifier: MIT */
/*
 * Stacks: one that a loop fills takes the place of one that the loop is the last to read.
 *
 * In each iteration both are touched in the same slot only, and what is still to be read of
 * the old one is elsewhere in the slot, or is read by the map that overwrites it, at the
 * same elements. So the gradients of a loop's values lie over the values.
 *
 * Or it takes some columns of one (stack_columns.c).
 */
#include "plan/elide.h"

#include <string.h>

/* So many old stacks are tried for a new one. */
enum { MOST = 64 };

typedef struct stacks {
    const rn__eliding *e;
    rn__plan *plan;
    rn__access_list *lists;
    int32_t *last; /* by loop: a buffer that it is the last to touch; -1: none */
    int32_t *next; /* by buffer: another one */
} stacks;

typedef rn__slot slot;

/* The loop around a step that is not in a loop of its own inside home; -1: none. */
static int32_t loop_around(const rn__plan *plan, int32_t c, int32_t home)
{
    int32_t block = plan->step[c].block;

    if (block == home) return -1;
    while (block >= 0 && plan->step[block].block != home) block = plan->step[block].block;
    return block;
}

/* How far apart the slots are: those of a ragged loop are rows. */
int64_t rn__slot_bytes(const rn__plan *plan, int32_t loop, const rn__access *x)
{
    const int64_t *advance = x->address.advance + plan->step[loop].depth;
    const int64_t bytes = advance[RN_LOOP_DEPTH] ? advance[RN_LOOP_DEPTH] : advance[0];

    return bytes < 0 ? -bytes : bytes;
}

/* The bytes of an access that are to be in a slot; of a ragged loop, in a row. False if it
 * does not touch just the rows that an iteration has. */
static bool in_slot(const rn__plan *plan, int32_t loop, const rn__access *x, int64_t *low,
                    int64_t *high)
{
    const rn__step *step = &plan->step[x->step];
    const rn__operand *operand = rn__step_operands(plan, step) + x->operand;
    const int depth = plan->step[loop].depth;
    const int64_t row = x->address.advance[RN_LOOP_DEPTH + depth];
    const int axis = operand->limit_axis;

    *low = x->low;
    *high = x->high;
    if (row == 0) return true;
    if (x->address.advance[depth] || step->limit.buffer < 0 || operand->limit_rows != 1 ||
        operand->stride[axis] * (int64_t)rn_type_size(operand->type) != row)
        return false;
    *high -= (operand->size[axis] - 1) * row;
    return true;
}

bool rn__find_slot(const rn__plan *plan, const rn__access_list *list, int32_t loop,
                   rn__slot *a)
{
    int64_t low, high;

    for (const rn__access *x = list->first; x; x = x->next) {
        if (x->step <= loop) continue;
        if (x->step >= plan->step[loop].end) break;
        if (x->operand < 0 || plan->step[x->step].block != loop ||
            !in_slot(plan, loop, x, &low, &high))
            return false;
        if (!a->first) *a = (slot){a->buffer, x, low, high};
        if (memcmp(x->address.advance, a->first->address.advance,
                   sizeof x->address.advance) != 0)
            return false;
        if (low < a->low) a->low = low;
        if (high > a->high) a->high = high;
    }
    return a->first && a->high - a->low <= rn__slot_bytes(plan, loop, a->first);
}

static bool find_slot(const stacks *s, int32_t loop, slot *a)
{
    return rn__find_slot(s->plan, &s->lists[a->buffer], loop, a);
}

rn__operand rn__operand_at(const rn__plan *plan, const rn__access *x, int64_t moved)
{
    rn__operand operand = rn__step_operands(plan, &plan->step[x->step])[x->operand];

    operand.at = x->address;
    operand.at.buffer = 0;
    operand.at.offset += moved;
    return operand;
}

/* Whether nothing of the old stack that the write overwrites is touched later. */
static bool may_write(const rn__plan *plan, const rn__access *write, int64_t moved,
                      const slot *old, int32_t end)
{
    const rn__operand out = rn__operand_at(plan, write, moved);

    for (const rn__access *x = old->first; x; x = x->next) {
        if (x->step < write->step) continue;
        if (x->step >= end) return false;
        const rn__operand operand = rn__operand_at(plan, x, 0);
        if (rn__operands_apart(&operand, &out)) continue;
        if (x->step > write->step || x->write || plan->step[x->step].kind != RN__STEP_MAP ||
            operand.type != out.type || !rn__operands_same(&operand, &out))
            return false;
    }
    return true;
}

/* Whether the new stack fits over the old one, moved by so many bytes. */
static bool fits(const stacks *s, int32_t loop, const slot *a, const slot *old,
                 int64_t moved)
{
    const rn__plan *plan = s->plan;
    const rn__buffer *to = &plan->buffer[old->buffer], *from = &plan->buffer[a->buffer];
    const int32_t end = plan->step[loop].end;
    const int64_t high = a->high + moved > old->high ? a->high + moved : old->high;

    if (moved < 0 || from->bytes > to->bytes || (size_t)moved > to->bytes - from->bytes ||
        high - old->low > rn__slot_bytes(plan, loop, a->first) ||
        memcmp(a->first->address.advance, old->first->address.advance,
               sizeof old->first->address.advance) != 0)
        return false;
    for (const rn__access *x = a->first; x && x->step < end; x = x->next)
        if (x->write && !may_write(plan, x, moved, old, end)) return false;
    return true;
}

/* The stacks that a loop is the last to touch; how many. */
static int find_old(const stacks *s, int32_t loop, slot *old)
{
    const rn__plan *plan = s->plan;
    int count = 0;

    for (int32_t b = s->last[loop]; b >= 0 && count < MOST; b = s->next[b]) {
        const rn__address own = {.buffer = b};
        old[count] = (slot){.buffer = rn__resolve(plan, own).buffer};
        if (!plan->buffer[old[count].buffer].lasting && find_slot(s, loop, &old[count]))
            count++;
    }
    return count;
}

/* Puts a stack that a loop fills over the smallest old one that it fits. */
static bool put_over(const stacks *s, int32_t loop, slot *a, slot *old, int *count)
{
    rn__plan *plan = s->plan;
    int best = -1;

    for (int i = 0; i < *count; i++) {
        if (old[i].buffer == a->buffer || !fits(s, loop, a, &old[i], old[i].low - a->low))
            continue;
        if (best < 0 ||
            plan->buffer[old[i].buffer].bytes < plan->buffer[old[best].buffer].bytes)
            best = i;
    }
    if (best < 0) return false;
    const rn__rows at = {
        .at = {.buffer = old[best].buffer, .offset = old[best].low - a->low}, .rows = 1};
    rn__become_part(plan, s->lists, a->buffer, &at);
    old[best] = old[--*count];
    return true;
}

static void do_loop(const stacks *s, int32_t loop)
{
    const rn__plan *plan = s->plan;
    slot old[MOST];
    int count = find_old(s, loop, old);

    for (int32_t c = loop + 1; c < plan->step[loop].end; c++) {
        if (plan->step[c].block != loop || plan->step[c].kind == RN__STEP_LOOP) continue;
        slot a = {.buffer =
                      rn__resolve(plan, rn__step_output(plan, &plan->step[c])->at).buffer};
        const rn__buffer *buffer = &plan->buffer[a.buffer];
        if (buffer->kind == RN__BUFFER_TEMPORARY &&
            buffer->home == plan->step[loop].block && s->lists[a.buffer].first->step == c &&
            find_slot(s, loop, &a) && !put_over(s, loop, &a, old, &count) &&
            !buffer->lasting && !rn__put_over_columns(s->e, loop, &a))
            rn__take_columns(s->e, loop, &a, old, &count);
    }
}

bool rn__elide_stacks(const rn__eliding *e)
{
    rn__plan *plan = e->plan;
    rn__arena *arena = &e->planner->live.arena;
    const rn__access_list *lists = e->lists;
    stacks s = {.e = e, .plan = plan, .lists = e->lists};

    s.last = (int32_t *)rn__arena_new(arena, (size_t)plan->steps * sizeof *s.last);
    s.next = (int32_t *)rn__arena_new(arena, (size_t)plan->buffers * sizeof *s.next);
    if (!s.last || !s.next) {
        rn__no_memory(e->planner->graph);
        return false;
    }
    for (int32_t c = 0; c < plan->steps; c++) s.last[c] = -1;
    for (int32_t b = 0; b < plan->buffers; b++) {
        const rn__buffer *buffer = &plan->buffer[b];
        if (buffer->kind != RN__BUFFER_TEMPORARY || buffer->part.buffer >= 0 ||
            !lists[b].last)
            continue;
        const int32_t loop = loop_around(plan, lists[b].last->step, buffer->home);
        if (loop < 0) continue;
        s.next[b] = s.last[loop];
        s.last[loop] = b;
    }
    for (int32_t c = 0; c < plan->steps; c++)
        if (plan->step[c].kind == RN__STEP_LOOP) do_loop(&s, c);
    return true;
}
