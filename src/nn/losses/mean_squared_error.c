/* SPDX-License-Identifier: MIT */
/*
 * squared_error, and its mean
 *
 *   x, y  [..]
 *
 *   term = (x - y)^2
 */
#include "nn/losses/losses.h"

rn_tensor rn_mean_squared_error(rn_tensor x, rn_tensor y)
{
    if (!x.graph && !y.graph) return rn__loss_null("mean_squared_error", x, y);
    if (!rn__loss_alike("mean_squared_error", x, y)) return rn_null();
    const rn_tensor error = rn_sub(x, y);

    /* Of no elements there is no mean, but a loss. */
    return rn_shape_count(rn_shape_get(error)) ? rn_mean_square(error, NULL, 0, false)
                                               : rn_sum_all(error);
}

static rn_tensor term(rn_tensor x, rn_tensor y, const rn_loss_options *options)
{
    (void)options;
    return rn_square(rn_sub(x, y));
}

rn_tensor rn_squared_error(rn_tensor x, rn_tensor y, rn_loss_options options)
{
    return rn__loss_of_pairs("squared_error", x, y, &options, 0, term);
}
