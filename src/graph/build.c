/* SPDX-License-Identifier: MIT */
/* Building: appends nodes, and finds the graph that operands belong to. */
#include "graph/frame.h"

#include <stdio.h>
#include <string.h>

#include "graph/message.h"

static bool reserve(rn_graph *graph)
{
    if (graph->count < graph->capacity) return true;
    if (graph->capacity > INT32_MAX / 4) return false;
    const int32_t capacity = graph->capacity * 2 + 64;
    rn__node **more = (rn__node **)rn__resize(graph->root->allocator, (void *)graph->node,
                                              (size_t)capacity * sizeof *more);
    if (!more) return false;
    graph->node = more;
    graph->capacity = capacity;
    return true;
}

static void *copy(rn__arena *arena, const void *data, size_t bytes)
{
    void *memory = rn__arena_new(arena, bytes);

    if (memory && bytes) memcpy(memory, data, bytes);
    return memory;
}

rn_tensor rn__append(rn_graph *graph, const rn_op *op, rn_type type, rn_shape shape,
                     const int32_t *in, int inputs, const void *attributes, size_t size)
{
    char text[160];

    if (!graph || graph->root->failed) return rn_null();
    if (rn_shape_count(shape) < 0)
        return rn_fail(graph, "%s: invalid shape: %s", op->name,
                       rn__shape_text(shape, text, sizeof text));

    rn__arena *arena = &graph->root->arena;
    rn__node *node = (rn__node *)rn__arena_new(arena, sizeof *node);
    if (!node || !reserve(graph)) return rn__no_memory(graph);
    *node = (rn__node){.op = op,
                       .type = type,
                       .variant = type,
                       .shape = shape,
                       .inputs = inputs,
                       .gradient = graph->root->gradient,
                       .frame = rn__frame_recorded(graph->root),
                       .attribute_size = size,
                       .limit = {.id = -1}};
    node->in = (int32_t *)copy(arena, in, (size_t)inputs * sizeof *in);
    node->attributes = copy(arena, attributes, size);
    if (op == &rn__op_constant && !node->attributes)
        return rn__no_memory_for(graph, op->name, "", type, shape);
    if (!node->in || !node->attributes) return rn__no_memory(graph);
    graph->node[graph->count] = node;
    return rn__tensor(graph, graph->count++);
}

void *rn__list_add(rn_graph *graph, rn__list *list, size_t size)
{
    if (list->count == list->capacity) {
        const int capacity = list->capacity * 2 + 4;
        void *more = rn__arena_new(&graph->root->arena, (size_t)capacity * size);
        if (!more) {
            rn__no_memory(graph);
            return NULL;
        }
        if (list->count) memcpy(more, list->at, (size_t)list->count * size);
        list->at = more;
        list->capacity = capacity;
    }
    return (char *)list->at + (size_t)list->count++ * size;
}

bool rn__remember(rn_graph *graph, rn__key key, int32_t node)
{
    rn_graph *root = graph->root;

    if (rn__index_add(root->allocator, &root->index, key, node)) return true;
    rn__no_memory(root);
    return false;
}

/* ---- which graph ---- */

bool rn__encloses(const rn_graph *outer, const rn_graph *inner)
{
    while (inner && inner != outer) inner = inner->parent;
    return inner == outer;
}

rn_graph *rn__innermost(const rn_tensor *x, int count)
{
    rn_graph *graph = NULL;

    for (int i = 0; i < count; i++)
        if (!rn_is_null(x[i]) && (!graph || rn__encloses(graph, x[i].graph)))
            graph = x[i].graph;
    return graph;
}

/* The leaf of the body for a tensor of its parent; a second call returns the same leaf. */
static rn_tensor capture(rn_graph *body, rn_tensor outer)
{
    rn_loop *loop = body->loop;
    const rn__key key = {loop, RN__INDEX_CAPTURE, outer.id};
    const int32_t known = rn__index_find(&body->root->index, key);

    if (known >= 0) return rn__tensor(body, known);
    const rn__node *node = rn__node_of(outer);
    rn_tensor leaf =
        rn__append(body, &rn__op_capture, node->type, node->shape, NULL, 0, NULL, 0);
    if (rn_is_null(leaf)) return leaf;
    rn__node_of(leaf)->loop = loop;
    rn__pair *pair = (rn__pair *)rn__list_add(body, &loop->capture, sizeof *pair);
    if (!pair || !rn__remember(body, key, leaf.id)) return rn_null();
    *pair = (rn__pair){.outer = outer.id, .leaf = leaf.id};
    return leaf;
}

rn_tensor rn__adopt(rn_graph *graph, rn_tensor x, const char *what)
{
    char text[160];

    if (rn_is_null(x))
        return rn_fail(graph, "%s: given the null tensor%s", what,
                       rn__null_text(x, text, sizeof text));
    if (!rn__exists(x))
        return rn_fail(graph, "%s: tensor %d does not exist%s", what, (int)x.id,
                       x.serial == x.graph->serial || x.serial == 0
                           ? ""
                           : " any more: its graph was freed");
    if (x.graph == graph) return x;
    if (x.graph->root != graph->root)
        return rn_fail(graph, "%s: tensor of another graph: %s", what,
                       rn__describe(x, text, sizeof text));
    if (!graph->parent || !rn__encloses(x.graph, graph))
        return rn_fail(graph, "%s: tensor of a loop's body used outside it: %s", what,
                       rn__describe(x, text, sizeof text));
    if (graph->loop->ended)
        return rn_fail(graph, "%s: the loop has ended: %s", what,
                       rn__describe(x, text, sizeof text));
    x = rn__adopt(graph->parent, x, what);
    return rn_is_null(x) ? x : capture(graph, x);
}

/* ---- applying an operator ---- */

/* The rule of an element-wise operator: one type, shapes broadcast. */
static const char *elementwise(rn_typing *t)
{
    for (int i = 1; i < t->inputs; i++) {
        if (t->in_type[i] != t->type) return "types differ";
        if (!rn_shape_broadcast(t->shape, t->in_shape[i], &t->shape))
            return "shapes do not broadcast";
    }
    return NULL;
}

/* Appends the operands' types, for a message of a shape rule about types. */
static void append_types(const rn_typing *t, char *what, size_t capacity)
{
    size_t used = strlen(what);

    for (int i = 0; i < t->inputs && i < 4 && used < capacity; i++)
        used += (size_t)snprintf(what + used, capacity - used, "%s%s", i ? ", " : " (",
                                 rn_type_name(t->in_type[i]));
    if (used < capacity) snprintf(what + used, capacity - used, ")");
}

static rn_tensor refuse_typing(const rn_op *op, const rn_tensor *in, const rn_typing *t,
                               const char *phrase)
{
    char what[2 * RN_MESSAGE];

    snprintf(what, sizeof what, "%s%s%s", phrase, t->detail[0] ? ": " : "", t->detail);
    if (strstr(phrase, "type")) append_types(t, what, sizeof what);
    return rn__refuse(op, in, t->inputs, what);
}

const char *rn__op_type(const rn_op *op, rn_typing *t)
{
    t->variant = -1;
    if (t->inputs > 0) {
        t->type = t->in_type[0];
        t->shape = t->in_shape[0];
    }
    const char *phrase = op->shape ? op->shape(t) : elementwise(t);
    if (phrase) return phrase;
    if (t->variant < 0) t->variant = (int)t->type;
    /* The rule may be a user's. */
    if ((int)t->type < 0 || (int)t->type >= RN_TYPES || t->variant >= RN_TYPES)
        return "its shape rule sets an invalid type";
    if (t->shape.rank < 0 || t->shape.rank > RN_RANK_MAX)
        return "its shape rule sets an invalid rank";

    return rn__op_takes(op, (rn_type)t->variant) ? NULL : "not defined for this type";
}

enum { FEW = 16 };

/* `in` are tensors of `graph`, none null. */
static rn_tensor apply(rn_graph *graph, const rn_op *op, const rn_tensor *in, int inputs,
                       const void *attributes, size_t size)
{
    rn_type few_types[FEW], *types = few_types;
    rn_shape few_shapes[FEW], *shapes = few_shapes;
    int32_t few_ids[FEW], *ids = few_ids;

    if (inputs > FEW) {
        rn__arena *arena = &graph->root->arena;
        types = (rn_type *)rn__arena_new(arena, (size_t)inputs * sizeof *types);
        shapes = (rn_shape *)rn__arena_new(arena, (size_t)inputs * sizeof *shapes);
        ids = (int32_t *)rn__arena_new(arena, (size_t)inputs * sizeof *ids);
        if (!types || !shapes || !ids) return rn__no_memory(graph);
    }
    for (int i = 0; i < inputs; i++) {
        types[i] = rn_type_get(in[i]);
        shapes[i] = rn_shape_get(in[i]);
        ids[i] = in[i].id;
    }
    rn_typing t = {
        .inputs = inputs, .in_type = types, .in_shape = shapes, .attributes = attributes};
    const char *phrase = rn__op_type(op, &t);
    if (phrase) return refuse_typing(op, in, &t, phrase);
    rn_tensor y = rn__append(graph, op, t.type, t.shape, ids, inputs, attributes, size);
    if (rn_is_null(y)) return y;
    rn__node_of(y)->variant = (rn_type)t.variant;
    rn__frame_note(y);
    return graph->root->failed ? rn_null() : y;
}

rn_tensor rn_apply(const rn_op *op, const rn_tensor *in, int inputs, const void *attributes,
                   size_t size)
{
    rn_graph *graph = in ? rn__innermost(in, inputs) : NULL;
    rn_tensor few[FEW], *own = few;
    char text[128];

    if (!graph)
        return rn__null_from(op ? op->name : NULL,
                             inputs == 1 ? RN__NULL_X : RN__NULL_OPERANDS, in, inputs);
    if (graph->root->failed) return rn_null();
    if (!op || !op->name)
        return rn_fail(graph, "apply: %s", op ? "the operator has no name" : "no operator");
    if (rn__op_fault(op))
        return rn_fail(graph, "%s: its record: %s", op->name, rn__op_fault(op));
    if (size && !attributes)
        return rn_fail(graph, "%s: %zu bytes of attributes, but no pointer to them",
                       op->name, size);
    if (op->inputs >= 0 && op->inputs != inputs)
        return rn_fail(graph, "%s: takes %d operands, given %d", op->name, op->inputs,
                       inputs);
    if (inputs > FEW) {
        own = (rn_tensor *)rn__arena_new(&graph->root->arena, (size_t)inputs * sizeof *own);
        if (!own) return rn__no_memory(graph);
    }
    if (graph->loop && graph->loop->ended)
        return rn__refuse(op, in, inputs,
                          "the loop has ended; rn_loop_collect returns its values");
    for (int i = 0; i < inputs; i++) {
        if (rn_is_null(in[i]))
            return rn_fail(graph, "%s: operand %d is the null tensor%s", op->name, i,
                           rn__null_text(in[i], text, sizeof text));
        own[i] = rn__adopt(graph, in[i], op->name);
        if (rn_is_null(own[i])) return rn_null();
    }
    return apply(graph, op, own, inputs, attributes, size);
}
