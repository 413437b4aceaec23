/* SPDX-License-Identifier: MIT */
/*
 * normalize   y = (x - mean x) / sqrt(variance x + epsilon)   along the last axis
 * layer_norm  z = gain y + bias                               (arXiv:1607.06450)
 *
 * With r = 1 / sqrt(variance + epsilon) the gradient is r (dy - mean dy - y mean(dy y)); it
 * is off, beside what rounding x and dy by u does, by at most 16 u times the sum of the
 * sizes of these terms, u being 2^-53 (f64) or 2^-24 (f32).
 */
#include "ieee.h"
#include "rondo/ops.h"

rn_tensor rn_normalize(rn_tensor x, double epsilon)
{
    const int last = -1;
    const rn_tensor distance = rn_sub(x, rn_mean(x, &last, 1, true));
    const rn_tensor variance = rn_mean(rn_square(distance), &last, 1, true);

    return rn_mul(distance, rn_reciprocal(rn_sqrt(rn_offset(variance, epsilon))));
}

rn_tensor rn_layer_norm(rn_tensor x, rn_tensor gain, rn_tensor bias, double epsilon)
{
    rn_tensor y = rn_normalize(x, epsilon);

    if (!rn_is_null(gain)) y = rn_mul(gain, y);
    if (!rn_is_null(bias)) y = rn_add(y, bias);
    return y;
}
