/* SPDX-License-Identifier: MIT */
/*
 * Elements that a condition does not select have no influence on the gradient.
 *
 *   w = where(c, f(x), y)      dx = where(c, f'(x) dw, 0)
 *
 * and not f'(x) where(c, dw, 0), which is NaN where f'(x) is infinite, such as that of a
 * square root at 0. So a cotangent keeps the condition that made it zero, through
 * element-wise operators. Where these end, or where it is added to a cotangent without the
 * same condition, the zeros are set again.
 */
#include "autodiff/sweep.h"
#include "rondo/ops.h"

static const rn__mask none = {-1, false, true};

/* Whether the operator selects between operands by a bool, as where does. */
static bool chooses(const rn__node *node)
{
    return (node->op->flags & RN_OP_CHOOSES) != 0;
}

bool rn__mask_passes(const rn__node *node)
{
    return !chooses(node) && rn__is_elementwise(node->op);
}

/* The condition as a tensor that is true where the cotangent is not zero. */
static rn_tensor kept(const rn__sweep *s, rn__mask mask)
{
    const rn_tensor c = rn__tensor(s->primals->target, mask.condition);

    return mask.inverted ? rn_logical_not(c) : c;
}

/* Both conditions. */
static rn__mask both(const rn__sweep *s, rn__mask a, rn__mask b)
{
    if (a.condition < 0) return b;
    if (a.condition == b.condition && a.inverted == b.inverted) return b;
    const rn_tensor c = rn_logical_and(kept(s, a), kept(s, b));
    return rn_is_null(c) ? none : (rn__mask){c.id, false, true};
}

rn__mask rn__mask_of_input(const rn__sweep *s, int32_t id, int i, rn_tensor condition,
                           rn_tensor dy, rn_tensor dx)
{
    const rn__node *node = rn__at(s->primals->source, id);
    rn__mask mask = s->mask[id];

    if (chooses(node))
        return i == 0 ? none : both(s, mask, (rn__mask){condition.id, i == 2, true});
    if (mask.condition < 0 || !rn__mask_passes(node)) return none;
    mask.applied = mask.applied && dx.id == dy.id;
    return mask;
}

rn_tensor rn__mask_apply(rn_tensor dx, rn__mask *mask)
{
    if (rn_is_null(dx) || mask->applied) return dx;
    const rn_tensor c = rn__tensor(dx.graph, mask->condition),
                    zero = rn_constant_like(dx, 0);
    mask->applied = true;
    return mask->inverted ? rn_where(c, zero, dx) : rn_where(c, dx, zero);
}

static bool same(rn__mask a, rn__mask b)
{
    return a.condition == b.condition && a.inverted == b.inverted;
}

bool rn__mask_add(rn__sweep *s, int32_t id, rn_tensor dx, rn__mask mask)
{
    rn__mask *old = &s->mask[id];

    if (s->cotangent[id] >= 0 && !same(*old, mask)) {
        if (rn_is_null(rn__sweep_get(s, id))) return false;
        dx = rn__mask_apply(dx, &mask);
        mask = none;
    } else if (s->cotangent[id] >= 0) {
        mask.applied = mask.applied && old->applied;
    }
    if (!rn__sweep_add(s, id, dx)) return false;
    *old = mask;
    return true;
}
