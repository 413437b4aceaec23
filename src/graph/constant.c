/* SPDX-License-Identifier: MIT */
/* Inputs and constants. */
#include "graph/node.h"

#include <math.h>
#include <stdio.h>

bool rn__leaf_valid(rn_graph *graph, const char *what, const char *name, rn_type type,
                    rn_shape shape)
{
    char text[160];

    if ((unsigned)type >= RN_TYPES) {
        rn_fail(graph, "%s: invalid type: %d", what, (int)type);
        return false;
    }
    if (rn_shape_count(shape) < 0) {
        rn_fail(graph, "%s: invalid shape: %s%s%s", what, name, *name ? " " : "",
                rn__shape_text(shape, text, sizeof text));
        return false;
    }
    return true;
}

rn_tensor rn_input(rn_graph *graph, const char *name, rn_type type, rn_shape shape)
{
    if (!graph) return rn__null_from("input", RN__NULL_GRAPH, NULL, 0);
    if (graph->parent)
        return rn_fail(graph, "input: inputs belong outside loops: %s", name ? name : "");
    if (!rn__leaf_valid(graph, "input", name ? name : "", type, shape)) return rn_null();
    return rn_name(rn__append(graph, &rn__op_input, type, shape, NULL, 0, NULL, 0), name);
}

rn_tensor rn_constant(rn_graph *graph, rn_type type, rn_shape shape, const void *data)
{
    if (!graph) return rn__null_from("constant", RN__NULL_GRAPH, NULL, 0);
    if (!rn__leaf_valid(graph, "constant", "", type, shape)) return rn_null();
    const size_t bytes = (size_t)rn_shape_count(shape) * rn_type_size(type);
    if (bytes && !data) return rn_fail(graph, "constant: no data");
    return rn__append(graph, &rn__op_constant, type, shape, NULL, 0, data, bytes);
}

void rn__scalar_store(rn_type type, double value, void *at)
{
    switch (type) {
    case RN_F32:
        *(float *)at = (float)value;
        break;
    case RN_F64:
        *(double *)at = value;
        break;
    case RN_I32:
        *(int32_t *)at = (int32_t)value;
        break;
    case RN_BOOL:
        *(uint8_t *)at = value != 0;
        break;
    }
}

bool rn__scalar_fits(rn_type type, double value)
{
    return type != RN_I32 ||
           (value >= INT32_MIN && value <= INT32_MAX && value == (double)(int32_t)value);
}

rn_tensor rn__scalar(rn_graph *graph, const char *what, rn_type type, double value,
                     const char *of)
{
    if (!graph) return rn__null_from(what, RN__NULL_GRAPH, NULL, 0);
    if (!rn__leaf_valid(graph, what, "", type, (rn_shape){0})) return rn_null();
    if (!rn__scalar_fits(type, value))
        return rn_fail(graph, "%s: %s cannot hold %.10g%s", what, rn_type_name(type),
                       value == value ? value : fabs(value), of);
    if (type == RN_BOOL) value = value != 0;
    return rn__append(graph, &rn__op_scalar, type, (rn_shape){0}, NULL, 0, &value,
                      sizeof value);
}

rn_tensor rn__scalar_like(const char *what, rn_tensor x, double value)
{
    char text[128], of[192];

    if (rn_is_null(x)) return rn__null_from(what, RN__NULL_X, &x, 1);
    if (!rn__exists(x)) return rn__adopt(x.graph, x, what);
    snprintf(of, sizeof of, "; cast to f32 first: %s", rn__describe(x, text, sizeof text));
    return rn__scalar(x.graph, what, rn_type_get(x), value, of);
}

rn_tensor rn_constant_scalar(rn_graph *graph, rn_type type, double value)
{
    return rn__scalar(graph, "constant", type, value, "");
}

rn_tensor rn_constant_like(rn_tensor x, double value)
{
    return rn__scalar_like("constant_like", x, value);
}
