/* SPDX-License-Identifier: MIT */
/*
 * The training of charlm: rn_fit, and beside it a callback that shares the time out.
 *
 * A round takes a ROUNDS-th of a pass over the text. After each one a part of the held-out
 * text is measured, and the checkpoint is saved, and the best model so far. Measuring costs
 * a thirtieth of the time: the part is a tenth of what was trained on, without gradients.
 */
#include "charlm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS, MEASURING };                         /* of saved */
enum { WHOLE = 1000000, LEAST = 50, MEASURED = 20 }; /* MEASURED: streams */

/* ---- the callback ---- */

static training *of(const rn_callback *self)
{
    return (training *)self->user;
}

/* The fraction of the training that is done: of the epochs or of the seconds, whichever is
 * larger. */
static double share_done(const training *t, const rn_fit_state *now)
{
    double done = 0;

    if (t->steps) done = (double)now->step / (double)t->steps;
    if (t->settings->seconds > 0) done = fmax(done, t->seconds / t->settings->seconds);
    return fmin(done, 1);
}

static const char *stop(rn_callback *self, const rn_fit_state *now)
{
    training *t = of(self);

    self->saved[SECONDS] = t->seconds = t->before + now->seconds;
    return t->settings->seconds > 0 && t->seconds >= t->settings->seconds ? "time is up"
                                                                          : NULL;
}

static void count(training *t, const rn_fit_state *now)
{
    t->characters = now->step * t->settings->batch * t->settings->steps;
}

static rn_status begin(rn_callback *self, const rn_fit_state *now)
{
    training *t = of(self);

    t->before = self->saved[SECONDS];
    t->measuring = self->saved[MEASURING];
    count(t, now);
    const char *why = stop(self, now);
    if (why) rn_trainer_stop(now->trainer, "%s", why);
    t->begun = now->step;
    t->progress = rn_progress_new(stderr, "training", t->steps ? t->steps - t->begun : 0);
    if (t->settings->seconds > 0)
        rn_progress_limit(t->progress, t->settings->seconds - t->seconds);
    return RN_OK;
}

/* The rate decays to a twentieth along half a cosine. */
static rn_status set_rate(const training *t, double done)
{
    const double rate = t->settings->rate;
    const rn_schedule cosine = {
        .kind = RN_SCHEDULE_COSINE, .steps = WHOLE, .eta_min = rate / 20};

    return rn_set_learning_rate(
        t->model, rn_schedule_at(&cosine, rate, (int64_t)(WHOLE * done + 0.5)));
}

static rn_status step(rn_callback *self, const rn_fit_state *now)
{
    training *t = of(self);

    stop(self, now);
    t->stepped = t->seconds;
    const double done = share_done(t, now);
    t->recent = t->recent == 0 ? now->loss : 0.98 * t->recent + 0.02 * now->loss;
    count(t, now);
    if (!t->planned && !training_plan(t))
        return rn_trainer_fail(now->trainer, RN_IO, "no description, no training");
    t->planned = true;
    rn_progress_show(t->progress, now->step - t->begun,
                     "loss %.3f  %.3f bits/char  %.0f char/s", t->recent,
                     t->recent / log(2), training_speed(t));
    return set_rate(t, done);
}

/* The columns that are drawn. */
static rn_status add_columns(const training *t, double learnt, double held)
{
    rn_history *h = rn_trainer_epochs(t->trainer);
    rn_status s = rn_history_set(h, MILLIONS, (double)t->characters * 1e-6);

    if (s == RN_OK) s = rn_history_set(h, "bits per character", learnt / log(2));
    return s == RN_OK ? rn_history_set(h, "held-out bits per character", held / log(2)) : s;
}

static rn_status epoch(rn_callback *self, const rn_fit_state *now)
{
    training *t = of(self);
    const rn_history *h = rn_trainer_epochs(t->trainer);

    stop(self, now);
    t->measuring += t->seconds - t->stepped;
    self->saved[MEASURING] = t->measuring;
    return add_columns(t, rn_history_at(h, -1, "loss"), rn_history_at(h, -1, "valid_loss"));
}

static rn_status end(rn_callback *self, const rn_fit_state *now)
{
    (void)now;
    rn_progress_free(of(self)->progress);
    return RN_OK;
}

/* ---- begin and end ---- */

bool training_begin(training *t, const settings *s, corpus *c, const network *n)
{
    rn_optimizer adam = rn_adam(s->rate);
    const rn_streams_options measured = {.batch = MEASURED, .joined = true};

    if (s->clip > 0) adam = rn_clipped(adam, s->clip);
    *t = (training){.settings = s, .corpus = c, .network = n};
    t->train = text_streams(&c->train, (rn_streams_options){.batch = s->batch,
                                                            .steps = s->steps,
                                                            .joined = true,
                                                            .last = RN_LAST_DROP});
    t->some = text_streams(&c->some, measured);
    t->held = text_streams(&c->held, measured);
    const int64_t pass = rn_batches_count(t->train);
    if (pass < 1)
        return complain("%s: %lld characters to train on are too few for --batch %lld and "
                        "--steps %lld",
                        s->text, (long long)c->train.count, (long long)s->batch,
                        (long long)s->steps);
    if (s->epochs > 0)
        t->steps = (int64_t)fmax(1, fmin(ceil(s->epochs * (double)pass), 1e15));
    t->round = pass / ROUNDS > LEAST ? pass / ROUNDS : LEAST;
    t->model = rn_model_new((uint64_t)s->seed);
    t->trainer = rn_trainer_new(
        t->model, network_loss,
        (rn_trainer_options){.optimizer = adam, .user = (void *)(uintptr_t)n});
    if (!t->trainer || rn_vocabulary_keep(c->vocabulary, t->model, VOCABULARY) != RN_OK)
        return complain("out of memory");
    return true;
}

void training_free(training *t)
{
    rn_trainer_free(t->trainer);
    rn_model_free(t->model);
    rn_batches_free(t->train);
    rn_batches_free(t->some);
    rn_batches_free(t->held);
}

double training_speed(const training *t)
{
    return (double)t->characters / fmax(t->seconds - t->measuring, 1e-9);
}

/* ---- all of it ---- */

/* Measures the model as it is now, and takes the best one of all rounds if that is better,
 * or saves it. */
static bool keep_best(training *t, const char *path)
{
    rn_history *h = rn_trainer_epochs(t->trainer);
    const int64_t rows = rn_history_rows(h);
    double best = HUGE_VAL, now;

    for (int64_t i = 0; i < rows; i++) best = fmin(best, rn_history_at(h, i, "valid_loss"));
    if (rn_evaluate(t->trainer, t->some, &now) != RN_OK)
        return complain("%s", rn_trainer_error(t->trainer));
    const rn_status s =
        best < now ? rn_model_load(t->model, path) : rn_model_save(t->model, path);
    if (s != RN_OK) return complain("%s", rn_model_error(t->model));
    if (rows && rn_history_at(h, -1, MILLIONS) * 1e6 + 0.5 > (double)t->characters)
        return true;
    /* The end of a round that was not complete. */
    if (rn_history_row(h) != RN_OK || add_columns(t, t->recent, now) != RN_OK)
        return complain("%s", rn_history_error(h));
    return true;
}

static bool fit(training *t, const char *best, const char *checkpoint)
{
    const settings *s = t->settings;
    rn_fit_options options = {
        .train = t->train,
        .valid = t->some,
        .epochs = INT32_MAX,
        .steps = t->steps,
        .epoch_steps = t->round,
        .resume = s->resume ? checkpoint : NULL,
        .callbacks = {
            rn_stop_on_interrupt(),
            rn_stop_on_nonfinite(),
            {.name = "charlm",
             .begin = begin,
             .step = step,
             .epoch = epoch,
             .end = end,
             .stop = stop,
             .user = t},
            rn_save_checkpoints((rn_checkpoint_options){.last = checkpoint, .best = best}),
        }};

    if (s->tensorboard) options.callbacks[4] = rn_log_tensorboard(s->tensorboard, 10);
    if (rn_fit(t->trainer, options) != RN_OK)
        return complain("%s", rn_trainer_error(t->trainer));
    t->did = rn_training_of(t->model);
    t->interrupted = strcmp(rn_trainer_stopped(t->trainer), "interrupted") == 0;
    return keep_best(t, best);
}

bool training_run(training *t)
{
    char *best = output_path(t->settings->out, WEIGHTS);
    char *checkpoint = output_path(t->settings->out, CHECKPOINT);
    const bool ok = best && checkpoint && fit(t, best, checkpoint);

    free(best);
    free(checkpoint);
    return ok;
}

bool training_measure(training *t, bool all, double *bits)
{
    const rn_status s = rn_evaluate(t->trainer, all ? t->held : t->some, bits);

    *bits /= log(2);
    return s == RN_OK || complain("%s", rn_trainer_error(t->trainer));
}
