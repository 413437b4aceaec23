/* SPDX-License-Identifier: MIT */
/* The graph as an object: allocation, its error, and properties of tensors. */
#include "graph/frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

rn_graph *rn_graph_new(void)
{
    return rn_graph_new_using((rn_allocator){0});
}

/* The only state that all graphs of a process share. Numbers repeat after 2^32 - 1
 * graphs. */
static uint32_t next_serial(void)
{
    static atomic_uint_least32_t last;
    uint32_t serial = 0;

    while (serial == 0)
        serial = (uint32_t)atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    return serial;
}

rn_graph *rn_graph_new_using(rn_allocator allocator)
{
    rn_graph *graph = (rn_graph *)rn__new(allocator, sizeof *graph);

    if (!graph) return NULL;
    graph->root = graph;
    graph->serial = next_serial();
    graph->allocator = graph->arena.allocator = allocator;
    return graph;
}

rn_graph *rn__body_new(rn_graph *parent, rn_loop *loop)
{
    rn_graph *root = parent->root;
    rn_graph *body = (rn_graph *)rn__arena_new(&root->arena, sizeof *body);

    if (!body) {
        rn__no_memory(root);
        return NULL;
    }
    body->root = root;
    body->serial = root->serial;
    body->parent = parent;
    body->loop = loop;
    body->number = ++root->body_count;
    body->next_body = root->bodies;
    root->bodies = body;
    return body;
}

void rn_graph_free(rn_graph *graph)
{
    if (!graph) return;
    const rn_allocator a = graph->root->allocator;
    graph = graph->root;
    for (int32_t i = 0; i < graph->count; i++)
        rn_variable_release(graph->node[i]->variable);
    for (rn_graph *body = graph->bodies; body; body = body->next_body)
        rn__free(a, body->node);
    rn__free(a, graph->node);
    rn__free(a, graph->assignment);
    rn__index_finish(a, &graph->index);
    rn__arena_finish(&graph->arena);
    rn__free(a, graph);
}

const char *rn_graph_error(const rn_graph *graph)
{
    return graph ? graph->root->error
                 : "graph: it is NULL: rn_graph_new was not called or ran out of memory";
}

rn_tensor rn_fail(rn_graph *graph, const char *format, ...)
{
    char own[64], *text = graph ? graph->root->error : own;
    const size_t capacity = graph ? sizeof graph->error : sizeof own;
    va_list arguments;

    if (graph && graph->root->failed) return rn_null();
    if (!format) format = "an error without a message";
    va_start(arguments, format);
    vsnprintf(text, capacity, format, arguments);
    va_end(arguments);
    if (!graph) {
        own[strcspn(own, ": ")] = 0;
        return rn__null_from(own, RN__NULL_UNSTATED, NULL, 0);
    }
    graph->root->failed = true;
    rn__frame_blame(graph->root);
    return rn_null();
}

void rn__fail_within(rn_graph *graph, const char *what)
{
    rn_graph *root = graph->root;
    char error[sizeof root->error];

    if (!root->failed || root->no_memory) return;
    memcpy(error, root->error, sizeof error);
    snprintf(root->error, sizeof root->error, "%.100s: %.400s", what, error);
}

void rn__fail_as(rn_graph *graph, const rn_graph *other)
{
    const rn_graph *from = other->root;

    if (!graph->root->failed) graph->root->no_memory = from->no_memory;
    rn_fail(graph, "%s", from->failed ? from->error : "compile: a pass failed");
}

rn_tensor rn__no_memory(rn_graph *graph)
{
    if (graph && !graph->root->failed) graph->root->no_memory = true;
    return rn_fail(graph, "graph: out of memory");
}

rn_tensor rn__no_memory_for(rn_graph *graph, const char *what, const char *name,
                            rn_type type, rn_shape shape)
{
    const long long count = (long long)rn_shape_count(shape);
    char text[160];

    if (graph && !graph->root->failed) graph->root->no_memory = true;
    return rn_fail(graph, "%s: out of memory: %.200s%s%s %s, %lld bytes", what, name,
                   *name ? " " : "", rn_type_name(type),
                   rn__shape_text(shape, text, sizeof text),
                   count * (long long)rn_type_size(type));
}

rn_tensor rn_null(void)
{
    return (rn_tensor){NULL, -1, 0};
}

bool rn_is_null(rn_tensor x)
{
    return x.graph == NULL;
}

rn_shape rn_shape_get(rn_tensor x)
{
    return rn__exists(x) ? rn__node_of(x)->shape : (rn_shape){.rank = -1};
}

rn_type rn_type_get(rn_tensor x)
{
    return rn__exists(x) ? rn__node_of(x)->type : RN_F32;
}

int rn_rank(rn_tensor x)
{
    return rn_shape_get(x).rank;
}

int64_t rn_size(rn_tensor x, int axis)
{
    const rn_shape shape = rn_shape_get(x);
    const int64_t at = axis < 0 ? (int64_t)axis + shape.rank : axis;

    return at < 0 || at >= shape.rank ? -1 : shape.size[at];
}

rn_tensor rn_name(rn_tensor x, const char *name)
{
    if (rn_is_null(x) || !name) return x;
    if (!rn__exists(x)) return rn__adopt(x.graph, x, "name");
    const char *copy = rn__arena_string(&x.graph->root->arena, name);
    if (!copy) return rn__no_memory(x.graph);
    rn__node_of(x)->name = copy;
    return x;
}

const char *rn_name_get(rn_tensor x)
{
    const char *name = rn__exists(x) ? rn__node_of(x)->name : NULL;

    return name ? name : "";
}
