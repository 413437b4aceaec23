/* SPDX-License-Identifier: MIT */
/*
 * Training: optimisers, progress and curves.
 *
 * An optimiser is a rule that adds nodes to the graph being compiled: the gradient of the
 * loss with respect to every weight that it depends on, and assignments. A weight that no
 * gradient reaches (behind rn_stop_gradient alone, say) or that is excepted by name is not
 * touched at all: no decay, no momentum, no part in the norm.
 *
 * Its variables are in the model under the optimiser's name, "optimizer" unless given:
 *
 *   <name>/steps, skipped, norm   see rn_training
 *   <name>/rate, given_rate       the learning rate, and what it was compiled with
 *   <name>/<weight>/..            moments: velocity, s, or m and v; Adam's count t
 *
 * They are made when they are missing and otherwise go on from where they are, in another
 * program too. Optimisers of two names share nothing. Programs of one name share all, but
 * each rate that was given has a variable of its own, `rate` the first, then `rate2`,
 * `rate3`: compiling one program changes no other's. A weight that joins later starts its
 * own count. rn_model_load sets all but the rates to zero. A failed rn_compile leaves no
 * variable.
 *
 * A run makes no step when the gradient's global norm, computed in f64, is not finite, or
 * so large that a moment might overflow: after clipping, above 9.2e18 for Adam and RMSprop
 * and 1.7e38 (1 - momentum) for momentum, in f32. Then all weights, moments and counts of
 * steps stay as they are, bit for bit, and the run is counted as skipped.
 *
 * Errors (rn_compile gives NULL and the message is on the graph): a rate, clip or parameter
 * that cannot be, an epsilon that is 0 in the weights' type, a loss that depends on no
 * weight or of which no gradient reaches one, patterns that name no weight or all of them,
 * weights of two models or of one that was freed, a name with '/'.
 */
#ifndef RONDO_TRAIN_H
#define RONDO_TRAIN_H

#include <stdio.h>

#include "model.h"
#include "program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What `parameter` of the optimisers below holds, to be changed before compiling:
 *
 *   rn_optimizer adam = rn_adam(1e-3);
 *   adam.parameter[RN_ADAM_BETA1] = 0.5;
 *
 * Betas, alpha and momentum are at least 0 and below 1, epsilon is positive, decay not
 * negative. An optimiser refuses parameters that are another's. */
typedef enum rn_parameter {
    RN_SGD_MOMENTUM,
    RN_RMSPROP_ALPHA,
    RN_RMSPROP_EPSILON,
    RN_ADAM_BETA1,
    RN_ADAM_BETA2,
    RN_ADAM_EPSILON,
    RN_ADAM_DECAY /* of both rn_adam and rn_adamw */
} rn_parameter;

/* w -= rate v,  v = momentum v + dw. momentum 0 keeps no v. */
RN_API rn_optimizer rn_sgd(double rate, double momentum);

/* s = alpha s + (1 - alpha) dw dw,  w -= rate dw / (sqrt(s) + epsilon), with alpha 0.99 and
 * epsilon 1e-8. Tieleman and Hinton 2012. */
RN_API rn_optimizer rn_rmsprop(double rate);

/* Kingma and Ba 2015, arXiv:1412.6980, with beta1 0.9, beta2 0.999, epsilon 1e-8. */
RN_API rn_optimizer rn_adam(double rate);

/* Adam with decoupled decay, w -= rate decay w; arXiv:1711.05101. Vectors and scalars, such
 * as biases, are decayed too. */
RN_API rn_optimizer rn_adamw(double rate, double decay);

/* The same optimiser with all gradients scaled so that their global norm is at most `norm`.
 */
RN_API rn_optimizer rn_clipped(rn_optimizer optimizer, double norm);

/* The same optimiser under another name, so that it has rates, counts and moments of its
 * own: for two optimisers over one model, such as a generator's and a discriminator's. 1 to
 * 200 bytes without '/'. The text must last until rn_compile. */
RN_API rn_optimizer rn_named(rn_optimizer optimizer, const char *name);

/* The same optimiser for all weights but those with these names (frozen weights): a list of
 * full names such as "embed/w", separated by commas, in which * stands for any text, '/'
 * included: "embed*, rnn/layer0*". Spaces round a name are no part of it. Each must be the
 * name of a weight. The text must last until rn_compile. */
RN_API rn_optimizer rn_except(rn_optimizer optimizer, const char *patterns);

/* Sets the learning rate of the model's optimiser from the next run on, that of a name
 * (NULL: "optimizer") or of the unnamed one: all its rates, whatever programs were given.
 * It holds until it is set again; a program that is compiled later begins with it if it is
 * given a rate that a program was given before. RN_INVALID with a message on the model: no
 * such optimiser was compiled yet, a rate below 0 or not finite. */
RN_API rn_status rn_set_learning_rate(rn_model *model, double rate);
RN_API rn_status rn_set_learning_rate_of(rn_model *model, const char *name, double rate);

/* What the optimiser did: steps made so far, runs whose step was skipped because the norm
 * was not finite or too large, and the last run's global norm before clipping. Zeros before
 * the first run, and after rn_model_load. */
typedef struct rn_training {
    int64_t steps, skipped;
    double norm;
} rn_training;

/* Of the unnamed optimiser, or of one of that name (NULL: "optimizer"). */
RN_API rn_training rn_training_of(const rn_model *model);
RN_API rn_training rn_training_of_named(const rn_model *model, const char *name);

/* ---- progress ---- */

/* A line of progress that is rewritten on a terminal and printed now and then elsewhere. */
typedef struct rn_progress rn_progress;

/* `total` steps to come, shown on `file`, which may be NULL to show nothing; 0: nobody
 * knows how many. NULL without memory. The functions below accept NULL and do nothing. */
RN_API rn_progress *rn_progress_new(FILE *file, const char *title, int64_t total);
RN_API void rn_progress_free(rn_progress *progress);

/* Shows step `done` of total with the time left and a text such as "loss 1.23" (format may
 * be NULL): at most ten times a second on a terminal, elsewhere a line for every 5 %. */
RN_API void rn_progress_show(rn_progress *progress, int64_t done, const char *format, ...)
    RN_PRINTF(3, 4);

/* Ends the line. */
RN_API void rn_progress_end(rn_progress *progress);

/* Seconds since the progress was made. */
RN_API double rn_progress_seconds(const rn_progress *progress);

/* ---- curves ---- */

/* One line of a plot: points (x, y), drawn in order. */
typedef struct rn_curve {
    const char *label;
    const double *x, *y;
    int64_t points;
} rn_curve;

/* Writes an SVG picture of the curves with axes, ticks and a legend; file.h says how files
 * are written. Points that are not finite are left out, and bytes of a label that are no
 * UTF-8 become U+FFFD. RN_IO when the file cannot be written, and then an old one is as it
 * was; RN_NO_MEMORY; RN_INVALID without a path or the points of a curve. */
RN_API rn_status rn_plot_svg(const char *path, const char *title, const char *x_label,
                             const char *y_label, const rn_curve *curves, int count);

#ifdef __cplusplus
}
#endif
#endif
