/* SPDX-License-Identifier: MIT */
/*
 * Training: learning rates and statistics of optimisers, and progress lines.
 *
 * What an optimiser does, and the variables it has: optimizers.h. Training loops: fit.h.
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

/* The steps end after so many seconds since rn_progress_new, if not before: the time left
 * and the percentage are those of what ends first. No limit if not finite or not
 * positive. */
RN_API void rn_progress_limit(rn_progress *progress, double seconds);

/* Ends the line. */
RN_API void rn_progress_end(rn_progress *progress);

/* Seconds since rn_progress_new. */
RN_API double rn_progress_seconds(const rn_progress *progress);

#ifdef __cplusplus
}
#endif
#endif
