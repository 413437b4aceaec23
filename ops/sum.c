/* SPDX-License-Identifier: MIT */
/*
 * sum -- the sum over some axes.
 *
 *   x  [..]    f32, f64 or i32
 *   y  [..]    without the axes, or with size 1 there
 *
 *   y  = sum of x over the axes, 0 over nothing; in the order of reduce_kernel.h
 *   dx = dy repeated over the axes
 */
#include "ops/reduce.h"

#if RN_IS_NUMBER

#define START 0
RN_INLINE element combine(element a, element b)
{
    return a + b;
}
#include "ops/reduce_kernel.h"
#if RN_IS_REAL
#include "ops/reduce_products.h"
#endif

RN_KERNEL(sum)
{
#if RN_IS_REAL
    if (call->inputs == 2) {
        reduce_products(call);
        return true;
    }
#endif
    reduce(call);
    return true;
}

#endif

#if RN_ONCE

static void gradient(rn_pullback *p)
{
    const rn__reduce_attributes *a = (const rn__reduce_attributes *)p->attributes;

    p->dx[0] =
        rn_broadcast(rn__reduce_keep(p->dy, p->x[0], a->axes), rn_shape_get(p->x[0]));
}

/* The sum over the first axis and others is one of the rows of all steps. */
static bool sum_of_steps(const rn_batching *b, rn_tensor *sum)
{
    const rn__reduce_attributes *a = (const rn__reduce_attributes *)b->attributes;
    rn_shape rows = b->in_shape[0];

    if (rows.rank == 0 || !(a->axes & 1)) return false;
    if (!sum) return true;
    rows.size[0] *= b->steps;
    const rn_tensor x = rn_reshape(b->x[0], rows);
    *sum = rn_apply(b->op, &x, 1, b->attributes, b->attribute_size);
    return true;
}

RN_REDUCTION(sum,
             .flags = RN_OP_STRIDED | RN_OP_ADDITIVE | RN_OP_KEEPS_NAN | RN_OP_PRODUCTS,
             .shape = rn__reduce_shape, .sum_of_steps = sum_of_steps)

rn_tensor rn_sum_all(rn_tensor x)
{
    return rn_sum(x, NULL, 0, false);
}

rn_tensor rn_sum_axis(rn_tensor x, int axis)
{
    return rn_sum(x, &axis, 1, false);
}

#endif
