/* SPDX-License-Identifier: MIT */
/*
 * Losses. Each is a graph of primitive operators.
 *
 * A loss is the mean of its terms: one for each element, or one for each row of classes.
 * Functions that take rn_loss_options can weigh and mask the terms, add them up, or return
 * them as they are.
 *
 * The loss of no terms (an empty batch, no time steps, everything masked) is 0, and so is
 * its gradient.
 */
#ifndef RONDO_LOSSES_H
#define RONDO_LOSSES_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of the terms. */
typedef enum rn_reduction {
    RN_REDUCE_MEAN, /* their mean: sum weight term / sum weight */
    RN_REDUCE_SUM,  /* sum weight term */
    RN_REDUCE_NONE  /* weight term, in the shape of the terms; 0 where masked */
} rn_reduction;

/* A zeroed struct means: the mean of all terms. Options that a loss does not have are
 * errors. Shapes broadcast to that of the terms; types are those of the loss's operands. */
typedef struct rn_loss_options {
    rn_reduction reduction;
    rn_tensor weights; /* real: the weight of each term, such as [B] or [T, 1]; null: 1 */
    rn_tensor mask;    /* bool: false for terms that do not count, whose operands, NaN
                          included, have no influence; null: all count */

    /* cross_entropy and negative_log_likelihood */
    rn_tensor class_weights; /* [V]: multiplies the weights of a class's terms; null: 1 */
    bool ignores;            /* targets that are equal to `ignored` do not count */
    int32_t ignored;         /* may be any value, such as -100 */
    double smoothing; /* cross_entropy: the target has the probability 1 - smoothing, and
                         smoothing / V is added for each class; arXiv:1512.00567 */

    /* cross_entropy and binary_cross_entropy */
    double gamma; /* focal loss: multiplies a term -log p by (1 - p)^gamma; 0, or at least
                     1; arXiv:1708.02002 */
    rn_tensor positive_weights; /* binary_cross_entropy: multiplies y log s(x), broadcasts;
                                   null: 1 */

    double delta; /* huber: where the square becomes a line; 0 means 1 */
} rn_loss_options;

/* ---- of pairs x, y: real, of one type and shape; they are not broadcast ---- */

/* The mean of (x - y)^2 over all elements. */
RN_API rn_tensor rn_mean_squared_error(rn_tensor x, rn_tensor y);

/* Predictions x and targets y; one term for each element:
 *   squared_error   (x - y)^2
 *   absolute_error  |x - y|; the gradient at 0 is 0
 *   huber           d^2 / 2 if d = |x - y| <= delta, else delta (d - delta / 2); Huber 1964
 *   poisson         e^x - y x, x being the logarithm of the rate, without the term log y!
 *   kl_divergence   y (log y - x), x being log-probabilities, y probabilities; 0 where y is
 *                   0. Its sum over the classes of a row is the divergence
 *   hinge           max(0, 1 - y x), y being 1 or -1; the gradient at the kink is half */
RN_API rn_tensor rn_squared_error(rn_tensor x, rn_tensor y, rn_loss_options options);
RN_API rn_tensor rn_absolute_error(rn_tensor x, rn_tensor y, rn_loss_options options);
RN_API rn_tensor rn_huber(rn_tensor x, rn_tensor y, rn_loss_options options);
RN_API rn_tensor rn_poisson(rn_tensor x, rn_tensor y, rn_loss_options options);
RN_API rn_tensor rn_kl_divergence(rn_tensor x, rn_tensor y, rn_loss_options options);
RN_API rn_tensor rn_hinge(rn_tensor x, rn_tensor y, rn_loss_options options);

/* One term for each row [.., N] -> [..]: 1 - x.y / (|x| |y|), with norms of at least 1e-8.
 */
RN_API rn_tensor rn_cosine_distance(rn_tensor x, rn_tensor y, rn_loss_options options);

/* The mean of -(y log s(x) + (1 - y) log(1 - s(x))), where s is the sigmoid, without
 * overflow. x (logits) and y (targets) are real and have the same shape; y lies in [0, 1].
 * The term of an infinite logit is 0 for +inf where y is 1 and for -inf where y is 0, and
 * infinite otherwise. */
RN_API rn_tensor rn_binary_cross_entropy(rn_tensor logits, rn_tensor targets);
RN_API rn_tensor rn_binary_cross_entropy_with(rn_tensor logits, rn_tensor targets,
                                              rn_loss_options options);

/* ---- of classes ---- */

/* The mean of -log softmax(logits)[target], in nats: logits [.., V], targets i32 [..] in
 * 0..V-1. Any other target makes the run fail with a message. A logit of -inf marks an
 * impossible class: the loss is infinite if it is the target, else its gradient is 0.
 * Errors: shapes that do not match, no classes, more than 2^31 - 1 logits. */
RN_API rn_tensor rn_cross_entropy(rn_tensor logits, rn_tensor targets);

/* The same over the targets that are not equal to `ignored`, which may be any value, such
 * as -100; 0 if there are none. The logits of ignored targets have no influence. */
RN_API rn_tensor rn_cross_entropy_ignoring(rn_tensor logits, rn_tensor targets,
                                           int32_t ignored);

/* The same with options; the terms are [..]. With class weights w, smoothing e and gamma:
 *
 *   weight  w[target]        term  (1 - e) (1 - p)^gamma (-log p) +
 *                                  e / V sum over classes c of w[c] / w[target] (-log p[c])
 *
 * which is PyTorch's definition. Smoothing and gamma exclude each other. */
RN_API rn_tensor rn_cross_entropy_with(rn_tensor logits, rn_tensor targets,
                                       rn_loss_options options);

/* The mean of -x[target], for log-probabilities x [.., V]; the rest is as above. */
RN_API rn_tensor rn_negative_log_likelihood(rn_tensor x, rn_tensor targets,
                                            rn_loss_options options);

/* ---- of sequences ---- */

/* Connectionist temporal classification; Graves et al. 2006. The terms are
 * -log p(targets) of each sequence: the probability of all ways to read its targets, with
 * repetitions and blanks in between, off its steps.
 *
 *   logits          [T, B, V]   normalised here, by a softmax
 *   targets         i32 [B, S]  classes 0..V-1 without `blank`; others make the run fail
 *   steps           i32 [B]     the number of real steps, in 0..T; null: all T
 *   target_lengths  i32 [B]     the number of real targets, in 0..S; null: all S
 *
 * Padding is ignored. A sequence that is too short for its targets has the loss infinity,
 * with `zero_infeasible` 0, and the gradient 0. With `by_length` a term is divided by the
 * number of its targets, if that is not 0, as PyTorch's mean does. */
typedef struct rn_ctc_options {
    rn_loss_options all; /* reduction, weights and mask, [B] */
    int blank;           /* the class that stands for nothing */
    bool by_length, zero_infeasible;
} rn_ctc_options;

RN_API rn_tensor rn_ctc(rn_tensor logits, rn_tensor targets, rn_tensor steps,
                        rn_tensor target_lengths, rn_ctc_options options);

/* ---- penalties, to add to a loss; scalars ---- */

/* The sum over weights w of l1 sum |w| + l2 sum w^2: of all weights of the scope's model
 * that its graph uses already, or of those whose full names match `patterns`, as for
 * rn_except; "*w, *u" leaves out biases. NULL: all. Errors: a pattern that matches none;
 * factors that are negative or not finite. */
RN_API rn_tensor rn_weight_penalty(rn_scope scope, const char *patterns, double l1,
                                   double l2);

/* Of a layer's outputs h, real [T, B, ..]; `valid` says which steps are no padding, which
 * has no influence, whatever it holds: lengths, i32 [B] in 0..T, or a mask, bool [T, B];
 * null: all. 0 if there are none. Merity et al. 2017, arXiv:1708.02182, have both: l2 is
 * their alpha, for outputs after dropout, and their beta, for outputs before it.
 *
 *   activation_penalty  the mean of l1 |h| + l2 h^2
 *   temporal_penalty    l2 times the mean of (h[t] - h[t - 1])^2 over all pairs of
 *                       successive steps of which neither is padding: slowness */
RN_API rn_tensor rn_activation_penalty(rn_tensor h, rn_tensor valid, double l1, double l2);
RN_API rn_tensor rn_temporal_penalty(rn_tensor h, rn_tensor valid, double l2);

#ifdef __cplusplus
}
#endif
#endif
