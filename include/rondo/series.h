/* SPDX-License-Identifier: MIT */
/*
 * Windows over series: forecasting as sequences for rn_batches.
 *
 *     rn_series_options o = {.history = 48, .horizon = 12, .validation = 0.2,
 *                            .scaling = RN_SCALING_STANDARD};
 *     rn_series *s = rn_series_new(&source, o);
 *     rn_source training = rn_series_source(s, RN_PART_TRAINING);
 *     rn_source validation = rn_series_source(s, RN_PART_VALIDATION);
 *     rn_series_keep(s, model, "series");
 *
 * A window that begins in step a has the history a .. a + H - 1 as its input x, and the P
 * steps after that, a + H .. a + H + P - 1, as its target y.
 *
 * Series are split by time. The last steps of each series are its test part, those before
 * them its validation part, the rest its training part. A window belongs to a part if all
 * its target steps are in that part; those whose targets reach over a border belong to
 * none. So a training window reads nothing but the training part, and the histories of
 * later parts may reach back, as they do when the model is used. Scaling is fitted to the
 * training part alone.
 */
#ifndef RONDO_SERIES_H
#define RONDO_SERIES_H

#include "data.h"
#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is done to each column: (value - shift) / scale. Where all values are the same,
 * scale is 1. */
typedef enum rn_scaling {
    RN_SCALING_NONE,     /* nothing */
    RN_SCALING_STANDARD, /* shift: the mean; scale: the standard deviation, of all values */
    RN_SCALING_MINMAX    /* to 0..1. shift: the least value; scale: the largest minus it */
} rn_scaling;

typedef enum rn_part { RN_PART_TRAINING, RN_PART_VALIDATION, RN_PART_TEST } rn_part;

typedef struct rn_series_options {
    int field;         /* of the source: real, of shape [C] (C columns) or [] */
    int64_t history;   /* H; must be set */
    int64_t horizon;   /* P; 0 means 1 */
    int64_t stride;    /* from a window of a part to the next; 0 means 1 */
    const int *inputs; /* [input_count]: the columns of x; NULL: all */
    int input_count;
    const int *targets; /* [target_count]: the columns of y; NULL: all */
    int target_count;
    const char *input_name, *target_name; /* of the fields; NULL: "x" and "y" */
    bool every_step;         /* y has one step for each of x: that P steps later */
    double validation, test; /* shares of each series, rounded down to whole steps */
    rn_scaling scaling;
    rn_allocator allocator;
} rn_series_options;

typedef struct rn_series rn_series;

/* Windows over all sequences of a source, which must live as long. Names and columns are
 * copied. With scaling, reads the training part once. NULL only if out of memory; any other
 * error stays on the result, as with rn_batches_new: its sources are not valid. Errors: no
 * history; negative numbers; shares that are negative or add up to more than 1; a field
 * that is not real or of another shape; no such column; with scaling, a training part that
 * is empty or has a NaN or an infinity. */
RN_API rn_series *rn_series_new(const rn_source *source, rn_series_options options);
RN_API void rn_series_free(rn_series *series);
RN_API const char *rn_series_error(const rn_series *series);

/* The windows of a part, in order of series and time, as a source: H steps of the field x,
 * [inputs]; and y, once [P, targets], or with `every_step` [targets] in each step. A batch
 * has x [H, B, inputs] and y [B, P, targets] or [H, B, targets]. The series must live as
 * long as the source. */
RN_API rn_source rn_series_source(rn_series *series, rn_part part);

/* Where window i of a part begins: the sequence of the source, and the step a. Either may
 * be NULL. False: no such window. */
RN_API bool rn_series_where(const rn_series *series, rn_part part, int64_t i,
                            int64_t *sequence, int64_t *step);

/* ---- scaling that is kept with a model ---- */

/* Keeps the scaling in the model, in statistics NAME/shift and NAME/scale of shape [C],
 * which are saved and loaded with the weights. The windows, too, use it as rounded to the
 * model's type, so call it before reading them. Without scaling: 0 and 1. Errors as of
 * rn_scaling_declare. */
RN_API rn_status rn_series_keep(rn_series *series, rn_model *model, const char *name);

/* Makes the two statistics, with shift 0 and scale 1, unless the model has them: for a
 * program that loads the model and has no windows. RN_INVALID with a message on the model:
 * a name that is not valid, no columns, or variables of such a name that are no such
 * statistics; RN_NO_MEMORY. */
RN_API rn_status rn_scaling_declare(rn_model *model, const char *name, int64_t columns);

/* Scales values [rows, count] of type f32 or f64 in place, or undoes it, as for forecasts.
 * Column k of the values is column columns[k] of the series; NULL: column k. RN_INVALID
 * with a message on the model: no such statistics, no such column, or another type. */
RN_API rn_status rn_scaling_apply(rn_model *model, const char *name, const int *columns,
                                  int count, rn_type type, void *values, int64_t rows);
RN_API rn_status rn_scaling_undo(rn_model *model, const char *name, const int *columns,
                                 int count, rn_type type, void *values, int64_t rows);

#ifdef __cplusplus
}
#endif
#endif
