/* SPDX-License-Identifier: MIT */
/*
 * zoneout -- a random share of a state's elements keeps its old value. Krueger et al. 2016.
 *
 *   old, next  [..]    y  [..]
 *
 *   training:   y = old where u < rate, else next;    u uniform in [0, 1)
 *   inference:  y = rate old + (1 - rate) next
 */
#include "graph/node.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

static bool fits(const char *name, rn_tensor old, rn_tensor next, double rate)
{
    char one[128], other[128];

    if (!(rate >= 0 && rate < 1))
        rn_fail(next.graph, "zoneout: the rate must be in 0 <= rate < 1: %s has %g",
                name ? name : "", rate);
    else if (!rn__is_real(rn_type_get(next)) || rn_type_get(old) != rn_type_get(next) ||
             !rn_shape_equal(rn_shape_get(old), rn_shape_get(next)))
        rn_fail(next.graph,
                "zoneout: old and next must be real and alike: %s got %s %s and %s %s",
                name ? name : "", rn_type_name(rn_type_get(old)),
                rn__describe(old, one, sizeof one), rn_type_name(rn_type_get(next)),
                rn__describe(next, other, sizeof other));
    else
        return true;
    return false;
}

rn_tensor rn_zoneout(rn_scope scope, const char *name, rn_tensor old, rn_tensor next,
                     double rate)
{
    if (rn_is_null(old))
        return rn__null_refuse(scope.graph, "zoneout", name, RN__NULL_X, old);
    if (rn_is_null(next))
        return rn__null_refuse(scope.graph, "zoneout", name, RN__NULL_Y, next);
    if (!fits(name, old, next, rate)) return rn_null();
    if (rate == 0) return next;
    if (scope.inference) return rn_add(rn_scale(old, rate), rn_scale(next, 1 - rate));

    rn_tensor u = rn_uniform(rn_random_ticks(scope, next), rn_random_key_next(scope, name),
                             rn_type_get(next), rn_shape_get(next));
    return rn_where(rn_less(u, rn_constant_like(u, rate)), old, next);
}
