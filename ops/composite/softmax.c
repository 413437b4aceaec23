/* SPDX-License-Identifier: MIT */
/*
 * softmax, log_softmax and logsumexp along one axis. With
 *
 *   m = max x, or 0 where that is not finite     (a constant to the gradient)
 *   e = exp(x - m),  s = sum of e                (at most n; at least 1 but for x all -inf)
 *
 *   logsumexp   = log s + m
 *   softmax     = e / s
 *   log_softmax = x - m - log s
 *
 * Apart from the effect of rounding x and dy by u, which is 2^-53 (f64) or 2^-24 (f32), the
 * error of gradients is at most 8 u times
 *
 *   softmax       y (|dy| + sum of |dy| y)
 *   log_softmax   |dy| + e^y sum of |dy|
 *
 * which is large relative to dx only where one element has nearly all of the sum.
 *
 * If all x are -inf, s is 0 and is replaced by 1: logsumexp and log_softmax are -inf,
 * softmax and the gradients are 0. If an x is +inf, logsumexp is +inf, and the softmax of
 * this element is NaN.
 */
#include "graph/frame.h"
#include "ops/op.h"

#include <math.h>

typedef struct parts {
    rn_tensor m, centred, e, s, empty;
} parts;

static parts parts_of(rn_tensor x, int axis)
{
    const rn_tensor largest = rn_stop_gradient(rn_max(x, &axis, 1, true));
    const rn_tensor zero = rn_constant_like(x, 0), one = rn_constant_like(x, 1);
    parts p;

    p.m = rn_where(rn_is_finite(largest), largest, zero);
    p.centred = rn_sub(x, p.m);
    p.e = rn_exp(p.centred);
    p.s = rn_sum(p.e, &axis, 1, true);
    p.empty = rn_equal(p.s, zero);
    p.s = rn_where(p.empty, one, p.s);
    return p;
}

rn_tensor rn_logsumexp(rn_tensor x, int axis, bool keep)
{
    rn__frame f;

    if (!rn__frame_enter_real(&f, "logsumexp", x)) return rn__frame_leave(&f, rn_null());
    const parts p = parts_of(x, axis);
    const rn_tensor none = rn_constant_like(x, -(double)INFINITY);
    const rn_tensor y = rn_where(p.empty, none, rn_add(rn_log(p.s), p.m));

    return rn__frame_leave(&f, keep ? y : rn_squeeze(y, axis));
}

rn_tensor rn_softmax(rn_tensor x, int axis)
{
    rn__frame f;

    if (!rn__frame_enter_real(&f, "softmax", x)) return rn__frame_leave(&f, rn_null());
    const parts p = parts_of(x, axis);
    return rn__frame_leave(&f, rn_div(p.e, p.s));
}

rn_tensor rn_log_softmax(rn_tensor x, int axis)
{
    rn__frame f;

    if (!rn__frame_enter_real(&f, "log_softmax", x)) return rn__frame_leave(&f, rn_null());
    const parts p = parts_of(x, axis);
    return rn__frame_leave(&f, rn_sub(p.centred, rn_log(p.s)));
}
