/* SPDX-License-Identifier: MIT */
/*
 * windows -- all windows of an axis, without a copy.
 *
 *   x  [.., n, ..]       any type
 *   y  [.., m, size, ..]  m = 1 + floor((n - reach) / stride), reach = (size - 1) dilation
 * + 1; 0 if n < reach
 *
 *   y[.., i, j, ..] = x[.., i stride + j dilation, ..]
 *   dx              = dy folded (fold.c)
 */
#include "ops/fold.h"

#if RN_ONCE

typedef rn__fold_attributes attributes; /* `size` is that of a window */

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;
    const int axis = (int)a->axis;
    rn_shape *s = &t->shape;

    if (s->rank == RN_RANK_MAX) return "the result has too many axes";
    for (int i = s->rank++; i > axis + 1; i--) s->size[i] = s->size[i - 1];
    s->size[axis] = rn__window_count(s->size[axis], a->size, a);
    s->size[axis + 1] = a->size;
    return NULL;
}

static bool view(const rn_array *in, rn_array *out, int64_t *offset, const void *data)
{
    const attributes *a = (const attributes *)data;

    *offset = 0;
    for (int i = 0; i < out->rank; i++) out->stride[i] = in->stride[i - (i > a->axis)];
    out->stride[a->axis] *= a->stride;
    out->stride[a->axis + 1] *= a->dilation;
    return true;
}

static void gradient(rn_pullback *p)
{
    const attributes *a = (const attributes *)p->attributes;

    p->dx[0] = rn_fold(p->dy, (int)a->axis, rn_size(p->x[0], (int)a->axis), a->stride,
                       a->dilation);
}

const rn_op rn__op_windows = {RN_NAMED(windows),    .kind = RN_KIND_VIEW,
                              .inputs = 1,          .flags = RN_OP_ADDITIVE,
                              .shape = shape,       .batch = rn__along_batch,
                              .gradient = gradient, .view = view};

rn_tensor rn_windows(rn_tensor x, int axis, int64_t size, int64_t stride, int64_t dilation)
{
    attributes a = {rn__op_axis(&rn__op_windows, x, axis), size, stride, dilation};

    if (rn_is_null(x)) return rn__null_from("windows", RN__NULL_X, &x, 1);
    if (a.axis < 0) return rn_null();
    if (size < 1 || stride < 1 || dilation < 1)
        return rn__op_refuse(&rn__op_windows, &x, 1,
                             "not positive: size %lld, stride %lld, dilation %lld",
                             (long long)size, (long long)stride, (long long)dilation);
    if (size == 1 && rn_rank(x) < RN_RANK_MAX)
        return rn_expand(rn_slice(x, (int)a.axis, 0, INT64_MAX, stride), (int)a.axis + 1);
    /* Larger ones change nothing, and might overflow. */
    const int64_t n = rn_size(x, (int)a.axis), most = n > 1 ? n : 1;
    if (stride > most) a.stride = most;
    if (dilation > most) a.dilation = most;
    return rn_apply(&rn__op_windows, &x, 1, &a, sizeof a);
}

#endif
