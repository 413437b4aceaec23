/* SPDX-License-Identifier: MIT */
/*
 * normalize   y = (x - mean x) / sqrt(variance x + epsilon)   along the last axis
 * layer_norm  z = gain y + bias                               (arXiv:1607.06450)
 *
 * A row whose squares overflow, or vanish where there is no epsilon, is taken times a power
 * of two, which is exact and leaves y as it is. Beside what is left of epsilon then it is
 * large, or constant, and y is 0.
 *
 * With r = 1 / sqrt(variance + epsilon) the gradient is r (dy - mean dy - y mean(dy y)); it
 * is off, beside what rounding x and dy by u does, by at most 16 u times the sum of the
 * sizes of these terms, u being 2^-53 (f64) or 2^-24 (f32).
 */
#include "ieee.h"
#include "rondo/ops.h"

/* The power of two for a row whose largest |x| is `large` or above, or below `small`, and
 * the least that is added to its variance then. */
typedef struct range {
    double large, down, least, small, up;
} range;

static range range_of(rn_tensor x)
{
    return rn_type_get(x) == RN_F64
               ? (range){0x1p500, 0x1p-530, 0x1p-1000, 0x1p-400, 0x1p700}
               : (range){0x1p60, 0x1p-70, 0x1p-120, 0x1p-60, 0x1p100};
}

/* One of three numbers for each row; null for is_small: of two. */
static rn_tensor choose(rn_tensor is_large, rn_tensor is_small, rn_tensor like,
                        double large, double usual, double small)
{
    const rn_tensor y =
        rn_where(is_large, rn_constant_like(like, large), rn_constant_like(like, usual));

    return rn_is_null(is_small) ? y : rn_where(is_small, rn_constant_like(like, small), y);
}

rn_tensor rn_normalize(rn_tensor x, double epsilon)
{
    const int last = -1;
    const range r = range_of(x);
    const rn_tensor mean = rn_mean(x, &last, 1, true), peak = rn_peak(x, &last, 1, true);
    const rn_tensor is_large = rn_less(rn_constant_like(peak, r.large), peak);
    const double up = epsilon * r.up * r.up, down = epsilon * r.down * r.down;
    const rn_tensor is_small =
        up < r.up ? rn_less(peak, rn_constant_like(peak, r.small)) : rn_null();
    const rn_tensor scale = choose(is_large, is_small, mean, r.down, 1, r.up);
    const rn_tensor added =
        choose(is_large, is_small, mean, epsilon > 0 && down < r.least ? r.least : down,
               epsilon, up);

    const rn_tensor distance = rn_sub(rn_mul(x, scale), rn_mul(mean, scale));
    const rn_tensor variance = rn_mean_square(distance, &last, 1, true);
    return rn_mul(distance, rn_reciprocal(rn_sqrt(rn_add(variance, added))));
}

rn_tensor rn_layer_norm(rn_tensor x, rn_tensor gain, rn_tensor bias, double epsilon)
{
    rn_tensor y = rn_normalize(x, epsilon);

    if (!rn_is_null(gain)) y = rn_mul(gain, y);
    if (!rn_is_null(bias)) y = rn_add(y, bias);
    return y;
}
