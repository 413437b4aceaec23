/* SPDX-License-Identifier: MIT */
/*
 * Place: one workspace for all buffers.
 *
 * A buffer holds something from its first access to its last; where that is inside a loop
 * and the buffer belongs outside, for all of the loop. Two buffers may share memory when
 * one's time is over before the other's begins; offsets.c finds where they lie.
 */
#include "compile/plan.h"

#include <stdio.h>
#include <string.h>

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
        call->limit = rn__resolve(plan, call->limit);
        touch(plan, &call->limit, c);
        touch(plan, &call->scratch, c);
        /* A loop's index is written while the body runs. */
        const rn__address *index = &call->address[call->inputs];
        if (call->kind == RN__LOOP && index->buffer >= 0)
            plan->buffer[index->buffer].last = call->end - 1;
    }
    for (int32_t i = 0; i < plan->buffers; i++) {
        rn__buffer *b = &plan->buffer[i];
        if (b->kind == RN__KEPT) b->first = 0;
        if (b->kind == RN__KEPT || (b->lasting && b->last >= 0)) b->last = end;
        if (b->lasting && b->last < 0) b->first = b->last = end;
    }
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

/* Says what the workspace would be, and which value takes most of it. */
static bool no_workspace(rn__plan *plan)
{
    const rn_program *p = plan->program;
    size_t most = 0;
    char shape[128], largest[320] = "";

    for (int32_t c = 0; c < p->calls; c++) {
        const rn__call *call = &p->call[c];
        const int32_t at = call->node ? call->address[call->inputs].buffer : -1;
        if (at < 0 || plan->buffer[at].bytes <= most) continue;
        most = plan->buffer[at].bytes;
        snprintf(largest, sizeof largest, "; the largest value: %s %.100s %s %s, %zu bytes",
                 call->node->op->name, call->node->name ? call->node->name : "",
                 rn_type_name(call->node->type),
                 rn__shape_text(call->node->shape, shape, sizeof shape), most);
    }
    for (int i = 0; i < p->inputs; i++) {
        const rn__port *port = &p->input[i];
        if (!port->used || port->bytes <= most) continue;
        most = port->bytes;
        snprintf(largest, sizeof largest,
                 "; the largest value: input %.100s %s %s, %zu bytes", port->name,
                 rn_type_name(port->array.type),
                 rn__shape_text(rn_shape_of(port->array.rank, port->array.size), shape,
                                sizeof shape),
                 most);
    }
    plan->graph->root->no_memory = !plan->graph->root->failed;
    rn_fail(plan->graph, "compile: out of memory for a workspace of %zu bytes%s",
            p->workspace_bytes, largest);
    return false;
}

bool rn__place(rn__plan *plan)
{
    rn_program *p = plan->program;

    find_lifetimes(plan);
    if (rn__find_offsets(plan, &p->workspace_bytes))
        p->workspace = (char *)rn__allocate_aligned(p->allocator, p->workspace_bytes, true);
    if (!p->workspace) return no_workspace(plan);
    for (int32_t c = 0; c < p->calls; c++) {
        for (int i = 0; i <= p->call[c].inputs; i++) set_base(plan, &p->call[c].address[i]);
        set_base(plan, &p->call[c].scratch);
        set_base(plan, &p->call[c].limit);
    }
    for (int i = 0; i < p->inputs; i++)
        if (p->input[i].used) set_base(plan, &p->input[i].address);
    for (int i = 0; i < p->outputs; i++) set_base(plan, &p->output[i].address);
    for (int32_t i = 0; i < plan->buffers; i++)
        if (plan->buffer[i].constant && plan->buffer[i].parent < 0)
            fill(plan->buffer[i].constant, p->workspace + plan->buffer[i].place);
    return true;
}
