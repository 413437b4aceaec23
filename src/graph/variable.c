/* SPDX-License-Identifier: MIT */
/* Variables: values that persist between runs, reference-counted. */
#include "graph/node.h"

rn_variable *rn_variable_new(rn_allocator allocator, const char *name, rn_type type,
                             rn_shape shape)
{
    const int64_t count = rn_shape_count(shape);
    if (count < 0 || (unsigned)type >= RN_TYPES || !name) return NULL;

    rn_variable *v = (rn_variable *)rn__new(allocator, sizeof *v);
    if (!v) return NULL;
    v->allocator = allocator;
    atomic_init(&v->references, 1);
    v->type = type;
    v->shape = shape;
    v->bytes = (size_t)count * rn_type_size(type);
    v->name = rn__copy_string(allocator, name);
    v->data = rn__allocate_aligned(allocator, v->bytes, true);
    if (!v->name || !v->data) {
        rn_variable_release(v);
        return NULL;
    }
    return v;
}

rn_variable *rn_variable_retain(rn_variable *v)
{
    if (v) atomic_fetch_add_explicit(&v->references, 1, memory_order_relaxed);
    return v;
}

void rn_variable_release(rn_variable *v)
{
    if (!v || atomic_fetch_sub_explicit(&v->references, 1, memory_order_acq_rel) > 1)
        return;
    rn__free(v->allocator, v->name);
    rn__free_aligned(v->allocator, v->data);
    rn__free(v->allocator, v);
}

const char *rn_variable_name(const rn_variable *v)
{
    return v ? v->name : "";
}

rn_type rn_variable_type(const rn_variable *v)
{
    return v ? v->type : RN_F32;
}

rn_shape rn_variable_shape(const rn_variable *v)
{
    return v ? v->shape : (rn_shape){.rank = -1};
}

void *rn_variable_data(rn_variable *v)
{
    return v ? v->data : NULL;
}

rn_tensor rn_read_variable(rn_graph *graph, rn_variable *variable)
{
    if (!graph) return rn__null_from("read_variable", RN__NULL_GRAPH, NULL, 0);
    graph = graph->root;
    if (!variable) return rn_fail(graph, "read_variable: the variable is NULL");
    const rn__key key = {variable, RN__INDEX_VARIABLE, 0};
    const int32_t known = rn__index_find(&graph->index, key);
    if (known >= 0) return rn__tensor(graph, known);

    rn_tensor x = rn__append(graph, &rn__op_variable, variable->type, variable->shape, NULL,
                             0, NULL, 0);
    if (rn_is_null(x)) return x;
    rn__node_of(x)->variable = rn_variable_retain(variable);
    if (!rn__remember(graph, key, x.id)) return rn_null();
    return rn_name(x, variable->name);
}

/* Whether the value can be assigned to the variable; false with an error. */
static bool assignable(rn_tensor variable, rn_tensor value)
{
    char a[160], b[160];

    if (rn__node_of(variable)->op != &rn__op_variable) {
        rn_fail(variable.graph, "assign: not a variable: %s",
                rn__describe(variable, a, sizeof a));
        return false;
    }
    if (rn_type_get(variable) != rn_type_get(value) ||
        !rn_shape_equal(rn_shape_get(variable), rn_shape_get(value))) {
        rn_fail(variable.graph, "assign: type or shape differs: %s %s becomes %s %s",
                rn_type_name(rn_type_get(variable)), rn__describe(variable, a, sizeof a),
                rn_type_name(rn_type_get(value)), rn__describe(value, b, sizeof b));
        return false;
    }
    return true;
}

rn_tensor rn_assign(rn_tensor variable, rn_tensor value)
{
    const rn_tensor both[2] = {variable, value};

    if (!variable.graph && !value.graph)
        return rn__null_from("assign", RN__NULL_OPERANDS, both, 2);
    if (rn_is_null(variable)) return rn__adopt(value.graph, variable, "assign");
    if (rn_is_null(rn__adopt(variable.graph, variable, "assign"))) return rn_null();
    value = rn__adopt(variable.graph, value, "assign");
    if (rn_is_null(value) || !assignable(variable, value)) return rn_null();

    rn_graph *g = variable.graph;
    rn__node *node = rn__node_of(variable);
    if (node->assignment) {
        g->assignment[node->assignment - 1].value = value.id;
        return value;
    }
    if (g->assignments == g->assignment_capacity) {
        const int capacity = g->assignment_capacity * 2 + 8;
        rn__assignment *more = (rn__assignment *)rn__resize(
            g->allocator, g->assignment, (size_t)capacity * sizeof *more);
        if (!more) return rn__no_memory(g);
        g->assignment = more;
        g->assignment_capacity = capacity;
    }
    g->assignment[g->assignments++] = (rn__assignment){variable.id, value.id};
    node->assignment = g->assignments;
    return value;
}
