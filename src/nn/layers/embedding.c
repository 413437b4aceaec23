/* SPDX-License-Identifier: MIT */
/*
 * embedding -- a learned row for each index.
 *
 *   indices  [..] i32, each in 0 .. count - 1    y  [.., units]
 *
 *   y[i] = W[indices[i]]
 */
#include "graph/frame.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

rn_tensor rn_embedding(rn_scope scope, const char *name, rn_tensor indices, int64_t count,
                       int64_t units)
{
    return rn_embedding_init(scope, name, indices, count, units,
                             (rn_init){RN_INIT_NORMAL, 1});
}

rn_tensor rn_embedding_init(rn_scope scope, const char *name, rn_tensor indices,
                            int64_t count, int64_t units, rn_init init)
{
    char text[128];

    if (rn_is_null(indices))
        return rn__null_refuse(scope.graph, "embedding", name, RN__NULL_INDICES, indices);
    if (rn_type_get(indices) != RN_I32)
        return rn_fail(indices.graph, "embedding: indices must be i32: %s got %s %s",
                       name ? name : "", rn_type_name(rn_type_get(indices)),
                       rn__describe(indices, text, sizeof text));
    if (count < 1 || units < 1)
        return rn_fail(indices.graph,
                       "embedding: count and units must be positive: %s has %lld and %lld",
                       name ? name : "", (long long)count, (long long)units);

    rn__frame f;
    rn__frame_enter(&f, "embedding", name, indices, rn_null());
    rn_tensor w =
        rn_weight(rn_scope_in(scope, name), "w", (rn_shape){2, {count, units}}, init);
    return rn__frame_leave(&f, rn_take(w, indices));
}
