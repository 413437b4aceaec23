/* SPDX-License-Identifier: MIT */
/*
 * conv1d_layer, conv2d_layer, causal_conv_layer -- convolutions with weights.
 *
 *   y = x * w + b    w [k.., C / G, O] in [-l, l], l = sqrt(6 / (k.. (C / G + O)))
 */
#include "graph/frame.h"
#include "rondo/cells.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

#include <math.h>

/* A kernel of these axes. Null with an error. */
static rn_tensor kernel(rn_scope s, const char *what, const char *name, rn_tensor x,
                        const int64_t *size, int axes, int64_t groups, int64_t units)
{
    rn_shape shape = {.rank = axes + 2};
    double taps = 1;
    bool valid = units > 0 && groups >= 0 && rn_rank(x) > axes;

    for (int i = 0; i < axes; i++) {
        valid = valid && size[i] > 0;
        shape.size[i] = size[i];
        taps *= (double)size[i];
    }
    if (!valid)
        return rn_fail(x.graph, "%s: sizes must be positive, and x have axes for them: %s",
                       what, name ? name : "");
    shape.size[axes] = rn_size(x, -1) / (groups ? groups : 1);
    shape.size[axes + 1] = units;
    const double ends = taps * ((double)shape.size[axes] + (double)units);
    return rn_weight(rn_scope_in(s, name), "w", shape,
                     (rn_init){RN_INIT_UNIFORM, sqrt(6 / ends)});
}

static rn_tensor biased(rn_scope s, const char *name, rn_tensor y)
{
    return rn_bias(rn_scope_in(s, name), "b", y, 0);
}

rn_tensor rn_conv1d_layer(rn_scope scope, const char *name, rn_tensor x, int64_t units,
                          int64_t size, rn_conv1d_options options)
{
    rn__frame f;

    if (rn_is_null(x))
        return rn__null_refuse(scope.graph, "conv1d_layer", name, RN__NULL_X, x);
    rn__frame_enter(&f, "conv1d_layer", name, x, rn_null());
    const rn_tensor w = kernel(scope, f.what, name, x, &size, 1, options.groups, units);
    const rn_tensor y = rn_conv1d(x, w, options);
    return rn__frame_leave(&f, biased(scope, name, y));
}

rn_tensor rn_conv2d_layer(rn_scope scope, const char *name, rn_tensor x, int64_t units,
                          int64_t height, int64_t width, rn_conv2d_options options)
{
    const int64_t size[2] = {height, width};
    rn__frame f;

    if (rn_is_null(x))
        return rn__null_refuse(scope.graph, "conv2d_layer", name, RN__NULL_X, x);
    rn__frame_enter(&f, "conv2d_layer", name, x, rn_null());
    const rn_tensor w = kernel(scope, f.what, name, x, size, 2, options.groups, units);
    const rn_tensor y = rn_conv2d(x, w, options);
    return rn__frame_leave(&f, biased(scope, name, y));
}

rn_tensor rn_causal_conv_layer(rn_scope scope, const char *name, rn_tensor x, int64_t units,
                               int64_t size, int64_t dilation)
{
    rn__frame f;

    if (rn_is_null(x))
        return rn__null_refuse(scope.graph, "causal_conv_layer", name, RN__NULL_X, x);
    rn__frame_enter(&f, "causal_conv_layer", name, x, rn_null());
    const rn_tensor w = kernel(scope, f.what, name, x, &size, 1, 1, units);
    const rn_tensor y = rn_causal_conv(x, w, dilation);
    return rn__frame_leave(&f, biased(scope, name, y));
}
