/* SPDX-License-Identifier: MIT */
/*
 * kl_divergence -- of the distribution e^x from the distribution y.
 *
 *   x, y  [..]    log-probabilities and probabilities
 *
 *   term = y (log y - x)     0 where y is 0
 */
#include "nn/losses/losses.h"

static rn_tensor term(rn_tensor x, rn_tensor y, const rn_loss_options *options)
{
    const rn_tensor zero = rn_constant_like(y, 0), none = rn_equal(y, zero);
    const rn_tensor log_y = rn_log(rn_where(none, rn_constant_like(y, 1), y));

    (void)options;
    return rn_where(none, zero, rn_mul(y, rn_sub(log_y, x)));
}

rn_tensor rn_kl_divergence(rn_tensor x, rn_tensor y, rn_loss_options options)
{
    return rn__loss_of_pairs("kl_divergence", x, y, &options, 0, term);
}
