/* SPDX-License-Identifier: MIT */
/*
 * normal_pdf -- the standard normal distribution's density.
 *
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = e^(-x x / 2) / sqrt(2 pi)        0 at -inf and inf
 *   dx = -dy x y                          0 there too
 *
 * The error of y is at most 4 units in its last place, where y is tiny too.
 */
#include "ops/op.h"

RN_LONG1(normal_pdf, real, R(normal_pdf)(x))

#if RN_ONCE

static rn_tensor gradient(rn_tensor x, rn_tensor y, rn_tensor dy)
{
    return rn_neg(rn_mul(dy, rn_weigh(y, x)));
}

RN_UNARY(normal_pdf, gradient)

#endif
