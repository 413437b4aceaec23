/* SPDX-License-Identifier: MIT */
/*
 * The first pass: a private copy of the graph, in another real type on request.
 *
 * So a graph of any real type can run in f64. Variables keep their type and are converted
 * where they are read and assigned. For the gradient check they are replaced by inputs.
 */
#include "compile/passes.h"

#include <string.h>

#include "ops/retype.h"
#include "rondo/ops.h"

static rn_type converted(const rn__conversion *c, rn_type type)
{
    return c->convert && rn__is_real(type) ? c->real : type;
}

static rn_tensor convert_node(rn__copy_pass *pass, const rn__node *node,
                              const rn_tensor *in)
{
    const rn__conversion *c = (const rn__conversion *)pass->data;
    const void *attributes = node->attributes;

    if (c->convert && node->attribute_size >= sizeof(rn__named_type)) {
        void *changed = rn__arena_new(&pass->arena, node->attribute_size);
        if (!changed) return rn__no_memory(pass->to);
        memcpy(changed, attributes, node->attribute_size);
        if (rn__op_retype(node->op, changed, c->real)) attributes = changed;
    }
    return rn_apply(node->op, in, node->inputs, attributes, node->attribute_size);
}

/* The elements of a constant in another real type. */
static rn_tensor convert_constant(rn__copy_pass *pass, const rn__node *node, rn_type type)
{
    const size_t n = (size_t)rn_shape_count(node->shape);
    const float *from32 = (const float *)node->attributes;
    const double *from64 = (const double *)node->attributes;
    void *data = rn__arena_new(&pass->arena, n * rn_type_size(type));

    if (!data) return rn__no_memory(pass->to);
    for (size_t i = 0; i < n; i++) {
        const double value = node->type == RN_F32 ? (double)from32[i] : from64[i];
        if (type == RN_F32)
            ((float *)data)[i] = (float)value;
        else
            ((double *)data)[i] = value;
    }
    return rn_constant(pass->to, type, node->shape, data);
}

static rn_tensor convert_variable(const rn__conversion *c, rn_graph *to,
                                  const rn__node *leaf)
{
    const rn_type type = converted(c, leaf->type);

    if (c->variables_as_inputs) return rn_input(to, leaf->name, type, leaf->shape);
    return rn_cast(rn_read_variable(to, leaf->variable), type);
}

/* An input keeps its id in the user's graph, for the program's ports. */
static rn_tensor convert_input(rn__copy_pass *pass, const rn__node *leaf, rn_type type)
{
    rn__conversion *c = (rn__conversion *)pass->data;

    while (rn__at(pass->from, c->input) != leaf) c->input++; /* the inputs are in order */
    return rn__append(pass->to, leaf->op, type, leaf->shape, NULL, 0, &c->input,
                      sizeof c->input);
}

static rn_tensor convert_leaf(rn__copy_pass *pass, const rn__node *leaf)
{
    const rn__conversion *c = (const rn__conversion *)pass->data;
    const rn_type type = converted(c, leaf->type);

    if (leaf->op == &rn__op_variable) return convert_variable(c, pass->to, leaf);
    if (leaf->op == &rn__op_input) return convert_input(pass, leaf, type);
    if (leaf->op == &rn__op_constant && type != leaf->type)
        return convert_constant(pass, leaf, type);
    return rn__append(pass->to, leaf->op, type, leaf->shape, NULL, 0, leaf->attributes,
                      leaf->attribute_size);
}

bool rn__convert(rn__copy_pass *pass, rn__conversion *conversion, const int32_t *roots,
                 int count)
{
    pass->node = convert_node;
    pass->leaf = convert_leaf;
    pass->data = conversion;
    return rn__copy_run(pass, roots, count,
                        !conversion->variables_as_inputs && !conversion->omit_assignments);
}
