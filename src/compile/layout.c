/* SPDX-License-Identifier: MIT */
/* Buffers, and how values lie in them. */
#include "compile/plan.h"

#include <string.h>

int32_t rn__plan_buffer(rn__plan *plan, size_t bytes)
{
    if (plan->buffers == plan->buffer_capacity) {
        const int32_t capacity = plan->buffer_capacity * 2 + 64;
        rn__buffer *more = (rn__buffer *)rn__resize(plan->graph->allocator, plan->buffer,
                                                    (size_t)capacity * sizeof *more);
        if (!more) {
            rn__no_memory(plan->graph);
            return -1;
        }
        plan->buffer = more;
        plan->buffer_capacity = capacity;
    }
    plan->buffer[plan->buffers] = (rn__buffer){
        .kind = RN__TEMPORARY, .bytes = bytes, .home = plan->home, .parent = -1};
    return plan->buffers++;
}

rn__layout *rn__plan_layout(rn__plan *plan, const rn_graph *graph, int32_t id)
{
    rn__arena *arena = &plan->live.arena;
    const size_t graphs = (size_t)graph->root->body_count + 1;

    if (!plan->layout)
        plan->layout = (rn__layout **)rn__arena_new(arena, graphs * sizeof(void *));
    if (!plan->layout) return NULL;
    rn__layout **layout = &plan->layout[graph->number];
    if (!*layout)
        *layout =
            (rn__layout *)rn__arena_new(arena, (size_t)graph->count * sizeof **layout);
    return *layout ? *layout + id : NULL;
}

bool rn__plan_reads_tail(rn__plan *plan, const rn_graph *graph, int32_t id, int32_t limit)
{
    const size_t graphs = (size_t)graph->root->body_count + 1;

    if (!plan->reader)
        plan->reader =
            (int32_t **)rn__arena_new(&plan->live.arena, graphs * sizeof(void *));
    if (!plan->reader) {
        rn__no_memory(plan->graph);
        return true;
    }
    int32_t **reader = &plan->reader[graph->number];
    if (!*reader) *reader = rn__tails_find(plan, graph);
    return !*reader || rn__tail_is_read(*reader, id, limit);
}

size_t rn__node_bytes(const rn__node *node)
{
    return (size_t)rn_shape_count(node->shape) * rn_type_size(node->type);
}

bool rn__layout_is_dense(rn_shape shape, const int64_t *stride)
{
    int64_t step = 1;

    for (int i = shape.rank - 1; i >= 0; i--) {
        if (shape.size[i] == 0) return true;
        if (shape.size[i] != 1 && stride[i] != step) return false;
        step *= shape.size[i];
    }
    return true;
}

bool rn__layout_new(rn__plan *plan, const rn__node *node, rn__layout *out)
{
    memset(out, 0, sizeof *out);
    rn__layout_dense(node->shape, out->stride);
    out->address.buffer = rn__plan_buffer(plan, rn__node_bytes(node));
    return out->address.buffer >= 0;
}

rn_array rn__layout_array(rn_type type, rn_shape shape, const rn__layout *layout)
{
    rn_array array = {.type = type, .rank = shape.rank};

    memcpy(array.size, shape.size, sizeof array.size);
    memcpy(array.stride, layout->stride, sizeof array.stride);
    return array;
}

bool rn__layout_view(const rn__node *node, const rn__node *in, const rn__layout *from,
                     rn__layout *out)
{
    const rn_array source = rn__layout_array(in->type, in->shape, from);
    rn_array view = {.type = node->type, .rank = node->shape.rank};
    int64_t offset = 0;

    memcpy(view.size, node->shape.size, sizeof view.size);
    if (!node->op->view(&source, &view, &offset, node->attributes)) return false;
    *out = *from;
    memcpy(out->stride, view.stride, sizeof out->stride);
    out->address.offset += offset * (int64_t)rn_type_size(node->type);
    return true;
}
