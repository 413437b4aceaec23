/* SPDX-License-Identifier: MIT */
/* Lists of accesses. */
#include "plan/access.h"

#include <string.h>

/* The bytes from the first to the last element: low <= .. < high. */
static void extent(const rn__operand *operand, int64_t *low, int64_t *high)
{
    const int64_t size = (int64_t)rn_type_size(operand->type);

    *low = *high = operand->at.offset;
    for (int i = 0; i < operand->rank; i++)
        if (operand->size[i] == 0) return;
    for (int i = 0; i < operand->rank; i++) {
        const int64_t reach = (operand->size[i] - 1) * operand->stride[i] * size;
        *(reach < 0 ? low : high) += reach;
    }
    *high += size;
}

/* An operand consists of runs of so many bytes, at multiples of the period from its first.
 * The greatest common divisor with what *period is already, 0 being divided by all. */
static int64_t find_runs(const rn__operand *operand, int64_t *period)
{
    const int64_t size = (int64_t)rn_type_size(operand->type);
    int64_t run = 1;

    for (int i = operand->rank - 1; i >= 0; i--) {
        int64_t a = operand->stride[i] < 0 ? -operand->stride[i] : operand->stride[i];
        if (operand->size[i] <= 1) continue;
        if (operand->stride[i] == run) {
            run *= operand->size[i];
            continue;
        }
        for (a *= size; a != 0;) {
            const int64_t rest = *period % a;
            *period = a;
            a = rest;
        }
    }
    return run * size;
}

bool rn__operands_alike(const rn__operand *a, const rn__operand *b)
{
    for (int i = 0, j = 0;; i++, j++) {
        while (i < a->rank && a->size[i] == 1) i++;
        while (j < b->rank && b->size[j] == 1) j++;
        if (i == a->rank || j == b->rank) return i == a->rank && j == b->rank;
        if (a->size[i] != b->size[j]) return false;
    }
}

bool rn__operands_same(const rn__operand *a, const rn__operand *b)
{
    if (a->at.offset != b->at.offset ||
        memcmp(a->at.advance, b->at.advance, sizeof a->at.advance) != 0 ||
        rn_type_size(a->type) != rn_type_size(b->type) || !rn__operands_alike(a, b))
        return false;
    for (int i = 0, j = 0;; i++, j++) {
        while (i < a->rank && a->size[i] == 1) i++;
        while (j < b->rank && b->size[j] == 1) j++;
        if (i == a->rank) return true;
        if (a->stride[i] != b->stride[j]) return false;
    }
}

bool rn__operands_apart(const rn__operand *a, const rn__operand *b)
{
    int64_t low[2], high[2], period = 0;

    if (memcmp(a->at.advance, b->at.advance, sizeof a->at.advance) != 0) return false;
    extent(a, &low[0], &high[0]);
    extent(b, &low[1], &high[1]);
    if (high[0] <= low[1] || high[1] <= low[0]) return true;
    const int64_t run_a = find_runs(a, &period), run_b = find_runs(b, &period);
    if (period == 0) return false;
    const int64_t apart = ((b->at.offset - a->at.offset) % period + period) % period;
    return run_a <= apart && apart <= period - run_b;
}

static void append(rn__access_list *list, rn__access *access)
{
    if (!list->last || list->last->step != access->step) list->latest = access;
    access->prior = list->last;
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
    if (operand) extent(operand, &added->low, &added->high);
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
    if (!add(p, lists, access, NULL)) return false;
    access.address = step->order;
    if (!add(p, lists, access, NULL)) return false;
    access.address = step->packed;
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

/* Puts an access after another one; NULL: before all. */
static void insert(rn__access_list *list, rn__access *access, rn__access *after)
{
    access->prior = after;
    access->next = after ? after->next : list->first;
    *(after ? &after->next : &list->first) = access;
    *(access->next ? &access->next->prior : &list->last) = access;
}

void rn__access_move(rn__access_list *list, rn__access *access, int32_t step, int operand)
{
    rn__access *after = access->prior;

    *(after ? &after->next : &list->first) = access->next;
    *(access->next ? &access->next->prior : &list->last) = after;
    while (after && after->step > step) after = after->prior;
    access->step = step;
    access->operand = operand;
    insert(list, access, after);
    for (list->latest = list->last;
         list->latest->prior && list->latest->prior->step == list->last->step;)
        list->latest = list->latest->prior;
    list->until_known = false;
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
    extent(&operand, &access->low, &access->high);
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
        x->prior = into->last;
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
