/* SPDX-License-Identifier: MIT */
/*
 * Fuse: chains of element-wise calls run tile by tile, while the tile is in the first-level
 * cache.
 *
 * Neighbouring maps with outputs of one shape form a chain when each reads of what another
 * one of the chain writes only the elements at its own place: then the order of tiles and
 * calls may be exchanged. A value that nobody outside the chain reads needs memory for one
 * tile only, and never leaves the cache. Every element is computed as before, bit for bit.
 */
#include "compile/access.h"

#include <string.h>

/* What the elements of a tile take in one operand; a chain is worth it from two tiles on. A
 * test compiles this file with tiles of a few elements. */
#ifndef RN_TILE_BYTES
#define RN_TILE_BYTES 8192
#endif
enum { TILE_BYTES = RN_TILE_BYTES, TILES = 2 };

/* Calls of a chain: each is compared with all of them, and the tiles of more would not stay
 * in the cache. */
enum { LONGEST = 128 };

static rn_shape shape_of(const rn_array *array)
{
    return rn_shape_of(array->rank, array->size);
}

static const rn_array *output_of(const rn__call *call)
{
    return &call->array[call->inputs];
}

static bool same_shape(const rn_array *a, const rn_array *b)
{
    return a->rank == b->rank &&
           memcmp(a->size, b->size, (size_t)a->rank * sizeof *a->size) == 0;
}

/* Whether an operand is read or written in the order of the call's output. */
static bool in_order(const rn__call *call, int operand)
{
    const rn_array *array = &call->array[operand];

    return same_shape(array, output_of(call)) &&
           rn__layout_is_dense(shape_of(array), array->stride);
}

static bool same_place(const rn__address *a, const rn__address *b)
{
    return a->offset == b->offset && memcmp(a->advance, b->advance, sizeof a->advance) == 0;
}

/* Whether a call may touch an operand while another one writes `out` tile by tile. */
static bool compatible(const rn__call *reader, int operand, const rn__call *writer)
{
    const rn__address *a = &reader->address[operand], *b = &writer->address[writer->inputs];

    if (a->buffer != b->buffer) return true;
    if (!in_order(reader, operand)) return false;
    if (same_place(a, b))
        return rn_type_size(reader->array[operand].type) ==
               rn_type_size(output_of(writer)->type);
    /* Two slots of one history do not touch when they move in step. */
    const rn_array *array = output_of(writer);
    const int64_t bytes =
        rn_shape_count(shape_of(array)) * (int64_t)rn_type_size(array->type);
    const int64_t distance =
        a->offset > b->offset ? a->offset - b->offset : b->offset - a->offset;
    return memcmp(a->advance, b->advance, sizeof a->advance) == 0 && distance >= bytes;
}

/* Whether two calls are cut to the same number of steps. */
static bool same_limit(const rn__call *a, const rn__call *b)
{
    return a->limit.buffer == b->limit.buffer && a->limit_steps == b->limit_steps &&
           (a->limit.buffer < 0 || same_place(&a->limit, &b->limit));
}

static bool joins(const rn__plan *plan, int32_t first, int32_t c)
{
    const rn__call *head = &plan->program->call[first], *call = &plan->program->call[c];

    if (call->kind != RN__MAP || call->home != head->home || !same_limit(call, head) ||
        !same_shape(output_of(call), output_of(head)))
        return false;
    for (int32_t i = first; i < c; i++) {
        const rn__call *other = &plan->program->call[i];
        for (int k = 0; k <= call->inputs; k++)
            if (!compatible(call, k, other)) return false;
        for (int k = 0; k <= other->inputs; k++)
            if (!compatible(other, k, call)) return false;
    }
    return true;
}

/* Whether a map's output may take two tiles: one of elements of 8 bytes has more than half
 * as many as fit, see tile_of. */
static bool takes_tiles(const rn__call *call)
{
    return call->kind == RN__MAP &&
           rn_shape_count(shape_of(output_of(call))) >= TILES * (TILE_BYTES / 8) / 2;
}

/* Elements of a tile: whole rows of the first axis of every call's collapsed axes. */
static int64_t tile_of(const rn__plan *plan, int32_t first, int32_t end)
{
    int64_t rows = 1, size = 1;

    for (int32_t c = first; c < end; c++) {
        const rn__call *call = &plan->program->call[c];
        int64_t row = 1;
        for (int i = 1; i < call->rank; i++) row *= call->size[i];
        if (row > rows) rows = row;
        for (int i = 0; i <= call->inputs; i++)
            if ((int64_t)call->bytes[i] > size) size = (int64_t)call->bytes[i];
    }
    const int64_t wanted = TILE_BYTES / size;
    return wanted <= rows ? rows : wanted / rows * rows;
}

/* ---- memory of one tile ---- */

/* Whether only the chain touches a buffer, and in order. */
static bool only_inside(const rn__plan *plan, const rn__access *list, int32_t first,
                        int32_t end)
{
    for (const rn__access *x = list; x; x = x->next) {
        if (x->call < first || x->call >= end || x->operand < 0) return false;
        if (!in_order(&plan->program->call[x->call], x->operand)) return false;
        if (!same_place(&x->address, &list->address)) return false;
    }
    return list != NULL;
}

static bool set_local(rn__plan *plan, const rn__access *list)
{
    for (; list; list = list->next) {
        rn__call *call = &plan->program->call[list->call];
        if (!call->local)
            call->local =
                (bool *)rn__arena_new(&plan->graph->arena, (size_t)call->inputs + 1);
        if (!call->local) {
            rn__no_memory(plan->graph);
            return false;
        }
        call->local[list->operand] = true;
    }
    return true;
}

static bool shrink(rn__plan *plan, rn__access_list *lists, int32_t first)
{
    const rn__call *head = &plan->program->call[first];

    for (int32_t c = first; c < head->tiles_end; c++) {
        const rn__call *call = &plan->program->call[c];
        const int32_t b = call->address[call->inputs].buffer;
        rn__buffer *buffer = &plan->buffer[b];
        const size_t bytes = (size_t)head->tile * call->bytes[call->inputs];
        if (buffer->kind != RN__TEMPORARY || buffer->lasting || buffer->bytes <= bytes)
            continue;
        if (!only_inside(plan, lists[b].first, first, head->tiles_end)) continue;
        buffer->bytes = bytes;
        if (!set_local(plan, lists[b].first)) return false;
    }
    return true;
}

static bool make_chain(rn__plan *plan, rn__access_list *lists, int32_t first, int32_t end)
{
    rn__call *head = &plan->program->call[first];
    const int64_t tile = tile_of(plan, first, end);

    if (end - first < 2 || rn_shape_count(shape_of(output_of(head))) < TILES * tile)
        return true;
    head->tiles_end = end;
    head->tile = tile;
    for (int32_t c = first; c < end; c++) plan->program->call[c].chain = first;
    return shrink(plan, lists, first);
}

bool rn__fuse(rn__plan *plan)
{
    rn__access_list *lists = rn__accesses(plan);
    int32_t first = 0;

    if (!lists) return false;
    while (first < plan->program->calls) {
        int32_t end = first + 1;
        if (takes_tiles(&plan->program->call[first])) {
            while (end < plan->program->calls && end - first < LONGEST &&
                   joins(plan, first, end))
                end++;
            if (!make_chain(plan, lists, first, end)) return false;
        }
        first = end;
    }
    return true;
}
