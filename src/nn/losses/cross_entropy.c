/* SPDX-License-Identifier: MIT */
/*
 * cross_entropy -- of the softmax of logits with one right class for each row.
 *
 *   logits  [.., V]    targets  [..] i32    N rows in all
 *
 *   loss = mean over n of  log sum exp(x[n] - m[n]) - (x[n, target] - m[n])
 *
 * m is the row's largest logit. It is subtracted in both terms, so that a large offset
 * common to a row costs no digits. It counts as a constant, because the derivative of the
 * whole with respect to it is 0.
 *
 * A logit of -inf is a class of probability 0: if it is the target, the loss is infinite,
 * else its gradient is 0. If all logits of a row are -inf, m and the logarithm are 0. The
 * row's loss is then infinite, and only the target's element of its gradient is not 0: as
 * in softmax, no class has a probability.
 */
#include "graph/frame.h"
#include "nn/losses/losses.h"

static const char *fault_of(rn_tensor logits, rn_tensor targets)
{
    const rn_shape x = rn_shape_get(logits), t = rn_shape_get(targets);

    if (rn_is_null(logits) || rn_is_null(targets)) return "a tensor is null";
    if (!rn__is_real(rn_type_get(logits))) return "logits must be real";
    if (rn_type_get(targets) != RN_I32) return "targets must be i32";
    if (x.rank < 1 || t.rank != x.rank - 1) return "shapes do not match";
    for (int i = 0; i < t.rank; i++)
        if (t.size[i] != x.size[i]) return "shapes do not match";
    if (x.size[x.rank - 1] < 1) return "there are no classes";
    if (rn_shape_count(x) > INT32_MAX) return "more than 2^31 - 1 logits";
    return NULL;
}

static bool fits(rn_tensor logits, rn_tensor targets)
{
    char x_text[128], t_text[128];

    const char *fault = fault_of(logits, targets);
    if (fault)
        rn_fail(rn_is_null(logits) ? targets.graph : logits.graph,
                "cross_entropy: %s: logits %s, targets %s", fault,
                rn__describe(logits, x_text, sizeof x_text),
                rn__describe(targets, t_text, sizeof t_text));
    return !fault;
}

/* The logit of each row's target: x [N, V], t [N] -> [N]. The check makes the run fail for
 * a target that is not a class, whose index n V + t would be in another row. */
static rn_tensor picked(rn_tensor x, rn_tensor t)
{
    const int64_t N = rn_size(x, 0), V = rn_size(x, 1);
    rn_tensor rows = rn_mul(rn_range(t.graph, N), rn_constant_like(t, (double)V));

    return rn_take(rn_reshape(x, (rn_shape){1, {N * V}}),
                   rn_add(rows, rn_check_range(t, 0, V - 1)));
}

/* -log softmax(x)[t] of every row: [N]. Rows that do not count (`counts` bool [N, 1], or
 * null if all do) are replaced by zeros before the exponentials, so that their NaN and
 * infinities reach no gradient. */
static rn_tensor rows(rn_tensor x, rn_tensor t, rn_tensor counts)
{
    const int last = 1;
    rn_tensor z = rn_is_null(counts) ? x : rn_where(counts, x, rn_constant_like(x, 0));
    rn_tensor m = rn_stop_gradient(rn_max(z, &last, 1, true));
    m = rn_where(rn_is_finite(m), m, rn_constant_like(m, 0));
    rn_tensor sum = rn_sum_axis(rn_exp(rn_sub(z, m)), 1);
    rn_tensor empty = rn_equal(sum, rn_constant_like(sum, 0));

    sum = rn_where(empty, rn_constant_like(sum, 1), sum);
    return rn_sub(rn_log(sum), rn_sub(picked(x, t), rn_squeeze(m, 1)));
}

/* Logits as [N, V], targets as [N]; false after an error. */
static bool flatten(rn_tensor *logits, rn_tensor *targets)
{
    if (!fits(*logits, *targets)) return false;

    const int64_t V = rn_size(*logits, -1), N = rn_shape_count(rn_shape_get(*targets));
    *logits = rn_reshape(*logits, (rn_shape){2, {N, V}});
    *targets = rn_reshape(*targets, (rn_shape){1, {N}});
    return !rn_is_null(*logits) && !rn_is_null(*targets);
}

/* The mean over the targets that are not `ignored`; NULL: over all. */
static rn_tensor mean_loss(rn_tensor logits, rn_tensor targets, const int32_t *ignored)
{
    if (!flatten(&logits, &targets)) return rn_null();
    if (rn_size(targets, 0) == 0) return rn_sum_all(logits);
    if (!ignored) return rn__loss_mean(rows(logits, targets, rn_null()));

    const rn_type real = rn_type_get(logits);
    rn_tensor counts = rn_not_equal(targets, rn_constant_like(targets, *ignored));
    rn_tensor safe = rn_where(counts, targets, rn_constant_like(targets, 0));
    rn_tensor loss = rows(logits, safe, rn_expand(counts, 1));
    rn_tensor sum = rn_sum_all(rn_where(counts, loss, rn_constant_like(loss, 0)));
    rn_tensor number = rn_sum_all(rn_cast(counts, RN_I32));

    return rn_div(sum, rn_cast(rn_maximum(number, rn_constant_like(number, 1)), real));
}

static rn_tensor framed(rn_tensor logits, rn_tensor targets, const int32_t *ignored)
{
    rn__frame f;

    if (!logits.graph && !targets.graph)
        return rn__loss_null("cross_entropy", logits, targets);
    rn__frame_enter(&f, "cross_entropy", NULL, logits, targets);
    f.noun = "target";
    return rn__frame_leave(&f, mean_loss(logits, targets, ignored));
}

rn_tensor rn_cross_entropy(rn_tensor logits, rn_tensor targets)
{
    return framed(logits, targets, NULL);
}

rn_tensor rn_cross_entropy_ignoring(rn_tensor logits, rn_tensor targets, int32_t ignored)
{
    return framed(logits, targets, &ignored);
}
