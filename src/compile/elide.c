/* SPDX-License-Identifier: MIT */
/*
 * Elide: copies that need not be made.
 *
 * Where a temporary is computed and then copied to its place (a slice of a stack, a carry,
 * a variable), it is computed in its place: its buffer becomes a part of the other. That is
 * right when nobody else touches the place between the two, and nobody changes it while the
 * temporary is still read. A map may read, element by element, what it overwrites, which is
 * also how a map takes over the buffer of an operand that nobody reads any more.
 */
#include "access.h"

#include <string.h>

static const rn__access *writer_of(const rn__access *list)
{
    const rn__access *writer = NULL;

    for (; list; list = list->next) {
        if (!list->write) continue;
        if (writer) return NULL;
        writer = list;
    }
    return writer;
}

/* Whether an operand is the whole of its buffer, in order. */
static bool whole(const rn__plan *plan, const rn__call *call, int operand)
{
    const rn__address *address = &call->address[operand];
    const rn_array *array = &call->array[operand];
    const rn_shape shape = rn_shape_of(array->rank, array->size);
    const size_t bytes = (size_t)rn_shape_count(shape) * rn_type_size(array->type);

    for (int d = 0; d < RN_LOOP_DEPTH; d++)
        if (address->advance[d]) return false;
    return address->offset == 0 && plan->buffer[address->buffer].bytes == bytes &&
           rn__layout_is_dense(shape, array->stride);
}

/* Whether a map reads operand i at the very place, element for element, of its output
 * (which is dense), were both addresses the same. */
static bool aligned(const rn__call *call, int i)
{
    const rn_array *in = &call->array[i], *out = &call->array[call->inputs];

    return call->kind == RN__MAP && in->type == out->type &&
           rn_shape_equal(rn_shape_of(in->rank, in->size),
                          rn_shape_of(out->rank, out->size)) &&
           rn__layout_is_dense(rn_shape_of(in->rank, in->size), in->stride);
}

static bool same_address(const rn__address *a, const rn__address *b)
{
    return a->buffer == b->buffer && a->offset == b->offset &&
           memcmp(a->advance, b->advance, sizeof a->advance) == 0;
}

/* Whether an access is clear of the place [offset, offset + bytes): surely so only when
 * both move in step. */
static bool apart(const rn__access *access, const rn__address *place, int64_t bytes)
{
    if (memcmp(access->address.advance, place->advance, sizeof place->advance) != 0)
        return false;
    return access->high <= place->offset || place->offset + bytes <= access->low;
}

/* Whether the place is left alone from the temporary's making to the copy, and not written
 * from there to the temporary's last reading. */
static bool undisturbed(const rn__plan *plan, const rn__access *list,
                        const rn__address *place, int64_t bytes, int32_t made,
                        int32_t copied, int32_t last)
{
    for (; list; list = list->next) {
        const rn__call *call = &plan->program->call[list->call];
        if (list->call < made || list->call == copied || list->call > last) continue;
        if (apart(list, place, bytes)) continue;
        if (list->call > copied && !list->write) continue;
        if (list->call == made && !list->write && list->operand >= 0 &&
            aligned(call, list->operand) && same_address(&list->address, place))
            continue;
        return false;
    }
    return true;
}

static int32_t last_access(const rn__access *list)
{
    int32_t last = -1;

    for (; list; list = list->next) last = list->call;
    return last;
}

static void become_part(rn__plan *plan, rn__access **lists, int32_t b,
                        const rn__address *of)
{
    plan->buffer[b].parent = of->buffer;
    plan->buffer[of->buffer].lasting |= plan->buffer[b].lasting;
    plan->buffer[b].offset = of->offset;
    memcpy(plan->buffer[b].advance, of->advance, sizeof of->advance);
    rn__access_merge(plan, lists, b, of->buffer);
}

/* Whether call c or a later one may refuse its values, which ends the run. A variable must
 * not have changed by then. */
static bool may_fail_from(const rn__plan *plan, int32_t c)
{
    for (; c < plan->program->calls; c++)
        if (plan->program->call[c].kind == RN__KERNEL) return true;
    return false;
}

/* The copy of call c, if its source can be computed where it goes. */
static void elide_copy(rn__plan *plan, rn__access **lists, int32_t c)
{
    const rn__call *copy = &plan->program->call[c];
    const rn__address *from = &copy->address[0], *to = &copy->address[1];
    const rn__buffer *source = &plan->buffer[from->buffer];
    const rn__buffer *target = &plan->buffer[to->buffer];

    if (source->kind != RN__TEMPORARY || source->parent >= 0 || target->parent >= 0) return;
    if (from->buffer == to->buffer || source->home != copy->home || !whole(plan, copy, 0))
        return;
    if (source->lasting && target->kind == RN__EXTERNAL) return;
    const rn__access *writer = writer_of(lists[from->buffer]);
    if (!writer || writer->operand < 0) return;
    const rn__call *maker = &plan->program->call[writer->call];
    if (maker->home != copy->home || maker->kind == RN__LOOP || writer->call >= c ||
        !whole(plan, maker, maker->inputs))
        return;
    if (target->kind == RN__EXTERNAL && may_fail_from(plan, writer->call)) return;
    if (!undisturbed(plan, lists[to->buffer], to, (int64_t)source->bytes, writer->call, c,
                     last_access(lists[from->buffer])))
        return;
    become_part(plan, lists, from->buffer, to);
}

/* Lets map c write over operand i, which nobody reads after it. */
static bool overwrite(rn__plan *plan, rn__access **lists, int32_t c, int i)
{
    const rn__call *call = &plan->program->call[c];
    const int32_t b = call->address[call->inputs].buffer, a = call->address[i].buffer;
    const rn__buffer *out = &plan->buffer[b], *in = &plan->buffer[a];

    if (in->kind != RN__TEMPORARY || in->parent >= 0 || in->lasting || a == b) return false;
    if (in->home != out->home || in->bytes != out->bytes || !aligned(call, i) ||
        !whole(plan, call, i))
        return false;
    for (const rn__access *x = lists[a]; x; x = x->next) {
        if (x->call > c) return false;
        if (x->call == c && (x->operand < 0 || !aligned(call, x->operand) ||
                             !same_address(&x->address, &call->address[i])))
            return false;
    }
    rn__address place = call->address[i];
    become_part(plan, lists, b, &place);
    return true;
}

static void elide_map(rn__plan *plan, rn__access **lists, int32_t c)
{
    const rn__call *call = &plan->program->call[c];
    const rn__buffer *out = &plan->buffer[call->address[call->inputs].buffer];

    if (out->kind != RN__TEMPORARY || out->parent >= 0 || out->home != call->home ||
        !whole(plan, call, call->inputs))
        return;
    for (int i = 0; i < call->inputs; i++)
        if (overwrite(plan, lists, c, i)) return;
}

bool rn__elide(rn__plan *plan)
{
    rn__access **lists = rn__accesses(plan);

    if (!lists) return false;
    for (int32_t c = 0; c < plan->program->calls; c++)
        if (plan->program->call[c].kind == RN__COPY) elide_copy(plan, lists, c);
    for (int32_t c = 0; c < plan->program->calls; c++)
        if (plan->program->call[c].kind == RN__MAP) elide_map(plan, lists, c);
    return true;
}

rn__address rn__resolve(const rn__plan *plan, rn__address address)
{
    while (address.buffer >= 0 && plan->buffer[address.buffer].parent >= 0) {
        const rn__buffer *part = &plan->buffer[address.buffer];
        address.buffer = part->parent;
        address.offset += part->offset;
        for (int d = 0; d < RN_LOOP_DEPTH; d++) address.advance[d] += part->advance[d];
    }
    return address;
}
