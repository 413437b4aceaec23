/* SPDX-License-Identifier: MIT */
/*
 * Stacks over columns: one that a loop fills takes some columns of one that the loop reads,
 * where each row of a slot has several parts. Nothing touches them after the map that
 * writes the new stack. So the gates of a cell lie over a product for all of them.
 */
#include "plan/elide.h"

/* Where the new stack lies if its rows are those of an operand of step c, which are apart.
 * Its first write, by step c, is then where the operand is. */
static bool columns_of(const rn__eliding *e, const rn__slot *a, const rn__operand *operand,
                       rn__rows *to)
{
    const rn__plan *plan = e->plan;
    const int64_t bytes = (int64_t)plan->buffer[a->buffer].bytes;
    const int64_t before = a->first->address.offset;

    if (!rn__rows_of(operand, to) || to->rows == 1) return false;
    to->at = (rn__address){.buffer = operand->at.buffer, .offset = operand->at.offset};
    to->at.offset -= before / to->row * to->pitch + before % to->row;
    to->rows = bytes / to->row;
    for (int d = 0; d < RN__ADVANCES; d++)
        if (a->first->address.advance[d] / to->row * to->pitch != operand->at.advance[d])
            return false;
    return (size_t)(to->at.offset + (to->rows - 1) * to->pitch + to->row) <=
           plan->buffer[to->at.buffer].bytes;
}

/* Whether the slots of the new stack are then within those of the old one. */
static bool within_slots(const rn__eliding *e, int32_t loop, const rn__slot *a,
                         const rn__slot *old, const rn__rows *to)
{
    const rn__plan *plan = e->plan;
    const rn__buffer part = {.part = to->at, .row = to->row, .pitch = to->pitch};
    const rn__address low = {.offset = a->low}, high = {.offset = a->high - 1};
    const int64_t first = rn__in_whole(&part, low).offset;
    const int64_t last = rn__in_whole(&part, high).offset + 1;

    return (last > old->high ? last : old->high) - (first < old->low ? first : old->low) <=
           rn__slot_bytes(plan, loop, old->first);
}

/* Whether nothing touches the columns from the first write on, but a map that reads them
 * where it writes. */
static bool columns_are_free(const rn__eliding *e, const rn__slot *a,
                             const rn__operand *place, const rn__rows *to)
{
    const rn__plan *plan = e->plan;
    const int32_t c = a->first->step;

    for (const rn__access *x = e->lists[to->at.buffer].last; x && x->step >= c;
         x = x->prior) {
        if (rn__in_other_columns(plan, x, to)) continue;
        if (x->step > c || x->write || x->operand < 0 || plan->step[c].kind != RN__STEP_MAP)
            return false;
        const rn__operand operand = rn__operand_at(plan, x, 0);
        if (operand.type != place->type || !rn__operands_same(&operand, place))
            return false;
    }
    return true;
}

/* Puts the new stack over the columns of an old one that an operand is. */
static bool put_over_operand(const rn__eliding *e, int32_t loop, const rn__slot *a,
                             const rn__operand *operand)
{
    rn__plan *plan = e->plan;
    const rn__buffer *buffer = &plan->buffer[operand->at.buffer];
    rn__slot old = {.buffer = operand->at.buffer};
    rn__rows to;

    if (buffer->kind != RN__BUFFER_TEMPORARY || buffer->lasting ||
        buffer->home != plan->step[loop].block || !columns_of(e, a, operand, &to) ||
        !rn__find_slot(plan, &e->lists[old.buffer], loop, &old) ||
        !within_slots(e, loop, a, &old, &to) || !columns_are_free(e, a, operand, &to) ||
        !rn__all_accept(plan, e->lists[a->buffer].first, &to))
        return false;
    rn__become_part(plan, e->lists, a->buffer, &to);
    return true;
}

/* The same of what step c reads, or of what maps before it have computed that from. */
static bool put_over_columns(const rn__eliding *e, int32_t loop, const rn__slot *a,
                             int32_t c, int depth)
{
    const rn__plan *plan = e->plan;
    const rn__step *step = &plan->step[c];

    for (int i = 0; i < step->inputs && step->kind == RN__STEP_MAP; i++) {
        rn__operand operand = rn__step_operands(plan, step)[i];
        if (operand.at.buffer < 0) continue;
        operand.at = rn__resolve(plan, operand.at);
        if (put_over_operand(e, loop, a, &operand)) return true;
        const rn__access *made = e->lists[operand.at.buffer].first;
        if (depth == 1 || e->lists[operand.at.buffer].writers != 1 || !made->write ||
            plan->step[made->step].block != loop || made->step >= c)
            continue;
        if (put_over_columns(e, loop, a, made->step, depth - 1)) return true;
    }
    return false;
}

bool rn__put_over_columns(const rn__eliding *e, int32_t loop, const rn__slot *a)
{
    return put_over_columns(e, loop, a, a->first->step, RN__MAPS_TO_STACK);
}
