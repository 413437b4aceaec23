/* SPDX-License-Identifier: MIT */
/*
 * Stacks over columns: one that a loop fills takes some columns of one that the loop reads,
 * where each row of a slot has several parts. Nothing touches them after the map that
 * writes the new stack. So the gates of a cell lie over a product for all of them.
 *
 * Or the other way round: the old stacks take the columns of the new one, which lies there
 * from then on. So the gates of a cell lie where their gradients will be side by side.
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
    return to->at.offset >= 0 && (size_t)(to->at.offset + (to->rows - 1) * to->pitch +
                                          to->row) <= plan->buffer[to->at.buffer].bytes;
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

/* ---- old stacks in columns of a new one ---- */

/* An operand of an access of the old stack, where the stack becomes a part of another. */
static rn__operand moved(const rn__plan *plan, const rn__access *x, const rn__rows *to)
{
    const rn__buffer part = {.part = to->at, .row = to->row, .pitch = to->pitch};
    rn__operand operand = rn__operand_at(plan, x, 0);

    rn__restride(&operand, &x->address, to);
    operand.at = rn__in_whole(&part, x->address);
    operand.at.buffer = 0;
    return operand;
}

/* Whether the loop has read the old stack before the access of the new one, or reads it in
 * the same map, each element where that writes it. */
static bool is_read_before(const rn__plan *plan, int32_t loop, const rn__access *read,
                           const rn__access *write, const rn__rows *to)
{
    for (; read; read = read->next) {
        if (read->step <= loop || read->step < write->step) continue;
        if (read->step > write->step || !write->write ||
            plan->step[read->step].kind != RN__STEP_MAP)
            return false;
        const rn__operand in = moved(plan, read, to), out = rn__operand_at(plan, write, 0);
        if (in.type != out.type || !rn__operands_same(&in, &out)) return false;
    }
    return true;
}

/* Whether the loop only reads the old stack, and nothing of the new one is touched in its
 * columns before that. */
static bool may_take(const rn__eliding *e, int32_t loop, const rn__slot *a,
                     const rn__slot *old, const rn__rows *to)
{
    const rn__plan *plan = e->plan;

    for (const rn__access *x = old->first; x; x = x->next)
        if (x->write) return false;
    for (const rn__access *x = e->lists[a->buffer].first;
         x && x->step < plan->step[loop].end; x = x->next)
        if (!rn__in_other_columns(plan, x, to) &&
            !is_read_before(plan, loop, old->first, x, to))
            return false;
    return true;
}

/* Where an old stack goes that can lie where this access writes the new one. */
static bool place_in_columns(const rn__eliding *e, int32_t loop, const rn__slot *a,
                             const rn__access *write, const rn__slot *old, rn__rows *to)
{
    rn__operand out = rn__operand_at(e->plan, write, 0);

    out.at.buffer = a->buffer;
    return old->buffer != a->buffer && columns_of(e, old, &out, to) &&
           within_slots(e, loop, old, a, to) && may_take(e, loop, a, old, to) &&
           rn__all_accept(e->plan, e->lists[old->buffer].first, to);
}

/* The first write of the new stack from `x` on where an old stack can lie, which is then
 * *taken and goes to *to; NULL: there is none. */
static const rn__access *next_taken(const rn__eliding *e, int32_t loop, const rn__slot *a,
                                    const rn__access *x, const rn__slot *old, int count,
                                    int *taken, rn__rows *to)
{
    const rn__plan *plan = e->plan;

    for (; x && x->step < plan->step[loop].end; x = x->next) {
        if (!x->write || x->operand < 0 || plan->step[x->step].kind != RN__STEP_MAP)
            continue;
        for (*taken = 0; *taken < count; ++*taken)
            if (place_in_columns(e, loop, a, x, &old[*taken], to)) return x;
    }
    return NULL;
}

/* Whether the loop computes products. Beside these it does not matter that maps then run
 * row by row, and not over all elements of a step; alone they would take up to twice as
 * long. */
static bool multiplies(const rn__plan *plan, int32_t loop)
{
    for (int32_t i = loop + 1; i < plan->step[loop].end; i++) {
        const rn__step *step = &plan->step[i];
        if (step->kind == RN__STEP_KERNEL &&
            rn__op_kind(rn__step_node(plan, step)->op) == RN_KIND_PRODUCT)
            return true;
    }
    return false;
}

bool rn__take_columns(const rn__eliding *e, int32_t loop, const rn__slot *a, rn__slot *old,
                      int *count)
{
    rn__plan *plan = e->plan;
    const rn__access *x = a->first;
    const size_t bytes = plan->buffer[a->buffer].bytes;
    size_t sum = 0;
    rn__rows to;
    int i;

    if (a->first->address.advance[RN_LOOP_DEPTH + plan->step[loop].depth] ||
        !multiplies(plan, loop))
        return false;
    for (; (x = next_taken(e, loop, a, x, old, *count, &i, &to)) != NULL; x = x->next)
        sum += plan->buffer[old[i].buffer].bytes;
    if (sum < bytes - bytes / 4) return false;
    for (x = a->first; (x = next_taken(e, loop, a, x, old, *count, &i, &to)) != NULL;
         x = x->next) {
        rn__become_part(plan, e->lists, old[i].buffer, &to);
        old[i] = old[--*count];
    }
    return true;
}
