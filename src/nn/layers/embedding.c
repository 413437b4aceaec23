/* SPDX-License-Identifier: MIT */
/*
 * embedding -- a learned row for each index.
 *
 *   indices  [..] i32, each in 0 .. count - 1    y  [.., units]
 *
 *   y[i] = W[indices[i]]; 0 where indices[i] is the padding
 */
#include "graph/frame.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

/* `padding`: an index whose row is not read; -1: none. */
static rn_tensor embedding(rn_scope scope, const char *name, rn_tensor indices,
                           int64_t count, int64_t units, rn_init init, int64_t padding)
{
    rn__frame f;

    rn__frame_enter(&f, "embedding", name, indices, rn_null());
    rn_tensor w =
        rn_weight(rn_scope_in(scope, name), "w", (rn_shape){2, {count, units}}, init);
    rn_tensor y = rn_take(w, indices);
    if (padding >= 0) {
        const rn_tensor is = rn_equal(indices, rn_constant_like(indices, (double)padding));
        y = rn_where(rn_expand(is, -1), rn_constant_like(y, 0), y);
    }
    return rn__frame_leave(&f, y);
}

/* False with an error on the graph. */
static bool fits(const char *name, rn_tensor indices, int64_t count, int64_t units)
{
    char text[128];

    if (rn_type_get(indices) != RN_I32)
        rn_fail(indices.graph, "embedding: indices must be i32: %s got %s %s",
                name ? name : "", rn_type_name(rn_type_get(indices)),
                rn__describe(indices, text, sizeof text));
    else if (count < 1 || units < 1)
        rn_fail(indices.graph,
                "embedding: count and units must be positive: %s has %lld and %lld",
                name ? name : "", (long long)count, (long long)units);
    else
        return true;
    return false;
}

rn_tensor rn_embedding(rn_scope scope, const char *name, rn_tensor indices, int64_t count,
                       int64_t units)
{
    return rn_embedding_init(scope, name, indices, count, units,
                             (rn_init){RN_INIT_NORMAL, 1});
}

rn_tensor rn_embedding_init(rn_scope scope, const char *name, rn_tensor indices,
                            int64_t count, int64_t units, rn_init init)
{
    if (rn_is_null(indices))
        return rn__null_refuse(scope.graph, "embedding", name, RN__NULL_INDICES, indices);
    if (!fits(name, indices, count, units)) return rn_null();
    return embedding(scope, name, indices, count, units, init, -1);
}

rn_tensor rn_embedding_padded(rn_scope scope, const char *name, rn_tensor indices,
                              int64_t count, int64_t units, rn_init init, int64_t padding)
{
    if (rn_is_null(indices))
        return rn__null_refuse(scope.graph, "embedding", name, RN__NULL_INDICES, indices);
    if (!fits(name, indices, count, units)) return rn_null();
    if (padding < 0 || padding >= count || padding > INT32_MAX)
        return rn_fail(indices.graph,
                       "embedding: the padding must be an index: %s has %lld of %lld",
                       name ? name : "", (long long)padding, (long long)count);
    return embedding(scope, name, indices, count, units, init, padding);
}
