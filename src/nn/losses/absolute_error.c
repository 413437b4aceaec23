/* SPDX-License-Identifier: MIT */
/*
 * absolute_error
 *
 *   x, y  [..]
 *
 *   term = |x - y|
 */
#include "nn/losses/losses.h"

static rn_tensor term(rn_tensor x, rn_tensor y, const rn_loss_options *options)
{
    (void)options;
    return rn_abs(rn_sub(x, y));
}

rn_tensor rn_absolute_error(rn_tensor x, rn_tensor y, rn_loss_options options)
{
    return rn__loss_of_pairs("absolute_error", x, y, &options, 0, term);
}
