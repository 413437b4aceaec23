/* SPDX-License-Identifier: MIT */
/* A tensor summed to a smaller shape: the adjoint of a broadcast. */
#include "ops/op.h"

#include "graph/node.h"

rn_tensor rn_sum_to(rn_tensor x, rn_shape shape)
{
    const rn_shape from = rn_shape_get(x);
    int axes[RN_RANK_MAX], count = 0;
    rn_shape both;
    char text[160], to[160];

    if (rn_is_null(x)) return rn__null_from("sum_to", RN__NULL_X, &x, 1);
    if (rn_shape_equal(from, shape)) return x;
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
