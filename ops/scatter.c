/* SPDX-License-Identifier: MIT */
/*
 * scatter -- values written at indices along an axis.
 *
 *   x  [.., n, ..]    any type
 *   i  [.., m, ..]    i32, each in 0..n-1
 *   u  [.., m, ..]    the type of x, the shape of gather(x, i)
 *   y  [.., n, ..]    the shape of x
 *
 *   y  = x; y[.., i[.., j, ..], ..] = u[.., j, ..] for all of u in order: the last one
 * stays dx = dy with zeros written at i du = dy gathered at i, 0 for what was overwritten
 */
#include "ops/along.h"
#include "ops/branches.h"

#if RN_ONCE

RN_KERNEL_ONCE(scatter)
{
    return rn__scatter_run(call, NULL);
}

/* True where an update stays. */
static rn_tensor last_one(rn_tensor x, rn_tensor indices, rn_tensor u, int axis)
{
    const rn_shape shape = rn_shape_get(u);
    const rn_tensor place = rn_reshape(rn_range(u.graph, rn_shape_count(shape)), shape);
    const rn_tensor none = rn_fill(x.graph, RN_I32, rn_shape_get(x), 0);
    const rn_tensor last = rn_scatter(none, indices, place, axis);

    return rn_equal(rn_gather(last, indices, axis), place);
}

static void gradient(rn_pullback *p)
{
    const rn_tensor indices = p->x[1], zero = rn_fill_like(p->x[2], 0);
    const int axis = (int)*(const int64_t *)p->attributes;

    if (p->wanted[0]) p->dx[0] = rn_scatter(p->dy, indices, zero, axis);
    if (p->wanted[2])
        p->dx[2] = rn_where(last_one(p->x[0], indices, p->x[2], axis),
                            rn_gather(p->dy, indices, axis), zero);
}

const rn_op rn__op_scatter = {RN_NAMED(scatter),
                              .kind = RN_KIND_MOVEMENT,
                              .inputs = 3,
                              .flags = RN_OP_STRIDED,
                              .shape = rn__scatter_shape,
                              .gradient = gradient,
                              .divide = rn__scatter_divide,
                              .batch = rn__along_batch,
                              .branches = rn__branch_indices};

rn_tensor rn_scatter(rn_tensor x, rn_tensor indices, rn_tensor updates, int axis)
{
    return rn__scatter(&rn__op_scatter, x, indices, updates, axis);
}

#endif
