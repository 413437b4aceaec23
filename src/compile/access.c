/* SPDX-License-Identifier: MIT */
/* Lists of accesses. */
#include "compile/access.h"

/* The bytes between the first and the last element, from the address on. */
static void extent(const rn_array *array, int64_t offset, rn__access *access)
{
    const int64_t size = (int64_t)rn_type_size(array->type);

    access->low = access->high = offset;
    for (int i = 0; i < array->rank; i++) {
        const int64_t reach = (array->size[i] - 1) * array->stride[i] * size;
        if (array->size[i] == 0) return;
        if (reach < 0)
            access->low += reach;
        else
            access->high += reach;
    }
    access->high += size;
}

static void append(rn__access_list *list, rn__access *access)
{
    if (!list->last || list->last->call != access->call) list->latest = access;
    if (list->last)
        list->last->next = access;
    else
        list->first = access;
    list->last = access;
    if (!access->write) return;
    list->writer = access;
    list->writers++;
}

static bool add(rn__plan *plan, rn__access_list *lists, int32_t call, int operand,
                bool write, const rn__address *address, const rn_array *array)
{
    if (address->buffer < 0) return true;
    rn__access *access = (rn__access *)rn__arena_new(&plan->live.arena, sizeof *access);
    if (!access) return false;
    *access =
        (rn__access){.call = call, .write = write, .operand = operand, .address = *address};
    access->low = address->offset;
    access->high = (int64_t)(plan->buffer[address->buffer].bytes > INT64_MAX
                                 ? INT64_MAX
                                 : plan->buffer[address->buffer].bytes);
    if (array) extent(array, address->offset, access);
    append(&lists[address->buffer], access);
    return true;
}

rn__access_list *rn__accesses(rn__plan *plan)
{
    const size_t n = (size_t)plan->buffers;
    rn__access_list *lists =
        (rn__access_list *)rn__arena_new(&plan->live.arena, n * sizeof *lists);
    bool ok = lists != NULL;

    for (int32_t c = 0; ok && c < plan->program->calls; c++) {
        const rn__call *call = &plan->program->call[c];
        for (int i = 0; ok && i < call->inputs; i++)
            ok = add(plan, lists, c, i, false, &call->address[i], &call->array[i]);
        const rn_array *out = call->kind == RN__LOOP ? NULL : &call->array[call->inputs];
        ok = ok &&
             add(plan, lists, c, call->inputs, true, &call->address[call->inputs], out);
        ok = ok && add(plan, lists, c, -1, false, &call->limit, NULL);
        ok = ok && add(plan, lists, c, -1, true, &call->scratch, NULL);
    }
    if (!ok) rn__no_memory(plan->graph);
    return ok ? lists : NULL;
}

/* The access as one of the buffer that its own has become a part of. */
static void move_to(rn__access *access, const rn__buffer *part)
{
    access->address.buffer = part->parent;
    access->address.offset += part->offset;
    access->low += part->offset;
    access->high += part->offset;
    for (int d = 0; d < RN_LOOP_DEPTH; d++) access->address.advance[d] += part->advance[d];
}

void rn__access_merge(rn__plan *plan, rn__access_list *lists, int32_t b, int32_t a)
{
    rn__access_list *from = &lists[b], *into = &lists[a], merged = {0};
    rn__access *x = from->first, *y = into->first;

    for (rn__access *z = x; z; z = z->next) move_to(z, &plan->buffer[b]);
    /* Most often all of b comes after all of a, whose list may be long. */
    if (x && y && into->last->call <= x->call) {
        if (from->latest->call != into->last->call) into->latest = from->latest;
        into->last->next = x;
        into->last = from->last;
        into->writers += from->writers;
        if (from->writer) into->writer = from->writer;
        into->until = 0;
    } else {
        while (x || y) {
            rn__access **next = !x || (y && y->call <= x->call) ? &y : &x, *z = *next;
            *next = z->next;
            z->next = NULL;
            append(&merged, z);
        }
        *into = merged;
    }
    *from = (rn__access_list){0};
}
