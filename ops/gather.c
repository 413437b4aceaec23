/* SPDX-License-Identifier: MIT */
/*
 * gather -- one element along an axis for each index.
 *
 *   x  [.., n, ..]    any type
 *   i  [.., m, ..]    i32, each in 0..n-1; the other sizes are those of x, or one of them 1
 *   y  [.., m, ..]    the other sizes broadcast
 *
 *   y[.., j, ..] = x[.., i[.., j, ..], ..]
 *   dx           = zeros with dy added at i
 */
#include "ops/along.h"
#include "ops/branches.h"

#if RN_ONCE

RN_KERNEL_ONCE(gather)
{
    return rn__gather_run(call);
}

static const char *shape(rn_typing *t)
{
    return rn__gather_shape(t, &t->shape);
}

static bool divide(const rn_call *call, int axis, int *cut)
{
    const bool along = axis == *(const int64_t *)call->attributes;

    for (int i = 0; i < 2; i++)
        cut[i] = call->in[i].size[axis] == call->out->size[axis] ? axis : -1;
    if (along) cut[0] = -1;
    return true;
}

static void gradient(rn_pullback *p)
{
    const int axis = (int)*(const int64_t *)p->attributes;

    /* If no element of x is read, there is no gradient, not even zeros. */
    if (rn_shape_count(rn_shape_get(p->y)) == 0) return;
    p->dx[0] = rn_scatter_add(rn_fill_like(p->x[0], 0), p->x[1], p->dy, axis);
}

const rn_op rn__op_gather = {
    RN_NAMED(gather),       .kind = RN_KIND_MOVEMENT, .inputs = 2,
    .flags = RN_OP_STRIDED, .shape = shape,           .gradient = gradient,
    .divide = divide,       .batch = rn__along_batch, .branches = rn__branch_indices};

rn_tensor rn_gather(rn_tensor x, rn_tensor indices, int axis)
{
    const rn_tensor in[2] = {x, indices};
    const int64_t at = rn_is_null(x) ? 0 : rn__op_axis(&rn__op_gather, x, axis);

    return at < 0 ? rn_null() : rn_apply(&rn__op_gather, in, 2, &at, sizeof at);
}

#endif
