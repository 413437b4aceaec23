/* SPDX-License-Identifier: MIT */
/*
 * cumsum -- the sums of the elements so far, along one axis.
 *
 *   x  [.., n, ..]    f32, f64 or i32
 *   y  [.., n, ..]
 *
 *   y[.., i, ..] = x[.., 0, ..] + .. + x[.., i, ..]
 *   dx           = the sums of dy from the other end
 *
 * If exclusive without the last term, so the first sum is 0; if reverse from the end: the
 * terms n - 1 .. i. Terms are added one after the other, those of f32 in f64.
 */
#include "ops/along.h"

#if RN_IS_NUMBER
RN_KERNEL(cumsum)
{
    return rn__cumsum(call);
}
#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    (void)t;
    return NULL;
}

static void gradient(rn_pullback *p)
{
    const rn__cumsum_attributes *a = (const rn__cumsum_attributes *)p->attributes;
    const rn_cumsum_options turned = {.exclusive = a->exclusive != 0,
                                      .reverse = !a->reverse};

    p->dx[0] = rn_cumsum(p->dy, (int)a->axis, turned);
}

const rn_op rn__op_cumsum = {RN_NAMED(cumsum),           .inputs = 1,
                             .flags = RN_OP_ADDITIVE,    .shape = shape,
                             .divide = rn__along_divide, .batch = rn__along_batch,
                             .gradient = gradient};

rn_tensor rn_cumsum(rn_tensor x, int axis, rn_cumsum_options options)
{
    const rn__cumsum_attributes a = {rn__op_axis(&rn__op_cumsum, x, axis),
                                     options.exclusive, options.reverse};

    if (rn_is_null(x)) return rn__null_from("cumsum", RN__NULL_X, &x, 1);
    if (a.axis < 0) return rn_null();
    return rn_apply(&rn__op_cumsum, &x, 1, &a, sizeof a);
}

#endif
