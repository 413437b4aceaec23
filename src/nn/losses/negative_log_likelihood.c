/* SPDX-License-Identifier: MIT */
/*
 * negative_log_likelihood -- of log-probabilities and one right class for each row.
 *
 *   x  [.., V]    targets  [..] i32
 *
 *   term = -x[n, target]
 */
#include "graph/frame.h"
#include "nn/losses/losses.h"

static rn_tensor loss_of(rn_tensor x, rn_tensor targets, const rn_loss_options *o)
{
    rn__classes c;

    if (!rn__classes_begin(&c, "negative_log_likelihood", x, targets, o, 0))
        return rn_null();
    if (rn_size(c.targets, 0) == 0 && o->reduction != RN_REDUCE_NONE)
        return rn_sum_all(c.x);
    rn_tensor y = rn_neg(rn__classes_pick(c.x, c.targets));

    if (!rn_is_null(c.weight)) y = rn_weigh(c.weight, y);
    return rn__loss_reduce(&c.loss, y, c.weight);
}

rn_tensor rn_negative_log_likelihood(rn_tensor x, rn_tensor targets,
                                     rn_loss_options options)
{
    rn__frame f;

    if (!x.graph && !targets.graph)
        return rn__loss_null("negative_log_likelihood", x, targets);
    rn__frame_enter(&f, "negative_log_likelihood", NULL, x, targets);
    f.noun = "target";
    return rn__frame_leave(&f, loss_of(x, targets, &options));
}
