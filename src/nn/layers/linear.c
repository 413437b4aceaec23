/* SPDX-License-Identifier: MIT */
/*
 * linear -- an affine map of the last axis.
 *
 *   x  [.., I]    y  [.., units]
 *
 *   y = x W + b
 */
#include "graph/frame.h"
#include "rondo/layers.h"
#include "rondo/ops.h"
#include "rondo/recurrent.h"

rn_tensor rn_linear(rn_scope scope, const char *name, rn_tensor x, int64_t units)
{
    if (rn_is_null(x)) return rn__null_refuse(scope.graph, "linear", name, RN__NULL_X, x);
    if (rn_rank(x) < 1)
        return rn_fail(x.graph, "linear: x must have an axis: %s", name ? name : "");
    if (units < 1)
        return rn_fail(x.graph, "linear: units must be positive: %s has %lld",
                       name ? name : "", (long long)units);

    rn__frame f;
    rn__frame_enter(&f, "linear", name, x, rn_null());
    /* All leading axes are joined: one large product. */
    rn_shape shape = rn_shape_get(x), rows = {2, {1, rn_size(x, -1)}};
    for (int i = 0; i + 1 < shape.rank; i++) rows.size[0] *= shape.size[i];
    shape.size[shape.rank - 1] = units;

    const rn_tensor y = rn_gate_input(scope, name, rn_reshape(x, rows), units);
    return rn__frame_leave(&f,
                           rn_reshape(rn_bias(rn_scope_in(scope, name), "b", y, 0), shape));
}
