/* SPDX-License-Identifier: MIT */
/*
 * zoneout -- a random share of a state's elements keeps its old value. Krueger et al. 2016.
 *
 *   h, y  [..]    the old and the next state    z  [..]
 *
 *   training:   z = h where u < rate, else y;    u uniform in [0, 1)
 *   inference:  z = rate h + (1 - rate) y
 */
#include "graph/node.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

static bool fits(const char *name, rn_tensor h, rn_tensor y, double rate)
{
    char one[128], other[128];

    if (!(rate >= 0 && rate < 1))
        rn_fail(y.graph, "zoneout: the rate must be in 0 <= rate < 1: %s has %g",
                name ? name : "", rate);
    else if (!rn__is_real(rn_type_get(y)) || rn_type_get(h) != rn_type_get(y) ||
             !rn_shape_equal(rn_shape_get(h), rn_shape_get(y)))
        rn_fail(y.graph, "zoneout: h and y must be real and alike: %s got %s %s and %s %s",
                name ? name : "", rn_type_name(rn_type_get(h)),
                rn__describe(h, one, sizeof one), rn_type_name(rn_type_get(y)),
                rn__describe(y, other, sizeof other));
    else
        return true;
    return false;
}

rn_tensor rn_zoneout(rn_scope scope, const char *name, rn_tensor h, rn_tensor y,
                     double rate)
{
    if (rn_is_null(h)) return rn__null_refuse(scope.graph, "zoneout", name, RN__NULL_H, h);
    if (rn_is_null(y)) return rn__null_refuse(scope.graph, "zoneout", name, RN__NULL_Y, y);
    if (!fits(name, h, y, rate)) return rn_null();
    if (rate == 0) return y;
    if (scope.inference) return rn_add(rn_scale(h, rate), rn_scale(y, 1 - rate));

    rn_tensor u = rn_uniform(rn_random_ticks(scope, y), rn_random_key_next(scope, name),
                             rn_type_get(y), rn_shape_get(y));
    return rn_where(rn_less(u, rn_constant_like(u, rate)), h, y);
}
