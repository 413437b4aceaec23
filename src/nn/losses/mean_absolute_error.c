/* SPDX-License-Identifier: MIT */
/*
 * mean_absolute_error
 *
 *   x, y  [..]
 *
 *   loss = mean |x - y|
 */
#include "nn/losses/losses.h"

rn_tensor rn_mean_absolute_error(rn_tensor x, rn_tensor y)
{
    if (!rn__loss_alike("mean_absolute_error", x, y)) return rn_null();
    return rn__loss_mean(rn_abs(rn_sub(x, y)));
}
