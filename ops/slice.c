/* SPDX-License-Identifier: MIT */
/*
 * slice -- every step-th element of a range along one axis.
 *
 *   x  [.., n, ..]      any type
 *   y  [.., m, ..]      m = ceil((stop - start) / step)
 *
 *   y[.., i, ..]  = x[.., start + i step, ..]
 *   dx            = dy padded: `start` zeros before, step - 1 between, the rest after
 */
#include "ops/op.h"

#if RN_ONCE

typedef struct attributes {
    int64_t axis, start, count, step;
} attributes;

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;

    t->shape.size[a->axis] = a->count;
    return NULL;
}

static bool view(const rn_array *in, rn_array *out, int64_t *offset, const void *data)
{
    const attributes *a = (const attributes *)data;

    for (int i = 0; i < in->rank; i++) out->stride[i] = in->stride[i];
    out->stride[a->axis] *= a->step;
    *offset = a->start * in->stride[a->axis];
    return true;
}

static void gradient(rn_pullback *p)
{
    const attributes *a = (const attributes *)p->attributes;
    const int64_t n = rn_size(p->x[0], (int)a->axis);
    const int64_t covered = a->count > 0 ? (a->count - 1) * a->step + 1 : 0;

    if (a->count == 0) return; /* no element of x is used: no gradient, not even zeros */
    p->dx[0] = rn_pad(p->dy, (int)a->axis, a->start, n - a->start - covered, a->step - 1);
}

static rn_tensor batch(const rn_batching *b)
{
    attributes a = *(const attributes *)b->attributes;

    a.axis++;
    return rn_apply(b->op, b->x, 1, &a, sizeof a);
}

const rn_op rn__op_slice = {RN_NAMED(slice),         .kind = RN_KIND_VIEW, .inputs = 1,
                            .flags = RN_OP_ADDITIVE, .shape = shape,       .batch = batch,
                            .gradient = gradient,    .view = view};

/* A negative i counts from the end; clamps to 0..n. */
static int64_t clamp(int64_t i, int64_t n)
{
    if (i < 0) i += n;
    return i < 0 ? 0 : i > n ? n : i;
}

rn_tensor rn_slice(rn_tensor x, int axis, int64_t start, int64_t stop, int64_t step)
{
    if (rn_is_null(x)) return rn__null_from("slice", RN__NULL_X, &x, 1);
    axis = rn__op_axis(&rn__op_slice, x, axis);
    if (axis < 0) return rn_null();
    if (step < 1)
        return rn__op_refuse(&rn__op_slice, &x, 1, "step must be at least 1: %lld",
                             (long long)step);

    const int64_t n = rn_size(x, axis), from = clamp(start, n), to = clamp(stop, n);
    attributes a = {axis, from, to > from ? (to - from - 1) / step + 1 : 0, step};
    if (a.count == 0) a.start = 0;
    if (a.count <= 1) a.step = 1;
    if (a.count == n && step == 1) return x;
    return rn_apply(&rn__op_slice, &x, 1, &a, sizeof a);
}

#endif
