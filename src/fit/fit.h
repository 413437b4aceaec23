/* SPDX-License-Identifier: MIT */
/* The internals of a trainer: its programs, the state of a fit, its callbacks. */
#ifndef RN_TRAIN_FIT_FIT_H
#define RN_TRAIN_FIT_FIT_H

#include "graph/node.h"
#include "rondo/fit.h"

/* ---- programs ---- */

/* A tensor that metrics read, and its values. */
typedef struct rn__fit_output {
    rn_tensor tensor;
    rn_type type; /* in the program */
    rn_shape shape;
    void *data;
    size_t bytes;
} rn__fit_output;

enum { RN__FIT_OUTPUTS = 4 * RN_FIT_METRICS };

typedef struct rn__fit_metric {
    rn_metric *metric;
    int scores, targets; /* indices of outputs; -1: none */
    bool own;            /* they have steps of their own ... */
    int lengths[2];      /* ... and these lengths */
} rn__fit_metric;

/* The program of one size of batch. */
typedef struct rn__fit_program {
    struct rn__fit_program *next;
    rn_trainer *trainer;
    bool training, streams;
    int64_t steps, sequences;
    rn_field *field; /* as the batch's, with names of its own */
    int fields;
    rn_tensor *input; /* of each field, null if it is not used; and as builders get it */
    rn_tensor *given;
    rn_tensor lengths, weights, resets, loss, counted;
    bool per_step, aware; /* it uses weights or lengths */
    rn__fit_metric metric[RN_FIT_METRICS];
    rn__fit_output output[RN__FIT_OUTPUTS + 1];
    int metrics, outputs;
    int prediction; /* index of an output; -1: none */
    rn_program *program;
} rn__fit_program;

/* A mean that grows: sum / counted. */
typedef struct rn__mean {
    double sum, counted;
} rn__mean;

/* Makes the inputs that every graph has. */
void rn__fit_graph_begin(rn_fit_graph *g, rn__fit_program *p, rn_graph *graph);

/* The index of a tensor among the outputs that are read after each step. */
int rn__fit_output_of(rn__fit_program *p, rn_tensor x);

/* The program for a batch, compiled if it is the first of its size. NULL with the
 * trainer's error and *status. */
rn__fit_program *rn__fit_program_of(rn_trainer *t, const rn_batch *batch, bool training,
                                    rn_status *status);
void rn__fit_program_free(rn__fit_program *p);

/* Feeds the batch and runs; adds the loss to the mean and the batch to the metrics. */
rn_status rn__fit_step(rn__fit_program *p, const rn_batch *batch, rn__mean *mean,
                       double *loss);

/* ---- the trainer ---- */

struct rn_trainer {
    rn_allocator allocator;
    rn_model *model;
    rn_fit_build build;
    rn_trainer_options options;
    rn__fit_program *programs;
    rn_history *epochs, *steps;
    char error[512], stopped[160];

    /* of the fit that runs, or was the last */
    rn_fit_options *fit; /* NULL: none runs */
    rn_fit_state now;
    double start;         /* on the clock, in seconds */
    double before;        /* seconds of the runs that were resumed */
    rn__mean mean;        /* of this epoch's losses so far */
    bool trained;         /* all steps of this epoch are made: validation is next */
    rn_position valid_at; /* where the next validation begins */
    bool stopping;
};

/* Seconds on a clock that never goes back. */
double rn__fit_clock(void);

/* Records a message for an error whose own text is `why`. Returns status. */
rn_status rn__fit_fail_as(rn_trainer *t, rn_status status, const char *what,
                          const char *why);

/* Resets the metrics of all programs, or writes their values into the last row, under
 * names that begin with `prefix`. */
void rn__fit_metrics_reset(rn_trainer *t);
rn_status rn__fit_metrics_write(rn_trainer *t, bool training, const char *prefix);

/* Sets a number of the last row of a history. */
rn_status rn__fit_record(rn_trainer *t, rn_history *history, const char *column,
                         double value);

/* Lets callbacks stop the fit. */
void rn__fit_poll(rn_trainer *t);

/* Where predictions go: `bytes` for `count` sequences. */
typedef struct rn__predicted {
    char *to;
    size_t bytes, count;
} rn__predicted;

/* Writes the predictions of a batch after its step. */
rn_status rn__fit_take(const rn__fit_program *p, const rn_batch *batch,
                       const rn__predicted *to);

/* An evaluation up to the end of the epoch, or until the fit is stopping; `to` may be NULL.
 */
rn_status rn__fit_evaluate(rn_trainer *t, rn_batches *batches, const rn__predicted *to,
                           rn__mean *mean);

/* Exchanges the weights and their averages if the last epoch was judged by averages. */
void rn__fit_swap(const rn_trainer *t);

/* The name of an older checkpoint: "a/last.safetensors", 2 -> "a/last.2.safetensors"; 0:
 * the path as it is. `room` is RN__FIT_OLDER more than the path's length. */
enum { RN__FIT_OLDER = 32, RN__FIT_KEPT = 1000 }; /* at most so many are kept */
void rn__fit_older(char *to, size_t room, const char *path, int64_t number);

/* Saves all that a fit needs to go on, or loads the newest that there is under this path or
 * an older one's. */
rn_status rn__fit_save(rn_trainer *t, const char *path);
rn_status rn__fit_resume(rn_trainer *t, const char *path);

/* The optimiser's rate, without its schedule. */
double rn__fit_rate(const rn_trainer *t);

/* ---- monitors ---- */

/* The monitored number of the last epoch (column NULL: the default), and whether higher
 * ones are better, besides what *maximize says. An error if there is no such column. */
rn_status rn__monitored(rn_trainer *t, const char *column, double *value, bool *maximize);

/* Whether the last epoch is better than those before, for a callback whose text[0], on[0]
 * and real are the monitor. saved[0] is 1 if there is a best value, and saved[1] this
 * value. */
rn_status rn__monitor(rn_callback *self, const rn_fit_state *now, bool *better);

#endif
