/* SPDX-License-Identifier: MIT */
/*
 * Place: one workspace for all buffers.
 *
 * A buffer holds something from its first access to its last; where that is inside a loop
 * and the buffer belongs outside, for all of the loop. Two buffers may share memory when
 * one's time is over before the other's begins. The largest are placed first, each at the
 * lowest free place.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 64 };

/* ---- lifetimes ---- */

static void touch(rn__plan *plan, const rn__address *address, int32_t c)
{
    const rn__call *call = plan->program->call;

    if (address->buffer < 0) return;
    rn__buffer *b = &plan->buffer[address->buffer];
    int32_t first = c, last = c;

    /* What a chain touches it touches again with each tile. */
    if (call[c].chain >= 0) {
        first = call[c].chain;
        last = call[first].tiles_end - 1;
    }
    /* Out of the loops that the buffer does not belong to. */
    for (int32_t home = call[c].home; home != b->home && home >= 0;
         home = call[home].home) {
        first = home;
        last = call[home].end - 1;
    }
    if (first < b->first) b->first = first;
    if (last > b->last) b->last = last;
}

static void find_lifetimes(rn__plan *plan)
{
    const int32_t end = plan->program->calls;

    for (int32_t i = 0; i < plan->buffers; i++) {
        plan->buffer[i].first = end;
        plan->buffer[i].last = -1;
    }
    for (int32_t c = 0; c < end; c++) {
        rn__call *call = &plan->program->call[c];
        for (int i = 0; i <= call->inputs; i++) {
            call->address[i] = rn__resolve(plan, call->address[i]);
            touch(plan, &call->address[i], c);
        }
        touch(plan, &call->scratch, c);
        /* A loop's index is written while the body runs. */
        if (call->kind == RN__LOOP && call->address[0].buffer >= 0)
            plan->buffer[call->address[0].buffer].last = call->end - 1;
    }
    for (int32_t i = 0; i < plan->buffers; i++) {
        rn__buffer *b = &plan->buffer[i];
        if (b->kind == RN__KEPT) b->first = 0;
        if (b->kind == RN__KEPT || (b->lasting && b->last >= 0)) b->last = end;
        if (b->lasting && b->last < 0) b->first = b->last = end;
    }
}

/* ---- offsets ---- */

static int larger_first(const void *x, const void *y)
{
    const rn__buffer *a = *(rn__buffer *const *)x, *b = *(rn__buffer *const *)y;

    if (a->bytes != b->bytes) return a->bytes < b->bytes ? 1 : -1;
    return a < b ? -1 : 1;
}

/* Buffers that need memory in the workspace, largest first. */
static int32_t candidates(rn__plan *plan, rn__buffer **list)
{
    int32_t n = 0;

    for (int32_t i = 0; i < plan->buffers; i++) {
        rn__buffer *b = &plan->buffer[i];
        if (b->parent < 0 && b->kind != RN__EXTERNAL && b->last >= 0) list[n++] = b;
    }
    qsort(list, (size_t)n, sizeof *list, larger_first);
    return n;
}

static bool padded(size_t bytes, size_t *out)
{
    if (bytes > PTRDIFF_MAX - LINE) return false;
    *out = (bytes + LINE - 1) / LINE * LINE;
    return true;
}

/* The lowest gap among `placed`, which are in order of place. */
static bool find_gap(rn__buffer *b, rn__buffer *const *placed, int32_t n, size_t *end)
{
    size_t at = 0, bytes, size = 0;

    if (!padded(b->bytes, &bytes)) return false;
    for (int32_t i = 0; i < n; i++) {
        const rn__buffer *other = placed[i];
        if (other->last < b->first || b->last < other->first) continue;
        if (other->place >= at && other->place - at >= bytes) break;
        padded(other->bytes, &size);
        if (other->place + size > at) at = other->place + size;
    }
    b->place = at;
    return rn__sum_sizes(at, bytes, end);
}

static void insert(rn__buffer **placed, int32_t n, rn__buffer *b)
{
    while (n > 0 && placed[n - 1]->place > b->place) {
        placed[n] = placed[n - 1];
        n--;
    }
    placed[n] = b;
}

static bool find_places(rn__plan *plan, size_t *workspace)
{
    rn__arena *arena = &plan->live.arena;
    const size_t n = (size_t)plan->buffers;
    rn__buffer **list = (rn__buffer **)rn__arena_new(arena, n * sizeof *list);
    rn__buffer **placed = (rn__buffer **)rn__arena_new(arena, n * sizeof *placed);

    *workspace = 0;
    if (!list || !placed) return false;
    const int32_t count = candidates(plan, list);
    for (int32_t i = 0; i < count; i++) {
        size_t end;
        if (!find_gap(list[i], placed, i, &end)) return false;
        insert(placed, i, list[i]);
        if (end > *workspace) *workspace = end;
    }
    return true;
}

/* ---- memory ---- */

static void fill(const rn__node *node, char *to)
{
    if (node->op == &rn__op_constant) {
        if (node->attribute_size) memcpy(to, node->attributes, node->attribute_size);
        return;
    }
    rn__scalar_store(node->type, *(const double *)node->attributes, to);
}

static void set_base(rn__plan *plan, rn__address *address)
{
    if (address->buffer < 0) return;
    *address = rn__resolve(plan, *address);
    const rn__buffer *b = &plan->buffer[address->buffer];
    char *start = b->kind == RN__EXTERNAL ? (char *)b->variable->data
                                          : plan->program->workspace + b->place;
    address->base = start + address->offset;
}

bool rn__place(rn__plan *plan)
{
    rn_program *p = plan->program;

    find_lifetimes(plan);
    if (find_places(plan, &p->workspace_bytes))
        p->workspace = (char *)rn__allocate_aligned(p->allocator, p->workspace_bytes, true);
    if (!p->workspace) {
        plan->graph->root->no_memory = !plan->graph->root->failed;
        rn_fail(plan->graph, "compile: no memory for a workspace of %zu bytes",
                p->workspace_bytes);
        return false;
    }
    for (int32_t c = 0; c < p->calls; c++) {
        for (int i = 0; i <= p->call[c].inputs; i++) set_base(plan, &p->call[c].address[i]);
        set_base(plan, &p->call[c].scratch);
    }
    for (int i = 0; i < p->inputs; i++)
        if (p->input[i].used) set_base(plan, &p->input[i].address);
    for (int i = 0; i < p->outputs; i++) set_base(plan, &p->output[i].address);
    for (int32_t i = 0; i < plan->buffers; i++)
        if (plan->buffer[i].constant && plan->buffer[i].parent < 0)
            fill(plan->buffer[i].constant, p->workspace + plan->buffer[i].place);
    return true;
}
