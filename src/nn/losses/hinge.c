/* SPDX-License-Identifier: MIT */
/*
 * hinge -- of scores x and labels y, 1 or -1.
 *
 *   x, y  [..]
 *
 *   term = max(0, 1 - y x)
 */
#include "nn/losses/losses.h"

static rn_tensor term(rn_tensor x, rn_tensor y, const rn_loss_options *options)
{
    const rn_tensor lacks = rn_one_minus(rn_mul(x, y));

    (void)options;
    return rn_maximum(lacks, rn_constant_like(lacks, 0));
}

rn_tensor rn_hinge(rn_tensor x, rn_tensor y, rn_loss_options options)
{
    return rn__loss_of_pairs("hinge", x, y, &options, 0, term);
}
