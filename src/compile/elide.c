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
#include "compile/access.h"

#include <string.h>

/* Whether an operand at this address is the whole of its buffer, in order. */
static bool whole(const rn__plan *plan, const rn_array *array, const rn__address *address)
{
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

/* Of a copy whose addresses are resolved. */
static bool whole_to_itself(const rn__call *copy)
{
    const rn_array *array = &copy->array[0];

    return same_address(&copy->address[0], &copy->address[1]) &&
           rn__layout_is_dense(rn_shape_of(array->rank, array->size), array->stride);
}

/* Whether an access is clear of the place [offset, offset + bytes): surely so only when
 * both move in step. */
static bool apart(const rn__access *access, const rn__address *place, int64_t bytes)
{
    if (memcmp(access->address.advance, place->advance, sizeof place->advance) != 0)
        return false;
    return access->high <= place->offset || place->offset + bytes <= access->low;
}

/* What the copies are elided by. */
typedef struct eliding {
    rn__plan *plan;
    rn__access_list *lists;
    int32_t last_kernel; /* -1: none */
} eliding;

/* Whether the place is left alone from the temporary's making to the copy, and not written
 * from there to the temporary's last reading. */
static bool undisturbed(const rn__plan *plan, const rn__access *list,
                        const rn__address *place, int64_t bytes, int32_t made,
                        int32_t copied, int32_t last)
{
    for (; list && list->call <= last; list = list->next) {
        const rn__call *call = &plan->program->call[list->call];
        if (list->call < made || list->call == copied) continue;
        if (apart(list, place, bytes)) continue;
        if (list->call > copied && !list->write) continue;
        if (list->call == made && !list->write && list->operand >= 0 &&
            aligned(call, list->operand) && same_address(&list->address, place))
            continue;
        return false;
    }
    return true;
}

/* The last call that touches a buffer: what a loop touches that it does not belong to is
 * touched until the loop's end, what is read after the run until the program's. */
static int32_t last_access(const rn__plan *plan, rn__access_list *list,
                           const rn__buffer *buffer)
{
    const rn__call *call = plan->program->call;
    int32_t last = buffer->lasting ? plan->program->calls : -1;

    if (list->until) return list->until - 2;
    for (const rn__access *x = list->first; x; x = x->next) {
        int32_t end = x->call;
        for (int32_t home = call[end].home; home != buffer->home && home >= 0;
             home = call[home].home)
            end = call[home].end - 1;
        if (end > last) last = end;
    }
    list->until = last + 2;
    return last;
}

static void become_part(const eliding *e, int32_t b, const rn__address *of)
{
    rn__plan *plan = e->plan;

    plan->buffer[b].parent = of->buffer;
    plan->buffer[of->buffer].lasting |= plan->buffer[b].lasting;
    plan->buffer[b].offset = of->offset;
    memcpy(plan->buffer[b].advance, of->advance, sizeof of->advance);
    rn__access_merge(plan, e->lists, b, of->buffer);
}

/* The copy of call c, if its source can be computed where it goes. */
static void elide_copy(const eliding *e, int32_t c)
{
    rn__plan *plan = e->plan;
    const rn__call *copy = &plan->program->call[c];
    const rn__address *from = &copy->address[0], *to = &copy->address[1];
    const rn__buffer *source = &plan->buffer[from->buffer];
    const rn__buffer *target = &plan->buffer[to->buffer];

    if (source->kind != RN__TEMPORARY || source->parent >= 0 || target->parent >= 0) return;
    if (from->buffer == to->buffer || source->home != copy->home ||
        !whole(plan, &copy->array[0], from))
        return;
    if (source->lasting && target->kind == RN__EXTERNAL) return;
    rn__access_list *list = &e->lists[from->buffer];
    const rn__access *writer = list->writer;
    if (list->writers != 1 || writer->operand < 0) return;
    const rn__call *maker = &plan->program->call[writer->call];
    if (maker->home != copy->home || maker->kind == RN__LOOP || writer->call >= c ||
        !whole(plan, &maker->array[maker->inputs], &maker->address[maker->inputs]))
        return;
    /* A kernel may refuse its values, which ends the run. A variable must not have changed
     * by then. */
    if (target->kind == RN__EXTERNAL && e->last_kernel >= writer->call) return;
    if (!undisturbed(plan, e->lists[to->buffer].first, to, (int64_t)source->bytes,
                     writer->call, c, last_access(plan, list, source)))
        return;
    become_part(e, from->buffer, to);
}

/* Lets map c write over operand i, which nobody reads after it. */
static bool overwrite(const eliding *e, int32_t c, int i)
{
    const rn__plan *plan = e->plan;
    const rn__call *call = &plan->program->call[c];
    const rn__address place = rn__resolve(plan, call->address[i]);
    const int32_t b = call->address[call->inputs].buffer, a = place.buffer;
    const rn__buffer *out = &plan->buffer[b], *in = &plan->buffer[a];

    if (in->kind != RN__TEMPORARY || in->lasting || a == b || in->home != out->home ||
        in->bytes != out->bytes || !aligned(call, i) ||
        !whole(plan, &call->array[i], &place))
        return false;
    if (e->lists[a].last->call > c) return false;
    for (const rn__access *x = e->lists[a].latest; x; x = x->next) {
        if (x->call == c && (x->operand < 0 || !aligned(call, x->operand) ||
                             !same_address(&x->address, &place)))
            return false;
    }
    become_part(e, b, &place);
    return true;
}

static void elide_map(const eliding *e, int32_t c)
{
    const rn__plan *plan = e->plan;
    const rn__call *call = &plan->program->call[c];
    const rn__buffer *out = &plan->buffer[call->address[call->inputs].buffer];

    if (out->kind != RN__TEMPORARY || out->parent >= 0 || out->home != call->home ||
        !whole(plan, &call->array[call->inputs], &call->address[call->inputs]))
        return;
    for (int i = 0; i < call->inputs; i++)
        if (overwrite(e, c, i)) return;
}

/* Takes out the copies that have become copies of a place to itself. */
static bool drop_copies(rn__plan *plan)
{
    rn_program *p = plan->program;
    int32_t *to =
        (int32_t *)rn__arena_new(&plan->live.arena, ((size_t)p->calls + 1) * sizeof *to);
    int32_t kept = 0;

    if (!to) {
        rn__no_memory(plan->graph);
        return false;
    }
    for (int32_t i = 0; i < p->calls; i++) {
        to[i] = kept;
        kept += !(p->call[i].kind == RN__COPY && whole_to_itself(&p->call[i]));
    }
    to[p->calls] = kept;
    for (int32_t i = 0; i < p->calls; i++) {
        rn__call call = p->call[i];
        if (to[i + 1] == to[i]) continue;
        call.end = call.kind == RN__LOOP ? to[call.end] : 0;
        call.home = call.home >= 0 ? to[call.home] : -1;
        p->call[to[i]] = call;
    }
    p->calls = kept;
    for (int32_t i = 0; i < plan->buffers; i++)
        if (plan->buffer[i].home >= 0) plan->buffer[i].home = to[plan->buffer[i].home];
    return true;
}

bool rn__elide(rn__plan *plan)
{
    rn_program *p = plan->program;
    eliding e = {.plan = plan, .lists = rn__accesses(plan), .last_kernel = -1};

    if (!e.lists) return false;
    for (int32_t c = 0; c < p->calls; c++)
        if (p->call[c].kind == RN__KERNEL) e.last_kernel = c;
    for (int32_t c = 0; c < p->calls; c++)
        if (p->call[c].kind == RN__COPY) elide_copy(&e, c);
    for (int32_t c = 0; c < p->calls; c++)
        if (p->call[c].kind == RN__MAP) elide_map(&e, c);
    for (int32_t c = 0; c < p->calls; c++)
        for (int i = 0; i <= p->call[c].inputs; i++)
            p->call[c].address[i] = rn__resolve(plan, p->call[c].address[i]);
    return drop_copies(plan);
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
