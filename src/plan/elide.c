/* SPDX-License-Identifier: MIT */
/*
 * Elide: copies that need not be made.
 *
 * Where a temporary is computed and then copied to a target (a slice of a stack, a carry, a
 * variable), it is computed in the target: its buffer becomes a part of the other. That is
 * right when nothing else touches the target between the two, and nothing overwrites it
 * while the temporary is still read. A map may read, element by element, what it
 * overwrites; so a map also takes over the buffer of an operand that is not read again, and
 * a stack that of another one (stacks.c).
 *
 * The target may have its rows apart, as a part of a concatenation along the columns. What
 * touches the temporary then gets other strides, if it accepts them.
 */
#include "plan/rows_apart.h"

#include <string.h>

/* Whether an operand at this address is the whole of its buffer, in order. */
static bool whole(const rn__plan *plan, const rn__operand *operand,
                  const rn__address *address)
{
    const size_t bytes = (size_t)rn__operand_count(operand) * rn_type_size(operand->type);

    for (int d = 0; d < RN__ADVANCES; d++)
        if (address->advance[d]) return false;
    return address->offset == 0 && plan->buffer[address->buffer].bytes == bytes &&
           rn__operand_is_dense(operand);
}

/* Whether the output is the whole of its buffer. */
static bool writes_whole(const rn__plan *plan, const rn__step *step)
{
    const rn__operand *out = rn__step_output(plan, step);

    return whole(plan, out, &out->at);
}

/* Whether a map reads each element of operand i where it writes that of its output (which
 * is dense), if both addresses are the same. */
static bool aligned(const rn__plan *plan, const rn__step *step, int i)
{
    const rn__operand *in = rn__step_operands(plan, step) + i;
    const rn__operand *out = rn__step_output(plan, step);

    return step->kind == RN__STEP_MAP && in->type == out->type &&
           rn_shape_equal(rn__operand_shape(in), rn__operand_shape(out)) &&
           rn__operand_is_dense(in);
}

static bool same_address(const rn__address *a, const rn__address *b)
{
    return a->buffer == b->buffer && a->offset == b->offset &&
           memcmp(a->advance, b->advance, sizeof a->advance) == 0;
}

/* Of a copy whose addresses are resolved. */
static bool whole_to_itself(const rn__plan *plan, const rn__step *copy)
{
    const rn__operand *operand = rn__step_operands(plan, copy);

    if (!same_address(&operand[0].at, &operand[1].at)) return false;
    for (int i = 0; i < operand->rank; i++)
        if (operand->size[i] > 1 && operand[0].stride[i] != operand[1].stride[i])
            return false;
    return true;
}

/* What the copies are elided by. */
typedef struct eliding {
    rn__plan *plan;
    rn__access_list *lists;
    int32_t last_kernel; /* -1: none */
} eliding;

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
            aligned(plan, step, list->operand) && same_address(&list->address, &to->at))
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

void rn__become_part(rn__plan *plan, rn__access_list *lists, int32_t b,
                     const rn__address *of)
{
    plan->buffer[b].part = *of;
    plan->buffer[of->buffer].lasting |= plan->buffer[b].lasting;
    rn__access_merge(plan, lists, b, of->buffer);
}

static void become_part(const eliding *e, int32_t b, const rn__rows *to)
{
    rn__plan *plan = e->plan;

    if (to->rows > 1) {
        plan->buffer[b].row = to->row;
        plan->buffer[b].pitch = to->pitch;
        for (const rn__access *x = e->lists[b].first; x; x = x->next)
            rn__restride(rn__step_operands(plan, &plan->step[x->step]) + x->operand,
                         &x->address, to);
    }
    rn__become_part(plan, e->lists, b, &to->at);
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
           same_address(&maker->limit, &copy->limit);
}

/* The first step that writes a buffer, if only steps of the copy's own block do, before
 * it; else -1. */
static int32_t first_writer(const rn__plan *plan, const rn__access_list *list, int32_t c)
{
    int32_t first = -1;

    for (const rn__access *x = list->first; x; x = x->next) {
        const rn__step *step = &plan->step[x->step];
        if (!x->write) continue;
        if (step->block != plan->step[c].block || step->kind == RN__STEP_LOOP ||
            x->step >= c || x->operand < 0 || !cut_alike(plan, step, &plan->step[c]))
            return -1;
        if (list->writers == 1 && !writes_whole(plan, step)) return -1;
        if (first < 0) first = x->step;
    }
    return first;
}

/* Whether the source of copy c can be computed in place. */
static bool fits(const eliding *e, int32_t c, const rn__rows *to)
{
    const rn__plan *plan = e->plan;
    const rn__step *copy = &plan->step[c];
    const rn__operand *operand = rn__step_operands(plan, copy);
    const int32_t from = operand[0].at.buffer;
    const rn__buffer *source = &plan->buffer[from];
    const rn__buffer *target = &plan->buffer[to->at.buffer];

    if (source->kind != RN__BUFFER_TEMPORARY || is_part(source) || is_part(target))
        return false;
    if (from == to->at.buffer || source->home != copy->block ||
        !whole(plan, &operand[0], &operand[0].at))
        return false;
    if (source->lasting && (target->kind == RN__BUFFER_VARIABLE || to->rows > 1))
        return false;
    const int32_t made = first_writer(plan, &e->lists[from], c);
    if (made < 0) return false;
    /* A kernel may refuse its values, which ends the run. A variable must not have changed
     * by then. */
    if (target->kind == RN__BUFFER_VARIABLE && e->last_kernel >= made) return false;
    if (to->rows > 1 && !rn__all_accept(plan, e->lists[from].first, to)) return false;
    return undisturbed(plan, e->lists[to->at.buffer].first, to, made, c,
                       last_access(plan, &e->lists[from], source));
}

/* The copy of step c, if its source can be computed where it goes. */
static void elide_copy(const eliding *e, int32_t c)
{
    const rn__operand *operand = rn__step_operands(e->plan, &e->plan->step[c]);
    rn__rows to;

    if (rn__rows_of(&operand[1], &to) && fits(e, c, &to))
        become_part(e, operand[0].at.buffer, &to);
}

/* Lets map c write over operand i, which nothing reads after it. */
static bool overwrite(const eliding *e, int32_t c, int i)
{
    const rn__plan *plan = e->plan;
    const rn__step *step = &plan->step[c];
    const rn__operand *operand = rn__step_operands(plan, step);
    const rn__address target = rn__resolve(plan, operand[i].at);
    const int32_t b = operand[step->inputs].at.buffer, a = target.buffer;
    const rn__buffer *out = &plan->buffer[b], *in = &plan->buffer[a];

    if (in->kind != RN__BUFFER_TEMPORARY || in->lasting || a == b ||
        in->home != out->home || in->bytes != out->bytes || !aligned(plan, step, i) ||
        !whole(plan, &operand[i], &target))
        return false;
    if (e->lists[a].last->step > c) return false;
    for (const rn__access *x = e->lists[a].latest; x; x = x->next) {
        if (x->step == c && (x->operand < 0 || !aligned(plan, step, x->operand) ||
                             !same_address(&x->address, &target)))
            return false;
    }
    become_part(e, b, &(rn__rows){.at = target, .rows = 1});
    return true;
}

static void elide_map(const eliding *e, int32_t c)
{
    const rn__plan *plan = e->plan;
    const rn__step *step = &plan->step[c];
    const rn__buffer *out = &plan->buffer[rn__step_output(plan, step)->at.buffer];

    if (out->kind != RN__BUFFER_TEMPORARY || is_part(out) || out->home != step->block ||
        !writes_whole(plan, step))
        return;
    for (int i = 0; i < step->inputs; i++)
        if (overwrite(e, c, i)) return;
}

/* Drops the copies whose source and target have become the same. */
static bool drop_copies(rn__planner *p)
{
    const rn__plan *plan = p->plan;
    int32_t *start =
        (int32_t *)rn__arena_new(&p->live.arena, ((size_t)plan->steps + 1) * sizeof *start);
    int32_t kept = 0;

    if (!start) {
        rn__no_memory(p->graph);
        return false;
    }
    for (int32_t i = 0; i < plan->steps; i++) {
        start[i] = kept;
        kept +=
            !(plan->step[i].kind == RN__STEP_COPY && whole_to_itself(plan, &plan->step[i]));
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

bool rn__elide(rn__planner *p)
{
    rn__plan *plan = p->plan;
    eliding e = {.plan = plan, .lists = rn__accesses(p), .last_kernel = -1};

    if (!e.lists) return false;
    for (int32_t c = 0; c < plan->steps; c++)
        if (plan->step[c].kind == RN__STEP_KERNEL) e.last_kernel = c;
    for (int32_t c = 0; c < plan->steps; c++)
        if (plan->step[c].kind == RN__STEP_COPY) elide_copy(&e, c);
    if (!rn__elide_stacks(p, e.lists)) return false;
    for (int32_t c = 0; c < plan->steps; c++)
        if (plan->step[c].kind == RN__STEP_MAP) elide_map(&e, c);
    resolve_all(plan);
    return drop_copies(p);
}

rn__address rn__resolve(const rn__plan *plan, rn__address address)
{
    while (address.buffer >= 0 && plan->buffer[address.buffer].part.buffer >= 0)
        address = rn__in_whole(&plan->buffer[address.buffer], address);
    return address;
}
