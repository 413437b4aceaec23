/* SPDX-License-Identifier: MIT */
/*
 * group_norm -- arXiv:1803.08494: groups of channels, and the axes before them, normalised
 * together. rms_norm -- arXiv:1910.07467, over the last axis.
 *
 *   x  [.., C]    y  [.., C]
 *
 *   group_norm   y = gain .* (x - mean x) / sqrt(variance x + 1e-5) + bias
 *   rms_norm     y = gain .* x / sqrt(mean(x x) + epsilon)
 */
#include "graph/frame.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

static rn_tensor gain_of(rn_scope s, rn_tensor x)
{
    return rn_weight(s, "gain", (rn_shape){1, {rn_size(x, -1)}},
                     (rn_init){RN_INIT_CONSTANT, 1});
}

/* x as [rows, G, elements of a group], normalised. */
static rn_tensor in_groups(rn_tensor x, int64_t G, int spatial)
{
    static const int exchange[4] = {0, 2, 1, 3};
    const rn_shape s = rn_shape_get(x);
    const int64_t C = s.size[s.rank - 1] / G;
    int64_t rows = 1, places = 1;

    for (int i = 0; i < s.rank - 1; i++)
        *(i < s.rank - 1 - spatial ? &rows : &places) *= s.size[i];
    rn_tensor y = rn_permute(rn_reshape(x, (rn_shape){4, {rows, places, G, C}}), exchange);
    y = rn_normalize(rn_reshape(y, (rn_shape){3, {rows, G, places * C}}), 1e-5);
    y = rn_permute(rn_reshape(y, (rn_shape){4, {rows, G, places, C}}), exchange);
    return rn_reshape(y, s);
}

rn_tensor rn_group_norm(rn_scope scope, const char *name, rn_tensor x, int64_t groups,
                        int spatial)
{
    char text[160];
    rn__frame f;

    if (rn_is_null(x))
        return rn__null_refuse(scope.graph, "group_norm", name, RN__NULL_X, x);
    if (groups < 1 || spatial < 0 || spatial > rn_rank(x) - 1 || rn_size(x, -1) < 1 ||
        rn_size(x, -1) % groups)
        return rn_fail(x.graph,
                       "group_norm: x has not %lld groups of channels and %d axes "
                       "before: %s got %s",
                       (long long)groups, spatial, name ? name : "",
                       rn__describe(x, text, sizeof text));
    rn__frame_enter(&f, "group_norm", name, x, rn_null());
    const rn_scope s = rn_scope_in(scope, name);
    const rn_tensor y = rn_mul(gain_of(s, x), in_groups(x, groups, spatial));
    const rn_tensor bias =
        rn_weight(s, "bias", (rn_shape){1, {rn_size(x, -1)}}, (rn_init){RN_INIT_ZEROS, 0});
    return rn__frame_leave(&f, rn_add(y, bias));
}

rn_tensor rn_rms_norm(rn_scope scope, const char *name, rn_tensor x, double epsilon)
{
    const int last = -1;
    rn__frame f;

    if (rn_is_null(x)) return rn__null_refuse(scope.graph, "rms_norm", name, RN__NULL_X, x);
    if (rn_rank(x) < 1 || rn_size(x, -1) < 1 || !(epsilon >= 0))
        return rn_fail(x.graph,
                       "rms_norm: the last axis must have elements, and epsilon "
                       "must not be negative: %s",
                       name ? name : "");
    rn__frame_enter(&f, "rms_norm", name, x, rn_null());
    const rn_tensor square = rn_mean_square(x, &last, 1, true);
    const rn_tensor root = rn_sqrt(rn_offset(square, epsilon > 0 ? epsilon : 1e-5));
    const rn_tensor gain = gain_of(rn_scope_in(scope, name), x);
    return rn__frame_leave(&f, rn_mul(gain, rn_div(x, root)));
}
