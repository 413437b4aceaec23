/* SPDX-License-Identifier: MIT */
/* The graph as an object: making, freeing, its error, and questions about tensors. */
#include "node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

rn_graph *rn_graph_new(void)
{
    return rn_graph_new_using((rn_allocator){0});
}

rn_graph *rn_graph_new_using(rn_allocator allocator)
{
    rn_graph *graph = (rn_graph *)rn__new(allocator, sizeof *graph);

    if (!graph) return NULL;
    graph->root = graph;
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
    return graph ? graph->root->error : "graph: out of memory";
}

rn_tensor rn_fail(rn_graph *graph, const char *format, ...)
{
    if (graph && !graph->root->failed) {
        va_list arguments;

        graph = graph->root;
        graph->failed = true;
        va_start(arguments, format);
        vsnprintf(graph->error, sizeof graph->error, format, arguments);
        va_end(arguments);
    }
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
    rn_fail(graph, "%s", from->failed ? from->error : "compile: a pass gave up");
}

rn_tensor rn__no_memory(rn_graph *graph)
{
    if (graph && !graph->root->failed) graph->root->no_memory = true;
    return rn_fail(graph, "graph: out of memory");
}

rn_tensor rn_null(void)
{
    return (rn_tensor){NULL, -1};
}

bool rn_is_null(rn_tensor x)
{
    return x.graph == NULL;
}

rn_shape rn_shape_get(rn_tensor x)
{
    return rn_is_null(x) ? (rn_shape){.rank = -1} : rn__node_of(x)->shape;
}

rn_type rn_type_get(rn_tensor x)
{
    return rn_is_null(x) ? RN_F32 : rn__node_of(x)->type;
}

int rn_rank(rn_tensor x)
{
    return rn_shape_get(x).rank;
}

int64_t rn_size(rn_tensor x, int axis)
{
    const rn_shape shape = rn_shape_get(x);

    if (axis < 0) axis += shape.rank;
    return axis < 0 || axis >= shape.rank ? -1 : shape.size[axis];
}

rn_tensor rn_name(rn_tensor x, const char *name)
{
    if (rn_is_null(x) || !name) return x;
    const char *copy = rn__arena_string(&x.graph->root->arena, name);
    if (!copy) return rn__no_memory(x.graph);
    rn__node_of(x)->name = copy;
    return x;
}

const char *rn_name_get(rn_tensor x)
{
    const char *name = rn_is_null(x) ? NULL : rn__node_of(x)->name;

    return name ? name : "";
}
