/* SPDX-License-Identifier: MIT */
/* Lists of accesses. */
#include "access.h"

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

static bool add(rn__plan *plan, rn__access ***tails, int32_t call, int operand, bool write,
                const rn__address *address, const rn_array *array)
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
    *tails[address->buffer] = access;
    tails[address->buffer] = &access->next;
    return true;
}

rn__access **rn__accesses(rn__plan *plan)
{
    const size_t n = (size_t)plan->buffers;
    rn__arena *arena = &plan->live.arena;
    rn__access **lists = (rn__access **)rn__arena_new(arena, n * sizeof(void *));
    rn__access ***tails = (rn__access ***)rn__arena_new(arena, n * sizeof(void *));
    bool ok = lists && tails;

    for (size_t i = 0; ok && i < n; i++) tails[i] = &lists[i];
    for (int32_t c = 0; ok && c < plan->program->calls; c++) {
        const rn__call *call = &plan->program->call[c];
        for (int i = 0; ok && i < call->inputs; i++)
            ok = add(plan, tails, c, i, false, &call->address[i], &call->array[i]);
        const rn_array *out = call->kind == RN__LOOP ? NULL : &call->array[call->inputs];
        ok = ok &&
             add(plan, tails, c, call->inputs, true, &call->address[call->inputs], out);
        ok = ok && add(plan, tails, c, -1, false, &call->limit, NULL);
        ok = ok && add(plan, tails, c, -1, true, &call->scratch, NULL);
    }
    if (!ok) rn__no_memory(plan->graph);
    return ok ? lists : NULL;
}

void rn__access_merge(rn__plan *plan, rn__access **lists, int32_t b, int32_t a)
{
    const rn__buffer *part = &plan->buffer[b];
    rn__access *list = lists[b], **to = &lists[a];

    while (list) {
        rn__access *access = list;
        list = list->next;
        access->address.buffer = a;
        access->address.offset += part->offset;
        access->low += part->offset;
        access->high += part->offset;
        for (int d = 0; d < RN_LOOP_DEPTH; d++)
            access->address.advance[d] += part->advance[d];
        while (*to && (*to)->call <= access->call) to = &(*to)->next;
        access->next = *to;
        *to = access;
    }
    lists[b] = NULL;
}
