/* SPDX-License-Identifier: MIT */
/* Constant folding: an element-wise operator on scalar constants is computed here. */
#include "compile/passes.h"
#include "ops/table.h"

enum { OPERANDS = 4 };

static bool scalar_constant(rn_tensor x)
{
    return rn__node_of(x)->op == &rn__op_scalar;
}

/* An element as a double. */
static double load(rn_type type, const void *at)
{
    switch (type) {
    case RN_F32:
        return (double)*(const float *)at;
    case RN_F64:
        return *(const double *)at;
    case RN_I32:
        return *(const int32_t *)at;
    case RN_BOOL:
        return *(const uint8_t *)at;
    }
    return 0;
}

rn_tensor rn__fold(rn_graph *to, const rn__node *node, const rn_tensor *in)
{
    double x[OPERANDS], y = 0;
    const void *pointers[OPERANDS];
    int64_t steps[OPERANDS];
    rn_type types[OPERANDS];
    rn_shape shapes[OPERANDS];

    if (node->inputs < 1 || node->inputs > OPERANDS) return rn_null();
    for (int i = 0; i < node->inputs; i++) {
        if (!scalar_constant(in[i])) return rn_null();
        types[i] = rn_type_get(in[i]);
        shapes[i] = rn_shape_get(in[i]);
        rn__scalar_store(types[i], *(const double *)rn__node_of(in[i])->attributes, &x[i]);
        pointers[i] = &x[i];
        steps[i] = 1;
    }
    rn_typing t = {.inputs = node->inputs,
                   .in_type = types,
                   .in_shape = shapes,
                   .attributes = node->attributes};
    if (rn__op_type(node->op, &t) || (node->op->flags & RN_OP_IMPURE)) return rn_null();
    const rn_map map = rn__op_code(node->op, (rn_type)t.variant).map;
    if (!map) return rn_null();
    map(1, pointers, steps, &y, node->attributes);
    return rn_constant_scalar(to, t.type, load(t.type, &y));
}
