/* SPDX-License-Identifier: MIT */
/*
 * mean_squared_error
 *
 *   x, y  [..]
 *
 *   loss = mean (x - y)^2
 */
#include "nn/losses/losses.h"

rn_tensor rn_mean_squared_error(rn_tensor x, rn_tensor y)
{
    if (!x.graph && !y.graph) return rn__loss_null("mean_squared_error", x, y);
    if (!rn__loss_alike("mean_squared_error", x, y)) return rn_null();
    return rn__loss_mean(rn_square(rn_sub(x, y)));
}
