/* SPDX-License-Identifier: MIT */
/*
 * sum_square -- the sum of squares over some axes, in f64.
 *
 *   x  [..]    f32 or f64; the variant is this one's
 *   y  [..]    f64, without the axes, or with size 1 there
 *
 *   y  = sum of x x over the axes, 0 over nothing; in the order of reduce_kernel.h
 *   dx = 2 dy x                dy repeated over the axes
 *
 * Squares of f32 are exact in f64, and neither overflow nor underflow.
 */
#include "ops/reduce.h"

#if RN_IS_REAL

#define TOTAL   double
#define TERM(x) ((double)(x) * (double)(x))
#define START   0
RN_INLINE double combine(double a, double b)
{
    return a + b;
}
#include "ops/reduce_kernel.h"

RN_KERNEL(sum_square)
{
    reduce(call);
    return true;
}

#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    t->variant = (int)t->in_type[0];
    t->type = RN_F64;
    return rn__reduce_shape(t);
}

static void gradient(rn_pullback *p)
{
    const rn__reduce_attributes *a = (const rn__reduce_attributes *)p->attributes;
    const rn_tensor twice = rn_cast(rn_scale(p->dy, 2), rn_type_get(p->x[0]));

    p->dx[0] = rn_mul(rn__reduce_keep(twice, p->x[0], a->axes), p->x[0]);
}

RN_REDUCTION(sum_square, .flags = RN_OP_STRIDED | RN_OP_KEEPS_NAN, .shape = shape)

#endif
