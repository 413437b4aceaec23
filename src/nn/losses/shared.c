/* SPDX-License-Identifier: MIT */
/* Functions that the losses share. */
#include "nn/losses/losses.h"

bool rn__loss_alike(const char *what, rn_tensor x, rn_tensor y)
{
    char x_text[128], y_text[128];
    const char *fault = NULL;

    if (rn_is_null(x) || rn_is_null(y))
        fault = "a tensor is null";
    else if (rn_type_get(x) != rn_type_get(y) || !rn__is_real(rn_type_get(x)))
        fault = "x and y must have the same real type";
    else if (!rn_shape_equal(rn_shape_get(x), rn_shape_get(y)))
        fault = "x and y must have the same shape";
    if (fault)
        rn_fail(rn_is_null(x) ? y.graph : x.graph, "%s: %s: %s %s and %s %s", what, fault,
                rn_type_name(rn_type_get(x)), rn__describe(x, x_text, sizeof x_text),
                rn_type_name(rn_type_get(y)), rn__describe(y, y_text, sizeof y_text));
    return !fault;
}

rn_tensor rn__loss_null(const char *what, rn_tensor x, rn_tensor y)
{
    return rn__null_from(what, RN__NULL_OPERANDS, (const rn_tensor[]){x, y}, 2);
}

bool rn__loss_factors(const char *what, rn_graph *graph, double l1, double l2)
{
    if (l1 >= 0 && l1 < 1e300 && l2 >= 0 && l2 < 1e300) return true;
    rn_fail(graph, "%s: factors must be at least 0 and finite: %g, %g", what, l1, l2);
    return false;
}
