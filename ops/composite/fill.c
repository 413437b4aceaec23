/* SPDX-License-Identifier: MIT */
/* Tensors with all elements equal. */
#include "ops/op.h"

#include "graph/node.h"

rn_tensor rn_fill(rn_graph *graph, rn_type type, rn_shape shape, double value)
{
    if (!graph) return rn__null_from("fill", RN__NULL_GRAPH, NULL, 0);
    if (!rn__leaf_valid(graph, "fill", "", type, shape)) return rn_null();
    return rn_broadcast(rn__scalar(graph, "fill", type, value, ""), shape);
}

rn_tensor rn_fill_like(rn_tensor x, double value)
{
    return rn_broadcast(rn__scalar_like("fill_like", x, value), rn_shape_get(x));
}
