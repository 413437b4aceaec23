/* SPDX-License-Identifier: MIT */
/*
 * dropout -- in training a random share of the elements is set to zero. Srivastava et al.
 * 2014.
 *
 *   x  [..]    y  [..]
 *
 *   y = x / (1 - rate) where u >= rate, else 0;    u uniform in [0, 1)
 *
 * Each use of a name has its own key. A mask is dropout of ones; multiply by it to share
 * one draw.
 */
#include "graph/node.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

/* False with an error on the graph; what: function and operand. */
static bool fits(rn_graph *graph, const char *const what[2], const char *name, rn_type type,
                 double rate)
{
    if (!(rate >= 0 && rate < 1))
        rn_fail(graph, "%s: the rate must be in 0 <= rate < 1: %s has %g", what[0],
                name ? name : "", rate);
    else if (!rn__is_real(type))
        rn_fail(graph, "%s: %s must be real: %s got %s", what[0], what[1], name ? name : "",
                rn_type_name(type));
    else
        return true;
    return false;
}

static rn_tensor drop(rn_scope scope, const char *name, rn_tensor x, double rate)
{
    if (scope.inference || rate == 0) return x;

    rn_tensor u = rn_uniform(rn_random_ticks(scope, x), rn_random_key_next(scope, name),
                             rn_type_get(x), rn_shape_get(x));
    rn_tensor kept = rn_greater_equal(u, rn_constant_like(u, rate));
    return rn_where(kept, rn_scale(x, 1 / (1 - rate)), rn_constant_like(x, 0));
}

rn_tensor rn_dropout(rn_scope scope, const char *name, rn_tensor x, double rate)
{
    static const char *const what[2] = {"dropout", "x"};

    if (rn_is_null(x)) return rn__null_refuse(scope.graph, "dropout", name, RN__NULL_X, x);
    if (!fits(x.graph, what, name, rn_type_get(x), rate)) return rn_null();
    return drop(scope, name, x, rate);
}

rn_tensor rn_dropout_mask(rn_scope scope, const char *name, rn_type type, rn_shape shape,
                          double rate)
{
    static const char *const what[2] = {"dropout_mask", "the mask"};
    char text[128];

    if (!scope.graph) return rn__null_from("dropout_mask", RN__NULL_SCOPE, NULL, 0);
    if (!fits(scope.graph, what, name, type, rate)) return rn_null();
    if (rn_shape_count(shape) < 0)
        return rn_fail(scope.graph, "dropout_mask: invalid shape: %s %s", name ? name : "",
                       rn__shape_text(shape, text, sizeof text));
    return drop(scope, name, rn_fill(scope.graph, type, shape, 1), rate);
}
