/* SPDX-License-Identifier: MIT */
/* Leaves that a script makes: inputs and constants. */
#include "node.h"
#include "rondo/ops.h"

#include <stdio.h>

/* Whether leaves of this type and shape may be added; says why not. */
static bool valid(rn_graph *graph, const char *what, const char *name, rn_type type,
                  rn_shape shape)
{
    char text[160];

    if (!graph) return false;
    if ((unsigned)type >= RN_TYPES) {
        rn_fail(graph, "%s: no such type: %d", what, (int)type);
        return false;
    }
    if (rn_shape_count(shape) < 0) {
        rn_fail(graph, "%s: no such shape: %s%s%s", what, name, *name ? " " : "",
                rn__shape_text(shape, text, sizeof text));
        return false;
    }
    return true;
}

rn_tensor rn_input(rn_graph *graph, const char *name, rn_type type, rn_shape shape)
{
    if (!graph) return rn_null();
    if (graph->parent)
        return rn_fail(graph, "input: inputs belong outside loops: %s", name ? name : "");
    if (!valid(graph, "input", name ? name : "", type, shape)) return rn_null();
    return rn_name(rn__append(graph, &rn__op_input, type, shape, NULL, 0, NULL, 0), name);
}

rn_tensor rn_constant(rn_graph *graph, rn_type type, rn_shape shape, const void *data)
{
    if (!valid(graph, "constant", "", type, shape)) return rn_null();
    const size_t bytes = (size_t)rn_shape_count(shape) * rn_type_size(type);
    if (bytes && !data) return rn_fail(graph, "constant: no data");
    return rn__append(graph, &rn__op_constant, type, shape, NULL, 0, data, bytes);
}

rn_tensor rn_constant_scalar(rn_graph *graph, rn_type type, double value)
{
    const rn_shape scalar = {0};

    if (!valid(graph, "constant", "", type, scalar)) return rn_null();
    return rn__append(graph, &rn__op_scalar, type, scalar, NULL, 0, &value, sizeof value);
}

rn_tensor rn_constant_like(rn_tensor x, double value)
{
    if (!rn_is_null(x) && !rn__exists(x)) return rn__adopt(x.graph, x, "constant_like");
    return rn_constant_scalar(x.graph, rn_type_get(x), value);
}

rn_tensor rn_fill(rn_graph *graph, rn_type type, rn_shape shape, double value)
{
    if (!valid(graph, "fill", "", type, shape)) return rn_null();
    return rn_broadcast(rn_constant_scalar(graph, type, value), shape);
}

rn_tensor rn_fill_like(rn_tensor x, double value)
{
    return rn_broadcast(rn_constant_like(x, value), rn_shape_get(x));
}

rn_tensor rn_sum_to(rn_tensor x, rn_shape shape)
{
    const rn_shape from = rn_shape_get(x);
    int axes[RN_RANK_MAX], count = 0;
    rn_shape both;
    char text[160], to[160];

    if (rn_is_null(x) || rn_shape_equal(from, shape)) return x;
    if (!rn__exists(x)) return rn__adopt(x.graph, x, "sum_to");
    if (!rn_shape_broadcast(shape, from, &both) || !rn_shape_equal(both, from))
        return rn_fail(x.graph, "sum_to: cannot be summed to %s: %s",
                       rn__shape_text(shape, to, sizeof to),
                       rn__describe(x, text, sizeof text));
    for (int i = 0; i < from.rank; i++) {
        const int j = i - (from.rank - shape.rank);
        if (j < 0 || (shape.size[j] == 1 && from.size[i] != 1)) axes[count++] = i;
    }
    return rn_reshape(count ? rn_sum(x, axes, count, true) : x, shape);
}
