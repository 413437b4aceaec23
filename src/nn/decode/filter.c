/* SPDX-License-Identifier: MIT */
/*
 * filter_logits -- logits without unlikely tokens.
 *
 *   x, y  [.., V]
 *
 *   s = (x - max x) / temperature in descending order, the first k of them;  p = softmax s
 *   s[i] stays where p[0] + .. + p[i-1] < top_p and p[i] >= min_p p[0]
 *   y = the s that stay, where they came from, else -inf
 */
#include "graph/frame.h"
#include "nn/decode/decode.h"
#include "rondo/ops.h"

#include <math.h>

/* NULL, or what is wrong; *number is the wrong one. */
static const char *fault_of(const rn_filter *f, double *number)
{
    *number = f->temperature;
    if (!(f->temperature >= 0 && isfinite(f->temperature)))
        return "temperature must not be negative";
    *number = (double)f->top_k;
    if (f->top_k < 0) return "top_k must not be negative";
    *number = f->top_p;
    if (!(f->top_p >= 0 && f->top_p <= 1)) return "top_p must be in 0 <= top_p <= 1";
    *number = f->min_p;
    if (!(f->min_p >= 0 && f->min_p <= 1)) return "min_p must be in 0 <= min_p <= 1";
    return NULL;
}

/* Of s, in descending order, what stays. */
static rn_tensor likely(rn_tensor s, const rn_filter *f)
{
    const bool by_sum = f->top_p > 0 && f->top_p < 1;
    const rn_tensor none = rn_constant_like(s, -(double)INFINITY);

    if (by_sum) {
        const rn_cumsum_options before = {.exclusive = true};
        const rn_tensor sum = rn_cumsum(rn_softmax(s, -1), -1, before);
        s = rn_where(rn_less(sum, rn_constant_like(sum, f->top_p)), s, none);
    }
    if (f->min_p > 0) {
        const rn_tensor p = rn_softmax(s, -1);
        const rn_tensor least = rn_scale(rn_slice(p, -1, 0, 1, 1), f->min_p);
        s = rn_where(rn_greater_equal(p, least), s, none);
    }
    return s;
}

/* Without overflow of the largest, whose probability tends to 1 as the temperature goes to
 * 0. */
static rn_tensor tempered(rn_tensor x, double temperature)
{
    const int last[] = {-1};
    const double within = fmin(fmax(temperature, 1e-30), 1e30); /* f32 has these */
    const rn_tensor m = rn_max(x, last, 1, true), zero = rn_constant_like(x, 0);
    const rn_tensor shift = rn_where(rn_is_finite(m), rn_stop_gradient(m), zero);

    return rn_div(rn_sub(x, shift), rn_constant_like(x, within));
}

/* What stays, and in *order which logits these are; null: they are all logits, in their
 * order. Null after an error. */
static rn_tensor filtered(rn_tensor x, const rn_filter *f, rn_tensor *order)
{
    double number;
    const char *fault = fault_of(f, &number);

    *order = rn_null();
    if (fault) return rn_fail(x.graph, "filter_logits: %s: %g", fault, number);
    if (rn_rank(x) < 1 || rn_size(x, -1) < 1)
        return rn_fail(x.graph, "filter_logits: the last axis must have elements");
    if (f->temperature > 0 && f->temperature != 1) x = tempered(x, f->temperature);

    const int64_t V = rn_size(x, -1);
    const int64_t k = f->top_k > 0 && f->top_k < V ? f->top_k : V;
    if (k == V && !(f->top_p > 0 && f->top_p < 1) && f->min_p == 0) return x;
    *order = rn_top_k_indices(x, -1, k, false);
    return likely(rn_gather(x, *order, -1), f);
}

/* Draws among the few that stay, not among all. */
rn_tensor rn__filter_draw(rn_tensor ticks, uint64_t key, rn_tensor x, const rn_filter *f)
{
    rn_tensor order;
    const rn_tensor y = rn_categorical(ticks, key, filtered(x, f, &order));

    return rn_is_null(order) ? y : rn__decoder_at(order, y);
}

rn_tensor rn_filter_logits(rn_tensor logits, rn_filter filter)
{
    rn_tensor order;
    rn__frame f;

    if (!rn__frame_enter_real(&f, "filter_logits", logits))
        return rn__frame_leave(&f, rn_null());
    rn_tensor y = filtered(logits, &filter, &order);
    if (!rn_is_null(order))
        y = rn_scatter(rn_fill_like(logits, -(double)INFINITY), order, y, -1);
    return rn__frame_leave(&f, y);
}

rn_tensor rn_repetition_penalty(rn_tensor logits, rn_tensor seen, double penalty)
{
    rn__frame f;

    if (rn_is_null(logits))
        return rn__null_refuse(seen.graph, "repetition_penalty", NULL, RN__NULL_X, logits);
    if (!rn__frame_enter_real(&f, "repetition_penalty", logits))
        return rn__frame_leave(&f, rn_null());
    if (!(penalty > 0 && isfinite(penalty)))
        return rn__frame_leave(&f, rn_fail(logits.graph,
                                           "repetition_penalty: the penalty must be "
                                           "positive: %g",
                                           penalty));

    const rn_tensor less = rn_div(logits, rn_constant_like(logits, penalty));
    const rn_tensor more = rn_mul(logits, rn_constant_like(logits, penalty));
    const rn_tensor positive = rn_greater(logits, rn_constant_like(logits, 0));
    return rn__frame_leave(&f, rn_where(seen, rn_where(positive, less, more), logits));
}
