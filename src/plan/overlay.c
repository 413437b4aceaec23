/* SPDX-License-Identifier: MIT */
/*
 * Overlay: values over others that are not read again.
 *
 * A map may read, element by element, what it overwrites. So what it computes takes the
 * place of an operand that nothing reads after it: a temporary, or the slot of a stack that
 * has been written in the same iteration and is in the cache. Then stacks take the places
 * of others (stacks.c).
 */
#include "plan/elide.h"

/* So many later accesses of a buffer are compared with a value. */
enum { MOST = 64 };

/* ---- whether bytes are free ---- */

/* Whether the step touches the bytes only by this access, or by another operand of a map
 * at the same elements. */
static bool only_so(const rn__plan *plan, const rn__access *read, const rn__rows *at)
{
    const rn__step *step = &plan->step[read->step];
    rn__operand own = rn__step_operands(plan, step)[read->operand];

    if (step->limit.buffer == at->at.buffer || step->order.buffer == at->at.buffer)
        return false;
    own.at = read->address;
    for (int i = 0; i < step->inputs; i++) {
        rn__operand other = rn__step_operands(plan, step)[i];
        if (i == read->operand || other.at.buffer < 0) continue;
        other.at = rn__resolve(plan, other.at);
        if (other.at.buffer != own.at.buffer || rn__operands_apart(&other, &own)) continue;
        if (step->kind != RN__STEP_MAP || other.type != own.type ||
            !rn__operands_same(&other, &own))
            return false;
    }
    return true;
}

/* Whether the buffer is a stack that the loop around a step is the last to touch, one slot
 * in each iteration. */
static bool in_slot_of(const rn__eliding *e, int32_t c, int32_t buffer)
{
    const rn__step *step = e->plan->step;
    const int32_t loop = step[c].block;
    rn__slot slot = {.buffer = buffer};

    return loop >= 0 && step[loop].kind == RN__STEP_LOOP &&
           step[loop].block == e->plan->buffer[buffer].home &&
           e->lists[buffer].last->step < step[loop].end &&
           rn__find_slot(e->plan, &e->lists[buffer], loop, &slot);
}

bool rn__free_after(const rn__eliding *e, const rn__access *read, const rn__rows *at)
{
    const rn__plan *plan = e->plan;
    const rn__buffer *buffer = &plan->buffer[at->at.buffer];
    int count = 0;

    if (buffer->kind != RN__BUFFER_TEMPORARY || buffer->lasting || !only_so(plan, read, at))
        return false;
    for (const rn__access *x = read->next; x; x = x->next) {
        if (x->step == read->step && !x->write) continue;
        if (count++ == MOST || !rn__apart(plan, x, at)) return false;
    }
    return buffer->home == plan->step[read->step].block ||
           in_slot_of(e, read->step, at->at.buffer);
}

bool rn__lies_over(const rn__eliding *e, const rn__operand *out, const rn__access *read,
                   const rn__rows *at)
{
    const rn__plan *plan = e->plan;
    const int32_t b = out->at.buffer;
    const rn__buffer *buffer = &plan->buffer[b];
    const rn__access_list *list = &e->lists[b];

    if (buffer->kind != RN__BUFFER_TEMPORARY || (buffer->lasting && at->rows > 1) ||
        buffer->part.buffer >= 0 || b == at->at.buffer || list->first->step != read->step ||
        !rn__whole(plan, out, &out->at))
        return false;
    if (at->rows > 1 && !rn__all_accept(plan, list->first, at)) return false;
    return rn__free_after(e, read, at);
}

/* ---- maps ---- */

/* Whether the iteration has written the bytes that a step reads. */
static bool written_here(const rn__eliding *e, const rn__access *read, const rn__rows *at)
{
    const rn__plan *plan = e->plan;
    const int32_t loop = plan->step[read->step].block;

    for (const rn__access *x = e->lists[at->at.buffer].first; x && x != read; x = x->next)
        if (x->write && x->step > loop && !rn__apart(plan, x, at)) return true;
    return false;
}

/* Whether a value is read in rows that are apart in any case, so that it costs nothing to
 * have its rows apart. */
static bool read_in_rows(const rn__plan *plan, const rn__access *list)
{
    for (const rn__access *x = list; x; x = x->next) {
        const rn__operand *operand =
            rn__step_operands(plan, &plan->step[x->step]) + x->operand;
        if (!x->write && (x->operand < 0 || rn__operand_is_dense(operand))) return false;
    }
    return true;
}

/* Lets map c write over what it reads by this access, which nothing reads after it. */
static bool overwrite(const rn__eliding *e, const rn__access *read)
{
    const rn__plan *plan = e->plan;
    const rn__step *step = &plan->step[read->step];
    const rn__operand *out = rn__step_output(plan, step);
    rn__operand operand = rn__step_operands(plan, step)[read->operand];
    rn__rows at;

    operand.at = read->address;
    if (operand.type != out->type || !rn__rows_of(&operand, &at) ||
        !rn_shape_equal(rn__operand_shape(&operand), rn__operand_shape(out)) ||
        (at.rows > 1 && !read_in_rows(plan, e->lists[out->at.buffer].first)) ||
        !rn__lies_over(e, out, read, &at))
        return false;
    if (plan->buffer[at.at.buffer].home == step->block
            ? !rn__whole(plan, &operand, &operand.at)
            : !written_here(e, read, &at))
        return false;
    rn__become_part(e->plan, e->lists, out->at.buffer, &at);
    return true;
}

/* The access by which a step reads operand i; NULL where something of its own block reads
 * the buffer later. */
static const rn__access *access_of(const rn__eliding *e, int32_t c, int i)
{
    const rn__plan *plan = e->plan;
    const rn__address at = rn__resolve(plan, rn__step_operands(plan, &plan->step[c])[i].at);

    if (at.buffer < 0 || !e->lists[at.buffer].last) return NULL;
    const rn__access_list *list = &e->lists[at.buffer];
    const bool last = list->last->step == c;
    if (!last && plan->buffer[at.buffer].home == plan->step[c].block) return NULL;
    const rn__access *x = last ? list->latest : list->first;
    while (x && (x->step < c || (x->step == c && x->operand != i))) x = x->next;
    return x && x->step == c ? x : NULL;
}

static void overlay_map(const rn__eliding *e, int32_t c)
{
    const rn__step *step = &e->plan->step[c];

    for (int i = 0; i < step->inputs; i++) {
        const rn__access *read = access_of(e, c, i);
        if (read && overwrite(e, read)) return;
    }
}

bool rn__overlay(rn__planner *p)
{
    rn__eliding e;

    if (!rn__eliding_begin(&e, p)) return false;
    for (int32_t c = 0; c < p->plan->steps; c++)
        if (p->plan->step[c].kind == RN__STEP_MAP) overlay_map(&e, c);
    return rn__elide_stacks(&e) && rn__eliding_end(&e);
}
