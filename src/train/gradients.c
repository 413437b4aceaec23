/* SPDX-License-Identifier: MIT */
/*
 * Gradients on their way to a rule: accumulation, the global norm, clipping, decay, and
 * skipping a step whose gradient is not finite or would make a moment overflow.
 *
 *   dw     = sum of k runs' dw / k                 with accumulation, or without the / k
 *   due    = this is the k-th run
 *   norm   = sqrt(sum over all weights of sum dw dw), in f64 so that squares of f32 fit
 *   made   = due, and the norm is finite, and after clipping at most what moments bear
 *   dw     = dw min(1, clip / norm), or with the weight's own norm, or each in +-clip_value
 *   dw     = dw + decay w                          unless the decay is decoupled
 *
 * Everything that does not belong to a single weight is an f64 scalar (counters: i32).
 */
#include "train/optimizer.h"

#include <float.h>
#include <math.h>

double rn__update_largest(const rn_update *u)
{
    return u->type == RN_F32 ? (double)FLT_MAX : DBL_MAX;
}

/* ---- accumulation ---- */

static bool accumulate(rn_update *u)
{
    rn__update *more = u->more;
    const int k = u->self->accumulate;

    if (k <= 1) return true;
    more->sum = (rn_tensor *)rn__update_array(u, sizeof *more->sum);
    more->next = (rn_tensor *)rn__update_array(u, sizeof *more->next);
    if (!more->sum || !more->next) return false;
    rn_tensor run = rn__update_scalar(u, "run", RN_I32);
    more->due = rn_greater_equal(run, rn_constant_like(run, k - 1));
    for (int i = 0; i < u->count; i++) {
        const rn_tensor dw =
            u->self->accumulate_sum ? u->dw[i] : rn_scale(u->dw[i], 1.0 / k);
        more->sum[i] = rn_update_moment(u, i, "gradient");
        u->dw[i] = rn_add(more->sum[i], dw);
        more->next[i] = rn_where(more->due, rn_fill_like(dw, 0), u->dw[i]);
    }
    return !u->graph->failed;
}

void rn__keep_gradients(rn_update *u)
{
    rn__update *more = u->more;

    if (!more->sum) return;
    rn_tensor run = rn__update_scalar(u, "run", RN_I32);
    rn_assign(run, rn_where(more->due, rn_constant_like(run, 0),
                            rn_add(run, rn_constant_like(run, 1))));
    for (int i = 0; i < u->count; i++) rn_assign(more->sum[i], more->next[i]);
}

/* ---- the norm ---- */

/* Gradients with more elements are summed by rows, which threads can share. */
enum { LARGE = 1 << 15 };

static rn_tensor sum_of_squares(rn_tensor dw)
{
    const rn_shape shape = rn_shape_get(dw);
    int axes[RN_RANK_MAX];

    if (shape.rank < 2 || rn_shape_count(shape) < LARGE)
        return rn_sum_square(dw, NULL, 0, false);
    for (int i = 1; i < shape.rank; i++) axes[i - 1] = i;
    return rn_sum_all(rn_sum_square(dw, axes, shape.rank - 1, false));
}

/* The largest norm that clipping leaves; infinity without it. */
static double largest_clipped(const rn_update *u)
{
    const rn_optimizer *o = u->self;
    double elements = 0;

    for (int i = 0; i < u->count; i++)
        elements += (double)rn_shape_count(rn_shape_get(u->dw[i]));
    if (o->clip > 0) return o->clip;
    if (o->clip_each > 0) return o->clip_each * sqrt(u->count);
    return o->clip_value > 0 ? o->clip_value * sqrt(elements) : HUGE_VAL;
}

bool rn__gather_gradients(rn_update *u)
{
    rn__update *more = u->more;
    const rn_optimizer_rule *rule = more->rule;
    const double largest = rn__update_largest(u);
    double most = rule->limit ? rule->limit(u->self, largest) : DBL_MAX;

    if (!accumulate(u)) return false;
    more->square = (rn_tensor *)rn__update_array(u, sizeof *more->square);
    if (!more->square) return false;
    for (int i = 0; i < u->count; i++) {
        more->square[i] = sum_of_squares(u->dw[i]);
        more->norm = i ? rn_add(more->norm, more->square[i]) : more->square[i];
    }
    more->norm = rn_name(rn_sqrt(more->norm), "gradient norm");
    if (largest_clipped(u) <= most) most = DBL_MAX;
    more->made = rn_less_equal(more->norm, rn_constant_like(more->norm, most));
    if (!rn_is_null(more->due)) more->made = rn_logical_and(more->made, more->due);
    return !u->graph->failed;
}

/* ---- clipping and decay ---- */

/* min(1, most / norm) */
static rn_tensor ratio(const rn_update *u, rn_tensor norm, double most)
{
    const rn_tensor x = rn_div(rn_constant_like(norm, most), norm);

    return rn__update_cast(u, rn_minimum(x, rn_constant_like(norm, 1)));
}

static rn_tensor limit_elements(rn_tensor dw, double most)
{
    return rn_maximum(rn_minimum(dw, rn_constant_like(dw, most)),
                      rn_constant_like(dw, -most));
}

static void clip(rn_update *u)
{
    const rn_optimizer *o = u->self;
    rn_tensor all = o->clip > 0 ? ratio(u, u->more->norm, o->clip) : rn_null();

    for (int i = 0; i < u->count; i++) {
        if (o->clip_each > 0) all = ratio(u, rn_sqrt(u->more->square[i]), o->clip_each);
        if (o->clip > 0 || o->clip_each > 0) u->dw[i] = rn_mul(u->dw[i], all);
        if (o->clip_value > 0) u->dw[i] = limit_elements(u->dw[i], o->clip_value);
    }
}

void rn__shape_gradients(rn_update *u)
{
    clip(u);
    if (u->more->rule->decay != RN_DECAY_GRADIENT || u->self->decoupled_weight_decay)
        return;
    for (int i = 0; i < u->count; i++)
        if (u->decay[i] != 0) u->dw[i] = rn_add(u->dw[i], rn_scale(u->w[i], u->decay[i]));
}
