/* SPDX-License-Identifier: MIT */
/*
 * Fits that are to be killed: of sequences, shuffled and in buckets, and of streams whose
 * states are carried on; both with dropout, validation, early stopping and a plateau.
 */
#ifndef RN_TESTS_KILL_SUPPORT_H
#define RN_TESTS_KILL_SUPPORT_H

#include <signal.h>

#include "fit_support.h"

/* Sequences have epochs of all their batches, streams shorter ones. */
enum { OPTIMIZERS = 3, EPOCHS = 4, BATCHES = 7, WINDOWS = 6, EVERY = 3, STEPS = 22 };

/* ---- what is trained ---- */

static inline rn_optimizer optimizer(int which, bool streams)
{
    rn_optimizer o[OPTIMIZERS] = {rn_sgd(0.1, 0.9), rn_adam(0.05), rn_rmsprop(0.01)};

    o[0].nesterov = true;
    o[0].schedule = (rn_schedule){
        .kind = RN_SCHEDULE_ONE_CYCLE, .steps = STEPS, .cycle_momentum = true};
    o[1].accumulate = 2;
    o[1].average = (rn_average){.kind = RN_AVERAGE_EMA, .decay = 0.75};
    o[1].amsgrad = streams;
    o[2].centered = true;
    o[2].momentum = 0.5;
    o[2].clip = 0.5;
    return o[which];
}

/* Texts of which row after row carries its states on, and begins anew in between. */
typedef struct texts {
    int32_t text[90];
    int64_t offsets[6];
    const void *data[1];
    rn_arrays arrays;
    rn_source source;
} texts;

static const rn_field text_fields[] = {{"c", RN_I32, {0, {0}}, false, 0}};

static inline void texts_init(texts *t)
{
    static const int64_t ends[] = {0, 31, 40, 58, 71, 90};

    for (int i = 0; i < 90; i++) t->text[i] = (i * i / 3 + i) % 4;
    memcpy(t->offsets, ends, sizeof ends);
    t->data[0] = t->text;
    t->arrays = (rn_arrays){text_fields, 1, t->data, 5, t->offsets, 0, NULL};
    t->source = rn_source_arrays(&t->arrays);
}

static inline rn_tensor stream_build(rn_fit_graph *g)
{
    rn_tensor x = rn_embedding(g->scope, "embed", rn_fit_input(g, "c"), 4, UNITS);
    rn_sequence h = rn_lstm(g->scope, "rnn", x,
                            (rn_recurrent_options){.units = UNITS,
                                                   .layers = 2,
                                                   .dropout = 0.25,
                                                   .stateful = true,
                                                   .restarts = g->resets,
                                                   .lengths = g->lengths});
    rn_tensor y = rn_dropout(g->scope, "drop", h.outputs, 0.25);
    rn_tensor target = rn_fit_input(g, "next");
    rn_tensor scores = rn_linear(g->scope, "out", y, 4);

    g->per_step = true;
    rn_fit_metric(g, (rn_metric *)g->user, scores, target);
    return rn_cross_entropy_with(scores, target, (rn_loss_options){.mask = rn_fit_mask(g)});
}

/* ---- a fit ---- */

/* Where a fit is killed: at a step, in its `step`, before or after the checkpoint of the
 * step, in the validation that follows, or in the `epoch` after that. */
enum { NEVER, STEP, BEFORE, AFTER, VALIDATION, EPOCH, PLACES };

typedef struct moment {
    int place;
    int64_t step;
} moment;

static inline rn_status die(rn_callback *c, const rn_fit_state *now)
{
    if (now->step == c->whole[0]) raise(SIGKILL);
    return RN_OK;
}

/* The first call after a step is that of the step. */
static const char *die_validating(rn_callback *c, const rn_fit_state *now)
{
    if (now->step == c->whole[0] && ++c->whole[1] == 3) raise(SIGKILL);
    return NULL;
}

/* Whether there is a checkpoint. */
static inline bool saved(void)
{
    return access("last.safetensors", F_OK) == 0 || access("last.1.safetensors", F_OK) == 0;
}

/* A fit does not begin anew if there is a checkpoint. */
static inline rn_status goes_on(rn_callback *c, const rn_fit_state *now)
{
    return c->on[0] && now->step == 0
               ? rn_trainer_fail(now->trainer, RN_INVALID, "the checkpoint is not read")
               : RN_OK;
}

static inline rn_callback killer(moment m, bool first)
{
    rn_callback c = {.begin = first ? goes_on : NULL, .whole = {m.step}, .on = {saved()}};

    if (first && m.place == STEP) c.step = die;
    if (first && m.place == BEFORE) c.save = die;
    if (!first && m.place == AFTER) c.save = die;
    if (first && m.place == VALIDATION) c.stop = die_validating;
    if (first && m.place == EPOCH) c.epoch = die;
    return c;
}

typedef struct fit {
    task task;
    texts texts;
    rn_model *model;
    rn_batches *batches[2];
    rn_metric *accuracy;
    rn_plateau plateau;
    rn_trainer *trainer;
} fit;

static inline rn_batches *batches(fit *f, bool streams, bool valid)
{
    if (!streams) return task_batches(&f->task, valid ? 6 : 4);
    return rn_streams_new(&f->texts.source, (rn_streams_options){.batch = 3,
                                                                 .steps = valid ? 9 : 5,
                                                                 .next = "next",
                                                                 .shuffle = !valid,
                                                                 .seed = 7});
}

/* Resumes from "last.safetensors" if there is one. */
static inline void train(fit *f, int which, bool streams, moment m)
{
    task_init(&f->task, 1);
    texts_init(&f->texts);
    f->model = rn_model_new(5);
    f->plateau = (rn_plateau){.factor = 0.5, .patience = 1, .threshold = 0.5};
    f->accuracy = rn_metric_new((rn_metric_options){.kind = RN_METRIC_ACCURACY});
    for (int i = 0; i < 2; i++) f->batches[i] = batches(f, streams, i == 1);
    f->trainer = rn_trainer_new(f->model, streams ? stream_build : task_build,
                                (rn_trainer_options){.optimizer = optimizer(which, streams),
                                                     .user = f->accuracy,
                                                     .compile.threads = 1});
    rn_fit_options o = {
        .train = f->batches[0],
        .valid = f->batches[1],
        .epochs = EPOCHS,
        .steps = STEPS,
        .epoch_steps = streams ? WINDOWS : 0,
        .log_every = 2,
        .resume = "last.safetensors",
        .averages = which == 1,
        .callbacks = {
            killer(m, true), rn_stop_early((rn_stop_early_options){.patience = 3}),
            rn_reduce_on_plateau(&f->plateau, NULL),
            rn_save_checkpoints((rn_checkpoint_options){
                .last = "last.safetensors", .best = "best", .steps = EVERY, .keep = 2}),
            killer(m, false)}};
    cr_assert_eq(rn_fit(f->trainer, o), RN_OK, "%s", rn_trainer_error(f->trainer));
}

static inline void finish(fit *f)
{
    rn_trainer_free(f->trainer);
    rn_metric_free(f->accuracy);
    for (int i = 0; i < 2; i++) rn_batches_free(f->batches[i]);
    rn_model_free(f->model);
}

#endif
