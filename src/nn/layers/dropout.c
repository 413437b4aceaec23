/* SPDX-License-Identifier: MIT */
/*
 * dropout -- in training a random share of the elements is zero. Srivastava et al. 2014.
 *
 *   x  [..]    y  [..]
 *
 *   y = x / (1 - rate) where u >= rate, else 0;    u uniform in [0, 1)
 */
#include "node.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

rn_tensor rn_dropout(rn_scope scope, const char *name, rn_tensor x, double rate)
{
    if (rn_is_null(x))
        return rn_fail(scope.graph, "dropout: x is the null tensor: %s", name ? name : "");
    if (!(rate >= 0 && rate < 1))
        return rn_fail(x.graph, "dropout: the rate must be in 0 <= rate < 1: %s has %g",
                       name ? name : "", rate);
    if (!rn__is_real(rn_type_get(x)))
        return rn_fail(x.graph, "dropout: x must be real: %s got %s", name ? name : "",
                       rn_type_name(rn_type_get(x)));
    if (scope.inference || rate == 0) return x;

    rn_tensor u = rn_uniform(rn_random_ticks(scope, x), rn_random_key(scope, name),
                             rn_type_get(x), rn_shape_get(x));
    rn_tensor kept = rn_greater_equal(u, rn_constant_like(u, rate));
    return rn_where(kept, rn_scale(x, 1 / (1 - rate)), rn_constant_like(x, 0));
}
