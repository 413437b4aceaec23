/* SPDX-License-Identifier: MIT */
/* Buffers, and how values lie in them. */
#include "plan/planner.h"

#include <string.h>

int32_t rn__plan_buffer(rn__planner *p, size_t bytes)
{
    rn__plan *plan = p->plan;

    if (plan->buffers == plan->buffer_capacity) {
        const int32_t capacity = plan->buffer_capacity * 2 + 64;
        rn__buffer *more = (rn__buffer *)rn__resize(plan->allocator, plan->buffer,
                                                    (size_t)capacity * sizeof *more);
        if (!more) {
            rn__no_memory(p->graph);
            return -1;
        }
        plan->buffer = more;
        plan->buffer_capacity = capacity;
    }
    plan->buffer[plan->buffers] = (rn__buffer){.kind = RN__BUFFER_TEMPORARY,
                                               .bytes = bytes,
                                               .leaf = -1,
                                               .home = p->home,
                                               .part.buffer = -1};
    return plan->buffers++;
}

rn__layout *rn__plan_layout(rn__planner *p, const rn_graph *graph, int32_t id)
{
    rn__arena *arena = &p->live.arena;
    const size_t graphs = (size_t)graph->root->body_count + 1;

    if (!p->layout)
        p->layout = (rn__layout **)rn__arena_new(arena, graphs * sizeof(void *));
    if (!p->layout) return NULL;
    rn__layout **layout = &p->layout[graph->number];
    if (!*layout)
        *layout =
            (rn__layout *)rn__arena_new(arena, (size_t)graph->count * sizeof **layout);
    return *layout ? *layout + id : NULL;
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

bool rn__layout_new(rn__planner *p, const rn__node *node, rn__layout *out)
{
    memset(out, 0, sizeof *out);
    rn__layout_dense(node->shape, out->stride);
    out->address.buffer = rn__plan_buffer(p, rn__node_bytes(node));
    return out->address.buffer >= 0;
}

rn__operand rn__layout_operand(rn_type type, rn_shape shape, const rn__layout *layout)
{
    rn__operand operand = {.type = type, .rank = shape.rank, .at = layout->address};

    memcpy(operand.size, shape.size, sizeof operand.size);
    memcpy(operand.stride, layout->stride, sizeof operand.stride);
    return operand;
}

bool rn__layout_view(const rn__node *node, const rn__node *in, const rn__layout *from,
                     rn__layout *out)
{
    rn_array source = {.type = in->type, .rank = in->shape.rank};
    rn_array view = {.type = node->type, .rank = node->shape.rank};
    int64_t offset = 0;

    memcpy(source.size, in->shape.size, sizeof source.size);
    memcpy(source.stride, from->stride, sizeof source.stride);
    memcpy(view.size, node->shape.size, sizeof view.size);
    if (!node->op->view(&source, &view, &offset, node->attributes)) return false;
    *out = *from;
    memcpy(out->stride, view.stride, sizeof out->stride);
    out->address.offset += offset * (int64_t)rn_type_size(node->type);
    return true;
}
