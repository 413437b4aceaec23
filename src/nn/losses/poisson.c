/* SPDX-License-Identifier: MIT */
/*
 * poisson -- of counts y whose rate is e^x.
 *
 *   x, y  [..]
 *
 *   term = e^x - y x     which is -log p(y) without log y!
 */
#include "nn/losses/losses.h"

static rn_tensor term(rn_tensor x, rn_tensor y, const rn_loss_options *options)
{
    (void)options;
    return rn_sub(rn_exp(x), rn_weigh(y, x));
}

rn_tensor rn_poisson(rn_tensor x, rn_tensor y, rn_loss_options options)
{
    return rn__loss_of_pairs("poisson", x, y, &options, 0, term);
}
