/* SPDX-License-Identifier: MIT */
/*
 * scatter_add -- values added at indices along an axis: the adjoint of gather.
 *
 *   x  [.., n, ..]    f32, f64 or i32
 *   i  [.., m, ..]    i32, each in 0..n-1, any of them more than once
 *   u  [.., m, ..]    the type of x, the shape of gather(x, i)
 *   y  [.., n, ..]    the shape of x
 *
 *   y  = x; y[.., i[.., j, ..], ..] += u[.., j, ..] for all of u, in the order of u
 *   dx = dy
 *   du = dy gathered at i
 *
 * Where x has size 1 and u has not, all of u along that axis is added to the one element.
 */
#include "ops/along.h"
#include "ops/branches.h"

#if RN_IS_NUMBER
RN_KERNEL(scatter_add)
{
    return rn__scatter_run(call, R(rn__map_add));
}
#endif

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    p->dx[0] = p->dy;
    if (p->wanted[2])
        p->dx[2] = rn_gather(p->dy, p->x[1], (int)*(const int64_t *)p->attributes);
}

const rn_op rn__op_scatter_add = {RN_NAMED(scatter_add),    .inputs = 3,
                                  .flags = RN_OP_STRIDED,   .shape = rn__scatter_shape,
                                  .gradient = gradient,     .divide = rn__scatter_divide,
                                  .batch = rn__along_batch, .branches = rn__branch_indices};

rn_tensor rn_scatter_add(rn_tensor x, rn_tensor indices, rn_tensor updates, int axis)
{
    return rn__scatter(&rn__op_scatter_add, x, indices, updates, axis);
}

#endif
