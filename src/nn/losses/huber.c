/* SPDX-License-Identifier: MIT */
/*
 * huber -- a square near 0, a line from delta on; Huber 1964.
 *
 *   x, y  [..]    d = |x - y|
 *
 *   term = d^2 / 2                  if d <= delta
 *          delta (d - delta / 2)    else
 *        = q (d - q / 2)            with q = min(d, delta)
 */
#include "nn/losses/losses.h"

static rn_tensor term(rn_tensor x, rn_tensor y, const rn_loss_options *options)
{
    const double delta = options->delta == 0 ? 1 : options->delta;
    const rn_tensor d = rn_abs(rn_sub(x, y));
    const rn_tensor q = rn_minimum(d, rn_constant_like(d, delta));

    return rn_mul(q, rn_sub(d, rn_scale(q, 0.5)));
}

rn_tensor rn_huber(rn_tensor x, rn_tensor y, rn_loss_options options)
{
    return rn__loss_of_pairs("huber", x, y, &options, RN__LOSS_DELTA, term);
}
