/* SPDX-License-Identifier: MIT */
/*
 * Elide: copies that need not be made.
 *
 * Where a temporary is computed and then copied to a target (a slice of a stack, a carry, a
 * variable), it is computed in the target: its buffer becomes a part of the other. That is
 * right when nothing else touches the target between the two, and nothing overwrites it
 * while the temporary is still read. A map may read, element by element, what it
 * overwrites.
 *
 * The target may have its rows apart, as a part of a concatenation along the columns. What
 * touches the temporary then gets other strides, if it accepts them.
 */
#include "plan/elide.h"

#include <string.h>

bool rn__whole(const rn__plan *plan, const rn__operand *operand, const rn__address *address)
{
    const size_t bytes = (size_t)rn__operand_count(operand) * rn_type_size(operand->type);

    for (int d = 0; d < RN__ADVANCES; d++)
        if (address->advance[d]) return false;
    return address->offset == 0 && plan->buffer[address->buffer].bytes == bytes &&
           rn__operand_is_dense(operand);
}

bool rn__writes_whole(const rn__plan *plan, const rn__step *step)
{
    const rn__operand *out = rn__step_output(plan, step);

    return rn__whole(plan, out, &out->at);
}

bool rn__aligned(const rn__plan *plan, const rn__step *step, int i)
{
    const rn__operand *in = rn__step_operands(plan, step) + i;
    const rn__operand *out = rn__step_output(plan, step);

    return step->kind == RN__STEP_MAP && in->type == out->type &&
           rn_shape_equal(rn__operand_shape(in), rn__operand_shape(out)) &&
           rn__operand_is_dense(in);
}

bool rn__same_address(const rn__address *a, const rn__address *b)
{
    return a->buffer == b->buffer && a->offset == b->offset &&
           memcmp(a->advance, b->advance, sizeof a->advance) == 0;
}

/* Of a copy whose addresses are resolved. */
static bool whole_to_itself(const rn__plan *plan, const rn__step *copy)
{
    const rn__operand *operand = rn__step_operands(plan, copy);

    if (!rn__same_address(&operand[0].at, &operand[1].at)) return false;
    for (int i = 0; i < operand->rank; i++)
        if (operand->size[i] > 1 && operand[0].stride[i] != operand[1].stride[i])
            return false;
    return true;
}

/* Whether nothing touches the target from the step that makes the temporary to the copy,
 * and nothing writes it from there to the last read of the temporary. */
static bool undisturbed(const rn__plan *plan, const rn__access *list, const rn__rows *to,
                        int32_t made, int32_t copied, int32_t last)
{
    for (; list && list->step <= last; list = list->next) {
        const rn__step *step = &plan->step[list->step];
        if (list->step < made || list->step == copied) continue;
        if (rn__apart(plan, list, to)) continue;
        if (list->step > copied && !list->write) continue;
        if (list->step == made && !list->write && list->operand >= 0 && to->rows == 1 &&
            rn__aligned(plan, step, list->operand) &&
            rn__same_address(&list->address, &to->at))
            continue;
        return false;
    }
    return true;
}

/* The last step that touches a buffer: what a loop touches that it does not belong to is
 * touched until the loop's end, what is read after the run until the program's. */
static int32_t last_access(const rn__plan *plan, rn__access_list *list,
                           const rn__buffer *buffer)
{
    const rn__step *step = plan->step;
    int32_t last = buffer->lasting ? plan->steps : -1;

    if (list->until_known) return list->until;
    for (const rn__access *x = list->first; x; x = x->next) {
        int32_t end = x->step;
        for (int32_t home = step[end].block; home != buffer->home && home >= 0;
             home = step[home].block)
            end = step[home].end - 1;
        if (end > last) last = end;
    }
    list->until_known = true;
    list->until = last;
    return last;
}

void rn__become_part(rn__plan *plan, rn__access_list *lists, int32_t b, const rn__rows *of)
{
    if (of->rows > 1) {
        plan->buffer[b].row = of->row;
        plan->buffer[b].pitch = of->pitch;
        for (const rn__access *x = lists[b].first; x; x = x->next)
            rn__restride(rn__step_operands(plan, &plan->step[x->step]) + x->operand,
                         &x->address, of);
    }
    plan->buffer[b].part = of->at;
    plan->buffer[of->at.buffer].lasting |= plan->buffer[b].lasting;
    rn__access_merge(plan, lists, b, of->at.buffer);
}

static bool is_part(const rn__buffer *buffer)
{
    return buffer->part.buffer >= 0;
}

/* Whether a step writes no row that a copy in a ragged loop leaves alone. */
static bool cut_alike(const rn__plan *plan, const rn__step *maker, const rn__step *copy)
{
    if (copy->limit.buffer < 0) return true;
    return rn__step_output(plan, maker)->limit_rows == 1 &&
           rn__same_address(&maker->limit, &copy->limit);
}

/* The step of a block that a step is, or is in; -1: none. */
static int32_t step_of_block(const rn__plan *plan, int32_t step, int32_t block)
{
    while (step >= 0 && plan->step[step].block != block) step = plan->step[step].block;
    return step;
}

/* The first step that writes a buffer, if only steps of the copy's own block do, before
 * it, or loops of that block whose stack it is; else -1. */
static int32_t first_writer(const rn__plan *plan, const rn__access_list *list, int32_t c)
{
    const int32_t block = plan->step[c].block;
    int32_t first = -1;

    for (const rn__access *x = list->first; x; x = x->next) {
        const rn__step *step = &plan->step[x->step];
        if (!x->write) continue;
        const int32_t made = step_of_block(plan, x->step, block);
        if (made < 0 || step->kind == RN__STEP_LOOP || x->step >= c || x->operand < 0 ||
            !cut_alike(plan, step, &plan->step[c]))
            return -1;
        if (made == x->step && list->writers == 1 && !rn__writes_whole(plan, step))
            return -1;
        if (first < 0) first = made;
    }
    return first;
}

bool rn__fits(const rn__eliding *e, int32_t c, const rn__operand *from, const rn__rows *to)
{
    const rn__plan *plan = e->plan;
    const rn__step *copy = &plan->step[c];
    const int32_t b = from->at.buffer;
    const rn__buffer *source = &plan->buffer[b];
    const rn__buffer *target = &plan->buffer[to->at.buffer];

    if (source->kind != RN__BUFFER_TEMPORARY || is_part(source) || is_part(target))
        return false;
    if (b == to->at.buffer || source->home != copy->block ||
        !rn__whole(plan, from, &from->at))
        return false;
    if (source->lasting && (target->kind == RN__BUFFER_VARIABLE || to->rows > 1))
        return false;
    const int32_t made = first_writer(plan, &e->lists[b], c);
    if (made < 0) return false;
    /* A kernel may refuse its values, which ends the run. A variable must not have changed
     * by then. */
    if (target->kind == RN__BUFFER_VARIABLE && e->last_kernel >= made) return false;
    /* A stack's slots would need other advances. */
    if (to->rows > 1 && plan->step[e->lists[b].first->step].block != copy->block)
        return false;
    if (to->rows > 1 && !rn__all_accept(plan, e->lists[b].first, to)) return false;
    return undisturbed(plan, e->lists[to->at.buffer].first, to, made, c,
                       last_access(plan, &e->lists[b], source));
}

/* The copy of step c, if its source can be computed where it goes. */
static void elide_copy(const rn__eliding *e, int32_t c)
{
    const rn__operand *operand = rn__step_operands(e->plan, &e->plan->step[c]);
    rn__rows to;

    if (rn__rows_of(&operand[1], &to) && rn__fits(e, c, &operand[0], &to))
        rn__become_part(e->plan, e->lists, operand[0].at.buffer, &to);
}

/* Drops the steps that are gone, and the copies whose source and target have become the
 * same. */
static bool drop(const rn__eliding *e)
{
    const rn__plan *plan = e->plan;
    rn__planner *p = e->planner;
    int32_t *start =
        (int32_t *)rn__arena_new(&p->live.arena, ((size_t)plan->steps + 1) * sizeof *start);
    int32_t kept = 0;

    if (!start) {
        rn__no_memory(p->graph);
        return false;
    }
    for (int32_t i = 0; i < plan->steps; i++) {
        const rn__step *step = &plan->step[i];
        start[i] = kept;
        kept +=
            !e->gone[i] && !(step->kind == RN__STEP_COPY && whole_to_itself(plan, step));
    }
    start[plan->steps] = kept;
    return rn__plan_renumber(p, start);
}

/* Makes all addresses those of buffers that are no parts. */
static void resolve_all(rn__plan *plan)
{
    for (int32_t i = 0; i < plan->operands; i++)
        plan->operand[i].at = rn__resolve(plan, plan->operand[i].at);
    for (int32_t i = 0; i < plan->steps; i++) {
        plan->step[i].limit = rn__resolve(plan, plan->step[i].limit);
        plan->step[i].order = rn__resolve(plan, plan->step[i].order);
    }
    for (int i = 0; i < plan->inputs; i++)
        plan->input[i].value.at = rn__resolve(plan, plan->input[i].value.at);
    for (int i = 0; i < plan->outputs; i++)
        plan->output[i].value.at = rn__resolve(plan, plan->output[i].value.at);
}

bool rn__eliding_begin(rn__eliding *e, rn__planner *p)
{
    const rn__plan *plan = p->plan;

    *e = (rn__eliding){.planner = p, .plan = p->plan, .last_kernel = -1};
    e->lists = rn__accesses(p);
    e->gone = (bool *)rn__arena_new(&p->live.arena, (size_t)plan->steps);
    if (!e->lists || !e->gone) {
        rn__no_memory(p->graph);
        return false;
    }
    for (int32_t c = 0; c < plan->steps; c++)
        if (plan->step[c].kind == RN__STEP_KERNEL) e->last_kernel = c;
    return true;
}

bool rn__eliding_end(rn__eliding *e)
{
    resolve_all(e->plan);
    return drop(e);
}

bool rn__elide(rn__planner *p)
{
    rn__eliding e;

    if (!rn__eliding_begin(&e, p)) return false;
    for (int32_t c = 0; c < p->plan->steps; c++)
        if (p->plan->step[c].kind == RN__STEP_COPY) elide_copy(&e, c);
    return rn__eliding_end(&e);
}

rn__address rn__resolve(const rn__plan *plan, rn__address address)
{
    while (address.buffer >= 0 && plan->buffer[address.buffer].part.buffer >= 0)
        address = rn__in_whole(&plan->buffer[address.buffer], address);
    return address;
}
