/* SPDX-License-Identifier: MIT */
/*
 * cross_entropy -- of the softmax of logits with one right class for each row.
 *
 *   logits  [.., V]    targets  [..] i32    N rows in all
 *
 *   term = log sum exp(x[n] - m[n]) - (x[n, target] - m[n])
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

/* Logits without their largest, and the logarithm of the sum of their exponentials. */
typedef struct rows {
    rn_tensor x, m, log_sum; /* [N, V], [N, 1], [N] */
} rows;

/* Rows that do not count are replaced by zeros before the exponentials, so that their NaN
 * and infinities reach no gradient. */
static rows rows_of(const rn__classes *c)
{
    const int last = 1;
    const rn_tensor z = rn__loss_masked(&c->loss, c->x, true);
    rn_tensor m = rn_stop_gradient(rn_max(z, &last, 1, true));
    m = rn_where(rn_is_finite(m), m, rn_constant_like(m, 0));
    rn_tensor sum = rn_sum_axis(rn_exp(rn_sub(z, m)), 1);
    rn_tensor empty = rn_equal(sum, rn_constant_like(sum, 0));

    sum = rn_where(empty, rn_constant_like(sum, 1), sum);
    return (rows){z, m, rn_log(sum)};
}

/* The sum over all classes of their weight times -log p, over V: [N]. */
static rn_tensor of_all_classes(const rn__classes *c, const rows *r)
{
    const rn_tensor log_p = rn_sub(rn_sub(r->x, r->m), rn_expand(r->log_sum, 1));
    const rn_tensor cost = rn_neg(log_p);

    return rn_mean_axis(rn_is_null(c->all) ? cost : rn_weigh(c->all, cost), 1);
}

/* -log p of the targets with all that the options say: [N], weights of classes included. */
static rn_tensor terms(const rn__classes *c)
{
    const rn_loss_options *o = c->loss.options;
    const rows r = rows_of(c);
    rn_tensor y =
        rn_sub(r.log_sum, rn_sub(rn__classes_pick(c->x, c->targets), rn_squeeze(r.m, 1)));

    if (o->gamma != 0) {
        const rn_tensor others = rn_neg(rn_expm1(rn_neg(y)));
        y = rn_mul(rn_pow(others, rn_constant_like(others, o->gamma)), y);
    }
    if (!rn_is_null(c->weight)) y = rn_weigh(c->weight, y);
    if (o->smoothing == 0) return y;
    y = o->smoothing == 1 ? rn_constant_like(y, 0) : rn_scale(y, 1 - o->smoothing);
    return rn_add(y, rn_scale(of_all_classes(c, &r), o->smoothing));
}

static rn_tensor loss_of(rn_tensor logits, rn_tensor targets, const rn_loss_options *o)
{
    rn__classes c;

    if (!rn__classes_begin(&c, "cross_entropy", logits, targets, o,
                           RN__LOSS_SMOOTHING | RN__LOSS_GAMMA))
        return rn_null();
    if (rn_size(c.targets, 0) == 0 && o->reduction != RN_REDUCE_NONE)
        return rn_sum_all(c.x);
    return rn__loss_reduce(&c.loss, terms(&c), c.weight);
}

rn_tensor rn_cross_entropy_with(rn_tensor logits, rn_tensor targets,
                                rn_loss_options options)
{
    rn__frame f;

    if (!logits.graph && !targets.graph)
        return rn__loss_null("cross_entropy", logits, targets);
    rn__frame_enter(&f, "cross_entropy", NULL, logits, targets);
    f.noun = "target";
    return rn__frame_leave(&f, loss_of(logits, targets, &options));
}

rn_tensor rn_cross_entropy(rn_tensor logits, rn_tensor targets)
{
    return rn_cross_entropy_with(logits, targets, (rn_loss_options){.ignores = false});
}

rn_tensor rn_cross_entropy_ignoring(rn_tensor logits, rn_tensor targets, int32_t ignored)
{
    return rn_cross_entropy_with(logits, targets,
                                 (rn_loss_options){.ignores = true, .ignored = ignored});
}
