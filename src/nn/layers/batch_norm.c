/* SPDX-License-Identifier: MIT */
/*
 * batch_norm -- every channel normalised over all its elements in a batch;
 * arXiv:1502.03167.
 *
 *   x  [.., C]    y  [.., C]    mean, var  [C]
 *
 *   y = gain .* (x - mean) / sqrt(var + epsilon) + bias
 *
 * In training mean and var are those of the n elements of a channel that are valid, and
 * running statistics move towards them at the end of the run, by the factor 1 - momentum;
 * in inference mean and var are the running ones. Elements that are not valid are replaced
 * before anything is computed with them.
 */
#include "graph/frame.h"
#include "nn/model.h"
#include "rondo/layers.h"
#include "rondo/ops.h"

typedef struct norm {
    rn_tensor x, valid; /* valid: bool [T, B, 1..]; null: all are */
    rn_tensor n;        /* the number of valid elements of a channel, at least 1 */
    rn_tensor some;     /* bool: there is one */
    double momentum, epsilon;
    bool biased;
} norm;

static rn_tensor masked(const norm *b, rn_tensor x)
{
    return rn_is_null(b->valid) ? x : rn_where(b->valid, x, rn_constant_like(x, 0));
}

/* The sum over all axes but the channels. */
static rn_tensor sum(rn_tensor x)
{
    int axes[RN_RANK_MAX];
    const int count = rn_rank(x) - 1;

    for (int i = 0; i < count; i++) axes[i] = i;
    return count ? rn_sum(x, axes, count, false) : x;
}

/* The mask of lengths [B] or of a mask [T, B], and how many elements it leaves. */
static void find_valid(norm *b, rn_tensor valid)
{
    const rn_shape s = rn_shape_get(b->x);
    rn_shape to = {s.rank, {s.size[0], s.size[1]}};
    int64_t each = 1;

    if (rn_is_null(valid)) {
        for (int i = 0; i + 1 < s.rank; i++) each *= s.size[i];
        b->n = rn_constant_like(b->x, each > 1 ? (double)each : 1);
        return;
    }
    for (int i = 2; i < s.rank; i++) to.size[i] = 1;
    for (int i = 2; i + 1 < s.rank; i++) each *= s.size[i];
    if (rn_type_get(valid) == RN_I32)
        valid = rn_less(rn_expand(rn_range(b->x.graph, s.size[0]), 1),
                        rn_check_range(valid, 0, s.size[0]));
    b->n = rn_scale(rn_sum_all(rn_cast(valid, rn_type_get(b->x))), (double)each);
    b->some = rn_less(rn_constant_like(b->n, 0), b->n);
    b->n = rn_maximum(b->n, rn_constant_like(b->n, 1));
    b->valid = rn_reshape(valid, to);
}

/* The running statistic moves towards the value in this batch, if that is finite and there
 * is one. */
static void move(const norm *b, rn_tensor running, rn_tensor value)
{
    const rn_tensor next =
        rn_add(rn_scale(running, b->momentum), rn_scale(value, 1 - b->momentum));

    rn_tensor good = rn_is_finite(next);

    if (!rn_is_null(b->some)) good = rn_logical_and(good, b->some);
    rn_assign(running, rn_where(good, next, running));
}

/* Sets mean and variance to those of the batch; the running ones move. */
static void train(const norm *b, rn_tensor *mean, rn_tensor *variance)
{
    const rn_tensor old[2] = {*mean, *variance};
    const rn_tensor one = rn_constant_like(b->n, 1);

    *mean = sum(rn_div(masked(b, b->x), b->n));
    const rn_tensor d = masked(b, rn_sub(b->x, *mean));
    *variance = sum(rn_div(rn_square(d), b->n));
    move(b, old[0], *mean);
    if (b->biased) {
        move(b, old[1], *variance);
        return;
    }
    /* n / (n - 1), and 1 for one element. */
    const rn_tensor others = rn_maximum(rn_sub(b->n, one), one);
    const rn_tensor several = rn_less(one, b->n);
    move(b, old[1], rn_mul(*variance, rn_where(several, rn_div(b->n, others), one)));
}

static rn_tensor normalized(norm *b, rn_scope s, rn_tensor valid)
{
    const rn_shape C = {1, {rn_size(b->x, -1)}};
    const rn_init ones = {RN_INIT_CONSTANT, 1}, zeros = {RN_INIT_ZEROS, 0};
    const rn_tensor gain = rn_weight(s, "gain", C, ones);
    const rn_tensor bias = rn_weight(s, "bias", C, zeros);
    rn_tensor mean = rn_statistic(s, "mean", C, zeros);
    rn_tensor variance = rn_statistic(s, "variance", C, ones);

    if (rn_is_null(mean) || rn_is_null(variance)) return rn_null();
    find_valid(b, valid);
    if (!s.inference && rn__model_assigned(mean))
        return rn_fail(b->x.graph,
                       "batch_norm: a graph may train a layer once, and use it "
                       "again in a scope for inference: %s",
                       s.path);
    if (!s.inference) train(b, &mean, &variance);
    const rn_tensor root = rn_sqrt(rn_offset(variance, b->epsilon));
    const rn_tensor y = rn_mul(rn_sub(b->x, mean), rn_div(gain, root));
    return masked(b, rn_add(y, bias));
}

static bool fits(const char *name, rn_scope scope, rn_tensor x,
                 const rn_batch_norm_options *o)
{
    const rn_shape s = rn_shape_get(x), v = rn_shape_get(o->valid);
    const bool lengths = rn_type_get(o->valid) == RN_I32 && v.rank == 1;
    const bool mask = rn_type_get(o->valid) == RN_BOOL && v.rank == 2;
    const char *wrong = NULL;
    char text[160];

    if (!rn__is_real(rn_type_get(x)) || s.rank < 2)
        wrong = "x must be real and [.., C]";
    else if (!(o->momentum >= 0 && o->momentum < 1) || !(o->epsilon >= 0))
        wrong = "the momentum must be in 0 <= momentum < 1, and epsilon not negative";
    else if (!rn_is_null(o->valid) &&
             (s.rank < 3 || !(lengths || mask) || v.size[v.rank - 1] != s.size[1] ||
              (mask && v.size[0] != s.size[0])))
        wrong =
            "valid must be lengths, i32 [B], or a mask, bool [T, B], of x [T, B, .., C]";
    else if (!scope.inference && x.graph != x.graph->root)
        wrong = "in a loop a layer may be used in a scope for inference only";
    if (!wrong) return true;
    rn_fail(x.graph, "batch_norm: %s: %s got %s", wrong, name ? name : "",
            rn__describe(x, text, sizeof text));
    return false;
}

rn_tensor rn_batch_norm(rn_scope scope, const char *name, rn_tensor x,
                        rn_batch_norm_options options)
{
    norm b = {.x = x, .biased = options.biased};
    rn__frame f;

    if (rn_is_null(x))
        return rn__null_refuse(scope.graph, "batch_norm", name, RN__NULL_X, x);
    if (rn__null_named(options.valid))
        return rn__null_refuse(x.graph, "batch_norm", name, RN__NULL_X, options.valid);
    if (!fits(name, scope, x, &options)) return rn_null();
    b.momentum = options.momentum > 0 ? options.momentum : 0.9;
    b.epsilon = options.epsilon > 0 ? options.epsilon : 1e-5;
    rn__frame_enter(&f, "batch_norm", name, x, options.valid);
    f.noun = "length";
    return rn__frame_leave(&f, normalized(&b, rn_scope_in(scope, name), options.valid));
}
