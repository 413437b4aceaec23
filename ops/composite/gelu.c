/* SPDX-License-Identifier: MIT */
/*
 * gelu -- y = x (1 + erf(x / sqrt 2)) / 2, the x times the normal distribution's function
 * of Hendrycks and Gimpel (arXiv:1606.08415).
 *
 * The error of dx is at most 4 u |dy|, u being 2^-53 (f64) or 2^-24 (f32): where x is far
 * below 0, 1 + erf is rounded away, and y with it.
 */
#include "ieee.h"
#include "rondo/ops.h"

rn_tensor rn_gelu(rn_tensor x)
{
    const double root_of_half = 0.70710678118654752;

    return rn_mul(rn_scale(x, 0.5), rn_offset(rn_erf(rn_scale(x, root_of_half)), 1));
}
