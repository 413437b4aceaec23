/* SPDX-License-Identifier: MIT */
/*
 * cosine_distance -- of the rows of two tensors.
 *
 *   x, y  [.., N]
 *
 *   term = 1 - x.y / (|x| |y|)     [..], with norms of at least 1e-8
 */
#include "nn/losses/losses.h"

/* The norm of every row, computed in f64, whose squares neither overflow nor vanish; below
 * 1e-8 it counts as a constant. */
static rn_tensor norm(rn_tensor x)
{
    const int last = -1;
    const rn_tensor square = rn_sum_square(x, &last, 1, false);
    const rn_tensor least = rn_constant_like(square, 1e-16);
    const rn_tensor y = rn_sqrt(rn_where(rn_less(square, least), least, square));

    return rn_type_get(x) == RN_F64 ? y : rn_cast(y, rn_type_get(x));
}

static rn_tensor terms(const rn__loss *loss, rn_tensor x, rn_tensor y)
{
    x = rn__loss_masked(loss, x, true);
    y = rn__loss_masked(loss, y, true);
    const rn_tensor cosine =
        rn_div(rn_div(rn_sum_axis(rn_mul(x, y), -1), norm(x)), norm(y));

    return rn_one_minus(cosine);
}

rn_tensor rn_cosine_distance(rn_tensor x, rn_tensor y, rn_loss_options options)
{
    rn__loss loss = {.type = rn_type_get(x), .shape = rn_shape_get(x)};

    if (!x.graph && !y.graph) return rn__loss_null("cosine_distance", x, y);
    if (!rn__loss_alike("cosine_distance", x, y)) return rn_null();
    if (loss.shape.rank == 0)
        return rn_fail(x.graph, "cosine_distance: a scalar has no rows");
    loss.shape.rank--;
    if (!rn__loss_begin(&loss, "cosine_distance", x.graph, &options, 0)) return rn_null();
    return rn__loss_reduce(&loss, terms(&loss, x, y), rn_null());
}
