/* SPDX-License-Identifier: MIT */
/*
 * Options of losses: weights, masks, and what becomes of the terms.
 *
 *   mean  sum w term / sum w      over the terms that count; 0 if the weights' sum is 0
 */
#include <stdio.h>

#include "nn/losses/losses.h"

/* ---- what was asked for ---- */

static const char *fault_of(const rn_loss_options *o, unsigned has)
{
    const bool classes = !rn_is_null(o->class_weights) || o->ignores;

    if ((unsigned)o->reduction > RN_REDUCE_NONE) return "there is no such reduction";
    if (classes && !(has & RN__LOSS_CLASSES)) return "it has no classes";
    if (o->smoothing != 0 && !(has & RN__LOSS_SMOOTHING)) return "it has no smoothing";
    if (o->gamma != 0 && !(has & RN__LOSS_GAMMA)) return "it has no gamma";
    if (o->delta != 0 && !(has & RN__LOSS_DELTA)) return "it has no delta";
    if (!rn_is_null(o->positive_weights) && !(has & RN__LOSS_POSITIVE))
        return "it has no positive_weights";
    if (!(o->smoothing >= 0 && o->smoothing <= 1)) return "smoothing must be in 0..1";
    if (o->gamma != 0 && !(o->gamma >= 1 && o->gamma < 1e300))
        return "gamma must be 0, or at least 1 and finite";
    if (!(o->delta >= 0 && o->delta < 1e300)) return "delta must be positive and finite";
    if (o->smoothing != 0 && o->gamma != 0) return "smoothing and gamma exclude each other";
    return NULL;
}

/* Whether x broadcasts to the shape. */
static bool fits(rn_shape x, rn_shape shape)
{
    const int ahead = shape.rank - x.rank;

    for (int i = 0; ahead >= 0 && i < x.rank; i++)
        if (x.size[i] != 1 && x.size[i] != shape.size[ahead + i]) return false;
    return ahead >= 0;
}

rn_tensor rn__loss_fit(const rn__loss *loss, const char *name, rn_tensor x, rn_type type)
{
    char x_text[128], shape_text[128];

    if (rn_type_get(x) != type)
        return rn_fail(loss->graph, "%s: %s must be %s: %s %s", loss->what, name,
                       rn_type_name(type), rn_type_name(rn_type_get(x)),
                       rn__describe(x, x_text, sizeof x_text));
    if (!fits(rn_shape_get(x), loss->shape))
        return rn_fail(loss->graph, "%s: %s: cannot be broadcast to the terms: %s to %s",
                       loss->what, name, rn__describe(x, x_text, sizeof x_text),
                       rn__shape_text(loss->shape, shape_text, sizeof shape_text));
    x = rn_broadcast(x, loss->shape);
    return loss->flat ? rn_reshape(x, (rn_shape){1, {rn_shape_count(loss->shape)}}) : x;
}

bool rn__loss_begin(rn__loss *loss, const char *what, rn_graph *graph,
                    const rn_loss_options *options, unsigned has)
{
    const char *fault = fault_of(options, has);

    loss->what = what;
    loss->graph = graph;
    loss->options = options;
    loss->counts = rn_null();
    if (fault) {
        rn_fail(graph, "%s: %s", what, fault);
        return false;
    }
    if (rn_is_null(options->mask)) return true;
    loss->counts = rn__loss_fit(loss, "mask", options->mask, RN_BOOL);
    return !rn_is_null(loss->counts);
}

rn_tensor rn__loss_masked(const rn__loss *loss, rn_tensor x, bool rows)
{
    rn_tensor counts = loss->counts;

    if (rn_is_null(counts)) return x;
    if (rows) counts = rn_expand(counts, -1);
    return rn_where(counts, x, rn_constant_like(x, 0));
}

/* ---- from terms to a loss ---- */

/* The number of terms that count, at least 1. */
static rn_tensor number(const rn__loss *loss)
{
    rn_tensor n = rn_sum_all(rn_cast(loss->counts, RN_I32));

    return rn_cast(rn_maximum(n, rn_constant_like(n, 1)), loss->type);
}

/* The sum of the weights, 1 instead of 0. */
static rn_tensor total(const rn__loss *loss, rn_tensor weights)
{
    const rn_tensor sum = rn_sum_all(rn__loss_masked(loss, weights, false));

    return rn_where(rn_equal(sum, rn_constant_like(sum, 0)), rn_constant_like(sum, 1), sum);
}

rn_tensor rn__loss_reduce(const rn__loss *loss, rn_tensor terms, rn_tensor scale)
{
    const rn_loss_options *o = loss->options;
    rn_tensor weights = rn_null();

    if (!rn_is_null(o->weights)) {
        weights = rn__loss_fit(loss, "weights", o->weights, loss->type);
        terms = rn_weigh(weights, terms);
        scale = rn_is_null(scale) ? weights : rn_mul(scale, weights);
    }
    terms = rn__loss_masked(loss, terms, false);
    if (o->reduction == RN_REDUCE_NONE)
        return loss->flat ? rn_reshape(terms, loss->shape) : terms;
    if (o->reduction == RN_REDUCE_SUM || rn_shape_count(loss->shape) == 0)
        return rn_sum_all(terms);
    if (!rn_is_null(scale)) return rn_div(rn_sum_all(terms), total(loss, scale));
    if (!rn_is_null(loss->counts)) return rn_div(rn_sum_all(terms), number(loss));
    return rn_mean_all(terms);
}

/* ---- pairs ---- */

rn_tensor rn__loss_of_pairs(const char *what, rn_tensor x, rn_tensor y,
                            const rn_loss_options *options, unsigned has, rn__pair_term *f)
{
    rn__loss loss = {.type = rn_type_get(x), .shape = rn_shape_get(x)};

    if (!x.graph && !y.graph) return rn__loss_null(what, x, y);
    if (!rn__loss_alike(what, x, y)) return rn_null();
    if (!rn__loss_begin(&loss, what, x.graph, options, has)) return rn_null();
    x = rn__loss_masked(&loss, x, false);
    y = rn__loss_masked(&loss, y, false);
    return rn__loss_reduce(&loss, f(x, y, options), rn_null());
}
