/* SPDX-License-Identifier: MIT */
/*
 * layer_norm -- arXiv:1607.06450, over the last axis.
 *
 *   x  [.., N]    y  [.., N]
 *
 *   y = gain .* (x - mean x) / sqrt(variance x + 1e-5) + bias
 */
#include "graph/frame.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

rn_tensor rn_layer_norm(rn_scope scope, const char *name, rn_tensor x)
{
    if (rn_is_null(x))
        return rn__null_refuse(scope.graph, "layer_norm", name, RN__NULL_X, x);
    if (rn_rank(x) < 1 || rn_size(x, -1) < 1)
        return rn_fail(x.graph, "layer_norm: the last axis must have elements: %s",
                       name ? name : "");

    rn__frame f;
    rn__frame_enter(&f, "layer_norm", name, x, rn_null());
    const rn_scope s = rn_scope_in(scope, name);
    const int64_t N = rn_size(x, -1);
    rn_tensor gain =
        rn_weight(s, "gain", (rn_shape){1, {N}}, (rn_init){RN_INIT_CONSTANT, 1});
    rn_tensor bias = rn_weight(s, "bias", (rn_shape){1, {N}}, (rn_init){RN_INIT_ZEROS, 0});

    return rn__frame_leave(&f, rn_normalize_affine(x, gain, bias, 1e-5));
}
