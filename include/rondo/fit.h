/* SPDX-License-Identifier: MIT */
/*
 * The training loop: epochs over batches, validation, callbacks, a history.
 *
 * What is trained is a function that builds the loss for a batch of a given size:
 *
 *   static rn_tensor classify(rn_fit_graph *g)
 *   {
 *       rn_recurrent_options options = {.units = 64, .lengths = g->lengths};
 *       rn_sequence h = rn_lstm(g->scope, "rnn", rn_fit_input(g, "x"), options);
 *       rn_tensor y = rn_linear(g->scope, "out", h.last, 4);
 *       return rn_cross_entropy_with(y, rn_fit_input(g, "label"),
 *                                    (rn_loss_options){.weights = g->weights});
 *   }
 *
 *   rn_trainer *t = rn_trainer_new(model, classify, (rn_trainer_options){
 *                                      .optimizer = rn_adam(1e-3)});
 *   rn_fit(t, (rn_fit_options){.train = train, .valid = valid, .epochs = 20,
 *              .callbacks = {rn_show_progress(stderr), rn_stop_early(...)}});
 *
 * Each size of batch gets a program, compiled when the first such batch comes. A step is
 * what a loop of one's own would do: feed, run, read the loss. The weights are the same.
 */
#ifndef RONDO_FIT_H
#define RONDO_FIT_H

#include <stdio.h>

#include "data.h"
#include "history.h"
#include "metrics.h"
#include "schedules.h"
#include "train.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what is trained ---- */

/* The graph of batches of one size, for training or for evaluation. */
typedef struct rn_fit_graph {
    rn_graph *graph;
    rn_scope scope; /* of the graph's root; for inference if not `training` */
    bool training;
    int64_t steps, sequences; /* T and B */
    rn_tensor lengths;        /* i32 [B] */
    rn_tensor weights;        /* [B], of the model's real type; 0 for what fills a batch */
    rn_tensor resets; /* bool [T, B], to be given to layers as .restarts; null unless
                         the batches are streams */
    void *user;       /* of rn_trainer_options */

    /* What the loss is a mean over, for the mean over an epoch; see rn_fit. Set at most one
     * of them. */
    bool per_step;        /* over steps: a batch counts sum weights[b] lengths[b] */
    rn_tensor counted;    /* a scalar of any type: how much the batch counts */
    rn_tensor prediction; /* [B, ..] of any type: what rn_predict gives */

    struct rn__fit_program *program; /* the trainer's */
} rn_fit_graph;

/* Builds the loss, a real scalar. */
typedef rn_tensor (*rn_fit_build)(rn_fit_graph *g);

/* The input of a field of the source, [T, B, ..], or [B, ..] if it is given once; real
 * fields are cast to the model's real type. Error on the graph: no such field; the message
 * lists those that there are. */
RN_API rn_tensor rn_fit_input(rn_fit_graph *g, const char *field);

/* bool [T, B]: the steps that are not padding. */
RN_API rn_tensor rn_fit_mask(rn_fit_graph *g);

/* Declares a metric of two tensors: scores (real) or predicted classes (i32), and targets
 * (i32) or values (real), null for RN_METRIC_MEAN. Each is [T, B, ..] or [B, ..]; targets
 * of RN_METRIC_EDIT_DISTANCE and the like may have steps of their own, [S, B]. If the sizes
 * fit both, they are those of steps.
 *
 * It is computed in evaluations and, with .train_metrics, in training; then the values are
 * read after each step. The trainer adds the batches to `metric`, with their lengths and
 * weights, and resets it when an epoch or an evaluation begins. The metric must live as
 * long as the trainer. Errors on the graph: no metric, or one with an error; more than
 * RN_FIT_METRICS of them; a tensor of another graph, of type bool, a scalar, or of another
 * shape. */
enum { RN_FIT_METRICS = 16 };
RN_API void rn_fit_metric(rn_fit_graph *g, rn_metric *metric, rn_tensor scores,
                          rn_tensor targets);

/* The same for sequences with steps and lengths of their own, such as those of rn_decode:
 * scores real [P, B, C] or classes i32 [P, B], targets i32 [S, B]. Lengths are i32 [B];
 * null: all steps. Errors also: other types and shapes. */
RN_API void rn_fit_metric_lengths(rn_fit_graph *g, rn_metric *metric, rn_tensor scores,
                                  rn_tensor score_lengths, rn_tensor targets,
                                  rn_tensor target_lengths);

/* ---- the trainer ---- */

typedef struct rn_trainer rn_trainer;

typedef struct rn_trainer_options {
    rn_optimizer optimizer;     /* its texts must live as long as the trainer */
    void *user;                 /* for the function that builds the loss */
    rn_compile_options compile; /* threads, watch and so on; not outputs and loss */
    bool train_metrics;         /* compute the metrics in training too */
} rn_trainer_options;

/* A trainer of a model, which must outlive it. NULL: no model, no function, or out of
 * memory. Free with rn_trainer_free. */
RN_API rn_trainer *rn_trainer_new(rn_model *model, rn_fit_build build,
                                  rn_trainer_options options);
RN_API void rn_trainer_free(rn_trainer *trainer);

/* Compiles the training program of the next batch, so that the model has its weights before
 * the first step: for rn_model_load, rn_model_set and the like. The position of the batches
 * does not change. Errors are those of rn_fit. */
RN_API rn_status rn_trainer_prepare(rn_trainer *trainer, rn_batches *batches);

/* The last error's message, or "" if there was none. For NULL: that there is none. */
RN_API const char *rn_trainer_error(const rn_trainer *trainer);

/* Why the last rn_fit ended early, such as "no improvement for 5 epochs"; or "". */
RN_API const char *rn_trainer_stopped(const rn_trainer *trainer);

/* The history of the epochs, and that of the steps if .log_every is set. Columns:
 *
 *   epoch, step, loss, <metric>.., valid_loss, valid_<metric>.., rate, seconds
 *
 * Epochs and steps count from 1: so many were made. The trainer owns them; rn_fit begins
 * them anew unless it resumes. */
RN_API rn_history *rn_trainer_epochs(const rn_trainer *trainer);
RN_API rn_history *rn_trainer_steps(const rn_trainer *trainer);

/* ---- callbacks ---- */

/* How a fit stands. Only the members of rn_callback and the functions below change it. */
typedef struct rn_fit_state {
    rn_trainer *trainer;
    rn_model *model;
    rn_program *program;   /* of the last step; NULL before the first */
    const rn_batch *batch; /* in `step` and its `save`: the batch; else NULL */
    int64_t epoch, epochs; /* epochs made, and wanted */
    int64_t step;          /* steps made in all epochs */
    int64_t batches;       /* batches made in this epoch, ... */
    int64_t of_batches;    /* ... of so many; 0: unknown */
    double loss;           /* of the last step */
    double seconds;        /* since rn_fit was called */
    bool ended;            /* the training is over */
    bool averaged;         /* the last epoch was judged by averages of the weights */
    rn_status status;      /* in `end`: how the fit ends */
} rn_fit_state;

/* Something that happens beside the training. All functions may be NULL; a status other
 * than RN_OK ends the fit with it, and with the message that rn_trainer_fail left, or one
 * that names the callback. */
typedef struct rn_callback rn_callback;
struct rn_callback {
    const char
        *name; /* of its counters in checkpoints; callbacks of one name are numbered */
    rn_status (*begin)(rn_callback *self, const rn_fit_state *now);
    rn_status (*step)(rn_callback *self, const rn_fit_state *now);
    rn_status (*epoch)(rn_callback *self, const rn_fit_state *now); /* after validation */
    /* Called after `step`, `epoch` and the whole training, when all callbacks were: all
     * counters are up to date. What is saved now can be resumed. */
    rn_status (*save)(rn_callback *self, const rn_fit_state *now);
    /* Called for each callback whose `begin` was, also after errors, last ones first. */
    rn_status (*end)(rn_callback *self, const rn_fit_state *now);
    /* Called after each batch of training and evaluation: the reason to stop, or NULL. */
    const char *(*stop)(rn_callback *self, const rn_fit_state *now);
    void *user;      /* the callback's own */
    double saved[6]; /* counters that begin as 0 or, resumed, as they were */

    /* Settings of the library's own; their texts must live until rn_fit returns. */
    const char *text[3];
    double real;
    int64_t whole[3];
    bool on[2];
    FILE *file;
};

/* Ends the fit after this step; its epoch stays incomplete, or after this epoch in an
 * `epoch`. The reason is copied. */
RN_API void rn_trainer_stop(rn_trainer *trainer, const char *format, ...) RN_PRINTF(2, 3);

/* Records a message for a callback's error. Returns status. */
RN_API rn_status rn_trainer_fail(rn_trainer *trainer, rn_status status, const char *format,
                                 ...) RN_PRINTF(3, 4);

/* A column of the history of epochs that a callback follows: NULL means "valid_loss", or
 * "loss" without validation. Lower is better, unless a metric of that name says otherwise
 * or `maximize` is set. A change counts as better if it is more than `min_delta`. NaN is
 * never better. */
typedef struct rn_monitor {
    const char *column;
    bool maximize;
    double min_delta;
} rn_monitor;

/* The progress line with the time left, see rn_progress_new; that of rn_stop_after too. */
RN_API rn_callback rn_show_progress(FILE *file);

/* Stops after `patience` epochs without a better value (0 means 5) and puts the best
 * weights back, unless `keep_last` is set. They are kept in the model as states named
 * "best/<weight>", and put back however the fit ends. Checkpoints have both. */
typedef struct rn_stop_early_options {
    rn_monitor monitor;
    int64_t patience;
    bool keep_last;
} rn_stop_early_options;
RN_API rn_callback rn_stop_early(rn_stop_early_options options);

/* Saves checkpoints after every `every` epochs (0 means 1), after every `steps` steps (0:
 * not), and at the end. `last` is the newest one; with keep > 1 the older ones are last.1,
 * last.2 and so on (at most 1000), before the ending .safetensors if it has one. `best`
 * gets the model's weights, as rn_model_save writes them, of the best epoch so far. Either
 * may be NULL. */
typedef struct rn_checkpoint_options {
    const char *last, *best;
    int64_t every, steps, keep;
    rn_monitor monitor;
} rn_checkpoint_options;
RN_API rn_callback rn_save_checkpoints(rn_checkpoint_options options);

/* Multiplies the learning rate when the column (NULL: as for rn_monitor) stops improving;
 * see rn_plateau, which must live until rn_fit returns. RN_INVALID: none, or a factor out
 * of range. */
RN_API rn_callback rn_reduce_on_plateau(rn_plateau *plateau, const char *column);

/* Writes the history of the epochs to a CSV file after each epoch, see rn_history_save. If
 * the file cannot be written, the fit fails before its first step. */
RN_API rn_callback rn_log_csv(const char *path);

/* Writes each epoch's numbers to an event file in `folder`, see rn_events_new, and the loss
 * of every `every`-th step as "step/loss" (0: not). */
RN_API rn_callback rn_log_tensorboard(const char *folder, int64_t every);

/* Ends the fit with RN_BAD_VALUE when the loss or a gradient is not finite. The message is
 * that of rn_program_nonfinite: where the first NaN or infinity came from. */
RN_API rn_callback rn_stop_on_nonfinite(void);

/* Stops so many seconds after the call of rn_fit. RN_INVALID: a negative number, or NaN. */
RN_API rn_callback rn_stop_after(double seconds);

/* Stops on the signal SIGINT, Ctrl-C, after the batch; a second one ends the process as
 * usual. The handler is installed while rn_fit runs, unless the signal is ignored, and the
 * old one put back. Its flag is the library's one global variable that changes, so only one
 * fit of a process can have this callback at a time. RN_INVALID: another has it. */
RN_API rn_callback rn_stop_on_interrupt(void);

/* ---- fitting ---- */

enum { RN_CALLBACKS_MAX = 12 };

typedef struct rn_fit_options {
    rn_batches *train, *valid; /* valid may be NULL: no validation */
    int64_t epochs;            /* 0 means 1 */
    int64_t steps;             /* most steps in all; 0: no limit */
    int64_t epoch_steps;       /* steps of an epoch; 0: until the batches end one */
    int64_t log_every;         /* a row of rn_trainer_steps every so many steps; 0: none */
    const char *resume;        /* goes on where this checkpoint was saved, or the newest of
                                  the older ones; NULL or no such file: begins anew */
    bool averages; /* judges epochs by the optimiser's averages of the weights, averages.h:
                      they are validated, written as `best` and kept by rn_stop_early. The
                      weights themselves are, until the averages begin */
    rn_callback callbacks[RN_CALLBACKS_MAX]; /* called in this order */
} rn_fit_options;

/* Trains for some epochs. An epoch is: a step for each batch; an evaluation of `valid`; a
 * row of the history; the callbacks.
 *
 * The loss of an epoch is sum count loss / sum count over its batches. If the loss is a
 * mean, this is the mean over the whole epoch, however different the batches, provided that
 * count is the sum of the weights that the mean divides by: the sequences' weights, or what
 * the rn_fit_graph says. Batches of count 0 have no influence.
 *
 * The states of stateful layers are set to zero for the rows that begin a text in the first
 * step of the batch; for later steps, layers need .restarts. An evaluation begins with
 * states of zero and leaves those of the training as they were.
 *
 * With .averages the weights are those of the training, bit for bit, wherever a callback
 * is called, except in `stop`. At the end they are so too, unless rn_stop_early puts the
 * best averages in their place. RN_INVALID: the optimiser has no averages.
 *
 * The message of an error is rn_trainer_error. A graph that cannot be built or compiled:
 * RN_INVALID, with the graph's message. Errors of the batches, of a run, of files: theirs.
 * RN_NO_MEMORY. After an error the model is as after the last step. */
RN_API rn_status rn_fit(rn_trainer *trainer, rn_fit_options options);

/* The loss over the batches up to the end of their epoch, as rn_fit computes it; the values
 * of the metrics are in the metrics. *loss (may be NULL) is NaN after an error. */
RN_API rn_status rn_evaluate(rn_trainer *trainer, rn_batches *batches, double *loss);

/* Evaluates, and writes the prediction of each sequence to `to`, in the order of the source
 * whatever that of the batches: [count of the source, ..], `bytes` in all. RN_INVALID also:
 * no prediction, or one that is not [B, ..]; streams; another size. */
RN_API rn_status rn_predict(rn_trainer *trainer, rn_batches *batches, void *to,
                            size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
