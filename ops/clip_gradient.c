/* SPDX-License-Identifier: MIT */
/*
 * clip_gradient -- a value whose gradient is limited.
 *
 *   x  [..] or [B, ..]    f32 or f64
 *   y  the shape of x
 *
 *   y  = x
 *   dx = min(max(dy, -limit), limit)              each element
 *   dx = dy min(1, limit / |dy|)                  by row: |dy| the norm of dy[b, ..]
 */
#include "ops/op.h"

#include <stdio.h>

#include "rondo/grad.h"

#if RN_ONCE

typedef struct attributes {
    double limit;
    int64_t by_row;
} attributes;

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;

    if (t->in_type[0] != RN_F32 && t->in_type[0] != RN_F64) {
        snprintf(t->detail, RN_MESSAGE, "%s", rn_type_name(t->in_type[0]));
        return "x must be f32 or f64";
    }
    if (a->by_row && t->shape.rank < 1) return "a scalar has no rows";
    if (a->limit > 0) return NULL;
    snprintf(t->detail, RN_MESSAGE, "%g", a->limit);
    return "the limit must be positive";
}

static bool view(const rn_array *in, rn_array *out, int64_t *offset, const void *data)
{
    (void)data;
    *offset = 0;
    for (int i = 0; i < in->rank; i++) out->stride[i] = in->stride[i];
    return true;
}

/* The norm of each row, without intermediate overflow, or the limit if that is larger: [B,
 * 1, ..]. The root of 0, which has no derivative, is not taken. */
static rn_tensor norms(rn_tensor dy, rn_tensor limit)
{
    int axes[RN_RANK_MAX];
    const int count = rn_rank(dy) - 1;

    for (int i = 0; i < count; i++) axes[i] = i + 1;
    if (count == 0) return rn_maximum(rn_abs(dy), limit);
    const rn_tensor scale = rn_rescale(dy, axes, count, true, true);
    const rn_tensor sum = rn_cast(rn_sum_square(rn_mul(dy, scale), axes, count, true),
                                  rn_type_get(dy)); /* which is f64 */
    const rn_tensor zero = rn_constant_like(sum, 0), some = rn_greater(sum, zero);
    const rn_tensor root = rn_sqrt(rn_where(some, sum, rn_constant_like(sum, 1)));
    return rn_maximum(rn_where(some, rn_div(root, scale), sum), limit);
}

static void pullback(rn_pullback *p)
{
    const attributes *a = (const attributes *)p->attributes;
    const rn_tensor limit = rn_constant_like(p->dy, a->limit);

    if (a->by_row)
        p->dx[0] = rn_mul(p->dy, rn_div(limit, norms(p->dy, limit)));
    else
        p->dx[0] = rn_minimum(rn_maximum(p->dy, rn_neg(limit)), limit);
}

const rn_op rn__op_clip_gradient = {
    RN_NAMED(clip_gradient), .kind = RN_KIND_VIEW, .inputs = 1,
    .shape = shape,          .gradient = pullback, .view = view};

static rn_tensor clipped(rn_tensor x, double limit, bool by_row)
{
    const attributes a = {limit, by_row};

    return rn_apply(&rn__op_clip_gradient, &x, 1, &a, sizeof a);
}

rn_tensor rn_clip_gradient(rn_tensor x, double limit)
{
    return clipped(x, limit, false);
}

rn_tensor rn_clip_gradient_norm(rn_tensor x, double limit)
{
    return clipped(x, limit, true);
}

#endif
