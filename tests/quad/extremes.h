/* SPDX-License-Identifier: MIT */
/* Shared by the tests of extreme numbers. In quad an infinity is replaced by a number
 * beyond the range of the real types, so that limits are values. */
#ifndef RN_TESTS_QUAD_EXTREMES_H
#define RN_TESTS_QUAD_EXTREMES_H

#include <float.h>
#include <math.h>
#include <quadmath.h>
#include <rondo/grad.h>

#include "eval.h"

typedef __float128 quad;

static const quad beyond = 0x1p8000Q;

typedef struct precision {
    rn_type type;
    double largest, normal, tiniest, u;
} precision;

static const precision precisions[2] = {
    {RN_F32, FLT_MAX, FLT_MIN, 0x1p-149, 0x1p-24},
    {RN_F64, DBL_MAX, DBL_MIN, 0x1p-1074, 0x1p-53},
};

/* x as the type has it, an infinity from beyond. */
static inline double rounded(const precision *p, quad x)
{
    return p->type == RN_F32 ? (double)(float)x : (double)x;
}

/* Within `units` u of the size, or of `slack`, or two subnormal steps. */
/* An infinity also for what rounds to the largest number. */
static inline bool near(const precision *p, double got, quad want, double units,
                        double slack)
{
    const double one = rounded(p, want);

    if (isnan(one) || isinf(one) || isinf(got))
        return isnan(one)
                   ? isnan(got)
                   : got == one || (isinf(got) &&
                                    fabsq(want) > (quad)p->largest * (1 - 8 * (quad)p->u) &&
                                    (got > 0) == (want > 0));
    const quad bound = units * p->u * fmaxq(fabsq(want), slack) + 2 * p->tiniest;
    return fabsq((quad)got - want) <= bound;
}

static inline quad seen(double x)
{
    return isinf(x) ? (x > 0 ? beyond : -beyond) : (quad)x;
}

#endif
