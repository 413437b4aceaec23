/* SPDX-License-Identifier: MIT */
/*
 * reverse -- the order along one axis reversed.
 *
 *   x  [.., n, ..]    any type
 *   y  [.., n, ..]
 *
 *   y[.., i, ..] = x[.., n - 1 - i, ..]
 *   dx           = dy turned round
 */
#include "ops/op.h"

#if RN_ONCE

typedef struct attributes {
    int64_t axis;
} attributes;

static const char *shape(rn_typing *t)
{
    (void)t;
    return NULL;
}

static bool view(const rn_array *in, rn_array *out, int64_t *offset, const void *data)
{
    const int64_t axis = ((const attributes *)data)->axis, n = in->size[axis];

    for (int i = 0; i < in->rank; i++) out->stride[i] = in->stride[i];
    out->stride[axis] = -in->stride[axis];
    *offset = n > 0 ? (n - 1) * in->stride[axis] : 0;
    return true;
}

static void gradient(rn_pullback *p)
{
    p->dx[0] = rn_reverse(p->dy, (int)((const attributes *)p->attributes)->axis);
}

const rn_op rn__op_reverse = {RN_NAMED(reverse), .kind = RN_KIND_VIEW, .inputs = 1,
                              .shape = shape,    .gradient = gradient, .view = view};

rn_tensor rn_reverse(rn_tensor x, int axis)
{
    const attributes a = {rn__op_axis(&rn__op_reverse, x, axis)};

    if (rn_is_null(x)) return rn__null_from("reverse", RN__NULL_X, &x, 1);
    if (a.axis < 0) return rn_null();
    return rn_apply(&rn__op_reverse, &x, 1, &a, sizeof a);
}

#endif
