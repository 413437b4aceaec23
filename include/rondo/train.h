/* SPDX-License-Identifier: MIT */
/*
 * Training: optimisers, progress and curves.
 *
 * An optimiser is a rule that adds nodes to the graph being compiled: the gradient of the
 * loss with respect to every weight that it depends on, and assignments. Its moments and
 * counters are variables of the model under "optimizer/", which are made when they are
 * missing and otherwise go on from where they are, in another program too. When the
 * gradient's global norm, computed in f64, is not finite the step is skipped: all weights,
 * moments and counters of steps stay as they are, bit for bit, and it is counted.
 *
 * Errors (rn_compile gives NULL and the message is on the graph): a rate, clip, momentum or
 * decay that cannot be, a loss that depends on no weight, weights of two models or of one
 * that was freed.
 */
#ifndef RONDO_TRAIN_H
#define RONDO_TRAIN_H

#include <stdio.h>

#include "model.h"
#include "program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* w -= rate v,  v = momentum v + dw. momentum 0 keeps no v. */
RN_API rn_optimizer rn_sgd(double rate, double momentum);

/* s = 0.99 s + 0.01 dw dw,  w -= rate dw / (sqrt(s) + 1e-8). Tieleman and Hinton 2012. */
RN_API rn_optimizer rn_rmsprop(double rate);

/* Kingma and Ba 2015, arXiv:1412.6980, with beta 0.9 and 0.999, epsilon 1e-8. */
RN_API rn_optimizer rn_adam(double rate);

/* Adam with decoupled decay, w -= rate decay w; arXiv:1711.05101. Vectors and scalars, such
 * as biases, are decayed too. */
RN_API rn_optimizer rn_adamw(double rate, double decay);

/* The same optimiser with all gradients scaled so that their global norm is at most `norm`.
 */
RN_API rn_optimizer rn_clipped(rn_optimizer optimizer, double norm);

/* Sets the learning rate of the model's optimiser from the next run on. It holds until it
 * is set again or a program is compiled with another rate than the last one was. RN_INVALID
 * with a message on the model: no optimiser was compiled yet, a rate below 0 or not finite.
 */
RN_API rn_status rn_set_learning_rate(rn_model *model, double rate);

/* What the optimiser did: steps made so far, runs whose step was skipped because the norm
 * was not finite, and the last run's global norm before clipping. Zeros before the first
 * run. */
typedef struct rn_training {
    int64_t steps, skipped;
    double norm;
} rn_training;

RN_API rn_training rn_training_of(const rn_model *model);

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
