/* SPDX-License-Identifier: MIT */
/*
 * categorical -- an index drawn with given probabilities, by the inverse of their
 * cumulative sum.
 *
 *   x  [.., V]    logits
 *   y  [..]       i32
 *
 *   m = max x,  c[i] = e^(x[0] - m) + .. + e^(x[i] - m)
 *   y = the first i with c[i] > u c[V-1],    u uniform in [0, 1)
 *
 * The sums are f64 and never decrease, and u c[V-1], rounded, is less than c[V-1]: so there
 * is such an i, and its own term is not 0. If m is not finite, y = the first i with x[i] =
 * m, or 0 if there is none.
 */
#include "graph/frame.h"
#include "rondo/decode.h"
#include "rondo/ops.h"

static rn_tensor draw(rn_tensor ticks, uint64_t key, rn_tensor x)
{
    const int last[] = {-1};
    rn_shape rows = rn_shape_get(x);

    if (--rows.rank < 0 || rn_size(x, -1) < 1)
        return rn_fail(x.graph, "categorical: the last axis must have elements");

    const rn_tensor m = rn_max(x, last, 1, true);
    const rn_tensor p = rn_cast(rn_exp(rn_sub(x, m)), RN_F64);
    const rn_tensor c = rn_cumsum(p, -1, (rn_cumsum_options){0});
    const rn_tensor u = rn_expand(rn_uniform(ticks, key, RN_F64, rows), -1);
    const rn_tensor least = rn_mul(u, rn_slice(c, -1, -1, INT64_MAX, 1));
    const rn_tensor reached =
        rn_where(rn_is_finite(m), rn_greater(c, least), rn_equal(x, m));

    return rn_argmax(rn_cast(reached, RN_I32), -1, false);
}

rn_tensor rn_categorical(rn_tensor ticks, uint64_t key, rn_tensor logits)
{
    rn__frame f;

    if (rn_is_null(logits))
        return rn__null_refuse(ticks.graph, "categorical", NULL, RN__NULL_X, logits);
    if (rn_is_null(ticks))
        return rn__null_refuse(logits.graph, "categorical", NULL, RN__NULL_TICKS, ticks);
    if (!rn__frame_enter_real(&f, "categorical", logits))
        return rn__frame_leave(&f, rn_null());
    return rn__frame_leave(&f, draw(ticks, key, logits));
}
