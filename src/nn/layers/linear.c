/* SPDX-License-Identifier: MIT */
/*
 * linear -- an affine map of the last axis.
 *
 *   x  [.., I]    y  [.., units]
 *
 *   y = x W + b
 */
#include "frame.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

rn_tensor rn_linear(rn_scope scope, const char *name, rn_tensor x, int64_t units)
{
    if (rn_is_null(x))
        return rn_fail(scope.graph, "linear: x is the null tensor: %s", name ? name : "");
    if (rn_rank(x) < 1)
        return rn_fail(x.graph, "linear: x must have an axis: %s", name ? name : "");
    if (units < 1)
        return rn_fail(x.graph, "linear: units must be positive: %s has %lld",
                       name ? name : "", (long long)units);

    rn__frame f;
    rn__frame_enter(&f, "linear", name, x, rn_null());
    const rn_scope s = rn_scope_in(scope, name);
    const int64_t I = rn_size(x, -1);
    rn_tensor w =
        rn_weight(s, "w", (rn_shape){2, {I, units}}, (rn_init){RN_INIT_GLOROT_UNIFORM, 1});
    rn_tensor b = rn_weight(s, "b", (rn_shape){1, {units}}, (rn_init){RN_INIT_ZEROS, 0});

    /* All leading axes as one: one large product. */
    rn_shape shape = rn_shape_get(x), rows = {2, {1, I}};
    for (int i = 0; i + 1 < shape.rank; i++) rows.size[0] *= shape.size[i];
    shape.size[shape.rank - 1] = units;
    return rn__frame_leave(&f,
                           rn_reshape(rn_add(rn_matmul(rn_reshape(x, rows), w), b), shape));
}
