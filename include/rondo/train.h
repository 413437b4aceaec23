/* SPDX-License-Identifier: MIT */
/*
 * Training: learning rates and statistics of optimisers, and progress lines.
 *
 * An optimiser adds nodes to the graph that is being compiled: the gradient of the loss
 * with respect to every weight that the loss depends on, and assignments to these weights.
 * A weight that no gradient reaches, for example because it is used only behind
 * rn_stop_gradient, or that rn_except names, is left unchanged: no decay, no momentum, and
 * it does not count in the gradient's norm.
 *
 * The optimiser's variables are in the model under its name, "optimizer" by default:
 *
 *   <name>/steps, skipped, norm   see rn_training
 *   <name>/rate, given_rate       the current learning rate, and the one compiled with
 *   <name>/<weight>/..            moments: velocity, s, or m and v; Adam's count t
 *
 * rn_compile creates the variables that do not exist yet. Existing ones keep their values,
 * so training continues where it stopped, in another program too. Optimisers with different
 * names share nothing. Programs whose optimisers have the same name share all variables,
 * except that every different rate has its own: `rate`, then `rate2`, `rate3`. So compiling
 * one program does not change another's rate. A weight that is added later starts its own
 * count. rn_model_load resets all but the rates to zero. A failed rn_compile adds no
 * variables.
 *
 * A run skips the update if the gradient's global norm, computed in f64, is not finite or
 * so large that a moment might overflow. In f32 the limits are, after clipping, 9.2e18 for
 * Adam and RMSprop and 1.7e38 (1 - momentum) for momentum. All weights, moments and step
 * counts then stay unchanged, bit for bit, and the run is counted as skipped.
 *
 * Errors (rn_compile returns NULL, message on the graph): a rate, clip or parameter out of
 * range; an epsilon that is 0 in the weights' type; a loss that depends on no weight, or
 * whose gradient reaches none; a pattern that matches no weight, or patterns that match all
 * of them; weights of two models, or of a model that was freed; a name with '/'.
 */
#ifndef RONDO_TRAIN_H
#define RONDO_TRAIN_H

#include <stdio.h>

#include "model.h"
#include "optimizers.h"
#include "pictures.h"
#include "program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets the learning rate of the unnamed optimiser, or of the named one (NULL: "optimizer"),
 * from the next run on: every rate of that optimiser, in all programs. It holds until it is
 * set again. A program compiled later with a rate that an earlier program was compiled with
 * uses the new rate too. RN_INVALID with a message on the model: no such optimiser was
 * compiled yet; a rate that is negative or not finite. */
RN_API rn_status rn_set_learning_rate(rn_model *model, double rate);
RN_API rn_status rn_set_learning_rate_of(rn_model *model, const char *name, double rate);

/* Statistics of an optimiser: the updates made so far, the runs that skipped the update
 * because the gradient's norm was not finite or too large, the global norm of the last
 * gradient, of an update or a skipped one, before clipping, and the learning rate of the
 * last run. All are 0 before the first run and after rn_model_load. */
typedef struct rn_training {
    int64_t steps, skipped;
    double norm, rate;
} rn_training;

/* The statistics of the unnamed optimiser, or of the named one (NULL: "optimizer"). */
RN_API rn_training rn_training_of(const rn_model *model);
RN_API rn_training rn_training_of_named(const rn_model *model, const char *name);

/* ---- progress ---- */

/* A progress line. On a terminal it is updated in place; elsewhere lines are printed. */
typedef struct rn_progress rn_progress;

/* A progress line of `total` steps (0: unknown), written to `file` (NULL: not shown). NULL
 * if out of memory. The functions below accept NULL and do nothing. */
RN_API rn_progress *rn_progress_new(FILE *file, const char *title, int64_t total);
RN_API void rn_progress_free(rn_progress *progress);

/* Shows step `done` with the time left and a text such as "loss 1.23" (`format` may be
 * NULL). A terminal is updated at most ten times a second; elsewhere a line is printed for
 * every 5 % of the steps. */
RN_API void rn_progress_show(rn_progress *progress, int64_t done, const char *format, ...)
    RN_PRINTF(3, 4);

/* Ends the line. */
RN_API void rn_progress_end(rn_progress *progress);

/* Seconds since rn_progress_new. */
RN_API double rn_progress_seconds(const rn_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
