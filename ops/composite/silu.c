/* SPDX-License-Identifier: MIT */
/*
 * silu -- y = x sigmoid(x). The error of dx is at most 8 u |dy| (1 + |x|) sigmoid(x), u
 * being 2^-53 (f64) or 2^-24 (f32): small beside dx, but for large x, where dx is 1 and
 * this grows, and near the zero of dx at -1.28.
 */
#include "rondo/ops.h"

rn_tensor rn_silu(rn_tensor x)
{
    return rn_mul(x, rn_sigmoid(x));
}
