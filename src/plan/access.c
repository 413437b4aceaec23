/* SPDX-License-Identifier: MIT */
/* Lists of accesses. */
#include "plan/access.h"

/* The bytes between the first and the last element, from the address on. */
static void extent(const rn__operand *operand, rn__access *access)
{
    const int64_t size = (int64_t)rn_type_size(operand->type);

    access->low = access->high = operand->at.offset;
    for (int i = 0; i < operand->rank; i++) {
        const int64_t reach = (operand->size[i] - 1) * operand->stride[i] * size;
        if (operand->size[i] == 0) return;
        if (reach < 0)
            access->low += reach;
        else
            access->high += reach;
    }
    access->high += size;
}

static void append(rn__access_list *list, rn__access *access)
{
    if (!list->last || list->last->step != access->step) list->latest = access;
    if (list->last)
        list->last->next = access;
    else
        list->first = access;
    list->last = access;
    if (!access->write) return;
    list->writer = access;
    list->writers++;
}

/* Adds the access to an address; `operand` is NULL if it may touch the whole buffer. */
static bool add(rn__planner *p, rn__access_list *lists, rn__access access,
                const rn__operand *operand)
{
    const int32_t buffer = access.address.buffer;

    if (buffer < 0) return true;
    rn__access *added = (rn__access *)rn__arena_new(&p->live.arena, sizeof *added);
    if (!added) return false;
    const size_t bytes = p->plan->buffer[buffer].bytes;
    *added = access;
    added->low = access.address.offset;
    added->high = bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
    if (operand) extent(operand, added);
    append(&lists[buffer], added);
    return true;
}

/* All accesses of one step. A loop writes its index while the body runs. */
static bool add_step(rn__planner *p, rn__access_list *lists, int32_t index)
{
    const rn__step *step = &p->plan->step[index];
    const rn__operand *operand = rn__step_operands(p->plan, step);
    rn__access access = {.step = index};

    for (int i = 0; i <= step->inputs; i++) {
        const bool whole = i == step->inputs && step->kind == RN__STEP_LOOP;
        access.operand = i;
        access.write = i == step->inputs;
        access.address = operand[i].at;
        if (!add(p, lists, access, whole ? NULL : &operand[i])) return false;
    }
    access = (rn__access){.step = index, .operand = -1, .address = step->limit};
    return add(p, lists, access, NULL);
}

rn__access_list *rn__accesses(rn__planner *p)
{
    const size_t n = (size_t)p->plan->buffers;
    rn__access_list *lists =
        (rn__access_list *)rn__arena_new(&p->live.arena, n * sizeof *lists);
    bool ok = lists != NULL;

    for (int32_t i = 0; ok && i < p->plan->steps; i++) ok = add_step(p, lists, i);
    if (!ok) rn__no_memory(p->graph);
    return ok ? lists : NULL;
}

/* The access as one of the buffer that its own has become a part of. */
static void move_to(const rn__plan *plan, rn__access *access, const rn__buffer *from)
{
    const rn__step *step = &plan->step[access->step];
    const int64_t before = access->address.offset;

    access->address = rn__in_whole(from, access->address);
    access->low += access->address.offset - before;
    access->high += access->address.offset - before;
    if (from->row == 0) return;
    rn__operand operand = rn__step_operands(plan, step)[access->operand];
    operand.at = access->address;
    extent(&operand, access);
}

void rn__access_merge(const rn__plan *plan, rn__access_list *lists, int32_t b, int32_t a)
{
    rn__access_list *from = &lists[b], *into = &lists[a], merged = {0};
    rn__access *x = from->first, *y = into->first;

    for (rn__access *z = x; z; z = z->next) move_to(plan, z, &plan->buffer[b]);
    /* Most often all of b comes after all of a, whose list may be long. */
    if (x && y && into->last->step <= x->step) {
        if (from->latest->step != into->last->step) into->latest = from->latest;
        into->last->next = x;
        into->last = from->last;
        into->writers += from->writers;
        if (from->writer) into->writer = from->writer;
        into->until_known = false;
    } else {
        while (x || y) {
            rn__access **next = !x || (y && y->step <= x->step) ? &y : &x, *z = *next;
            *next = z->next;
            z->next = NULL;
            append(&merged, z);
        }
        *into = merged;
    }
    *from = (rn__access_list){0};
}
