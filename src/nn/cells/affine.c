/* SPDX-License-Identifier: MIT */
/* The affine part of a gate with options, its limits and its activation. */
#include "nn/cells/affine.h"

#include <stdio.h>

#include "graph/node.h"
#include "rondo/ops.h"

/* y + the weight name/part, initially `value`. */
static rn_tensor biased(rn_scope scope, const char *name, const char *part, rn_tensor y,
                        double value)
{
    char text[32];

    snprintf(text, sizeof text, "%s/%s", name, part);
    return rn_bias(scope, text, y, value);
}

rn_tensor rn__cell_input(rn_scope scope, const char *name, rn_tensor x, int64_t units,
                         const rn_cell_options *options)
{
    const rn_tensor y = rn_gate_input(scope, name, x, units);

    return options->no_bias ? y : biased(scope, name, "b", y, 0);
}

rn_tensor rn__cell_state(rn_scope scope, const char *name, rn_tensor h, int64_t units,
                         const rn_cell_options *options)
{
    const rn_tensor y = rn_gate_state(scope, name, h, units);

    return options->no_bias ? y : biased(scope, name, "bu", y, 0);
}

rn_tensor rn__cell_affine(rn_scope scope, const char *name, rn_tensor x, rn_tensor h,
                          int64_t units, double bias, const rn_cell_options *options)
{
    rn_tensor wx = rn_gate_input(scope, name, x, units);
    const rn_tensor uh = rn_gate_state(scope, name, h, units);

    if (!options->no_bias) wx = biased(scope, name, "b", wx, bias);
    if (!options->no_bias && options->two_biases) wx = biased(scope, name, "bu", wx, 0);
    return rn_add(wx, uh);
}

rn_tensor rn__cell_clip(rn_tensor x, double limit)
{
    if (limit == 0 || rn_is_null(x)) return x;
    if (!(limit > 0))
        return rn_fail(x.graph, "cell: a clip must not be negative: %g", limit);
    x = rn_minimum(x, rn_constant_like(x, limit));
    return rn_maximum(x, rn_constant_like(x, -limit));
}

rn_tensor rn__cell_activate(rn_activation activation, rn_activation other, rn_tensor x,
                            const rn_cell_options *options)
{
    x = rn__cell_clip(x, options->clip);
    return activation ? activation(x) : other(x);
}
