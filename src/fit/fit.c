/* SPDX-License-Identifier: MIT */
/* The loop: epochs of steps, validation, the history, callbacks. */
#include <math.h>
#include <string.h>

#include "fit/fit.h"
#include "kernel/ieee.h"
#include "nn/model.h"

typedef rn_status (*event)(rn_callback *self, const rn_fit_state *now);

enum { BEGIN, STEP, EPOCH, SAVE, END };

static rn_status call(rn_trainer *t, int what, int i)
{
    rn_callback *c = &t->fit->callbacks[i];
    const event all[] = {c->begin, c->step, c->epoch, c->save, c->end};

    t->now.seconds = rn__fit_clock() - t->start;
    const rn_status s = all[what] ? all[what](c, &t->now) : RN_OK;
    return s == RN_OK || *t->error
               ? s
               : rn_trainer_fail(t, s, "fit: callback %d, %.100s, failed: status %d", i,
                                 c->name ? c->name : "without a name", (int)s);
}

/* Calls all, and then their `save`. */
static rn_status call_all(rn_trainer *t, int what)
{
    rn_status s = RN_OK;

    for (int i = 0; i < RN_CALLBACKS_MAX && s == RN_OK; i++) s = call(t, what, i);
    return what == SAVE || s != RN_OK ? s : call_all(t, SAVE);
}

static rn_status row(rn_trainer *t, rn_history *h, int64_t epoch, double loss)
{
    rn_status s = rn_history_row(h);

    if (s != RN_OK) return rn__fit_fail_as(t, s, "", rn_history_error(h));
    s = rn__fit_record(t, h, "epoch", (double)epoch);
    if (s == RN_OK) s = rn__fit_record(t, h, "step", (double)t->now.step);
    return s == RN_OK ? rn__fit_record(t, h, "loss", loss) : s;
}

static rn_status end_row(rn_trainer *t, rn_history *h)
{
    const double rate = rn_training_of_named(t->model, t->options.optimizer.name).rate;
    const double seconds = t->before + rn__fit_clock() - t->start;
    const rn_status s = rn__fit_record(t, h, "rate", rate);

    return s == RN_OK ? rn__fit_record(t, h, "seconds", seconds) : s;
}

/* ---- the steps of an epoch ---- */

static rn_status step(rn_trainer *t, const rn_batch *batch)
{
    rn_status s;
    rn__fit_program *p = rn__fit_program_of(t, batch, true, &s);
    rn_fit_state *now = &t->now;

    if (!p) return s;
    s = rn__fit_step(p, batch, &t->mean, &now->loss);
    if (s != RN_OK) return s;
    now->program = p->program;
    now->batch = batch;
    now->step++;
    now->batches++;
    if (t->fit->log_every > 0 && now->step % t->fit->log_every == 0) {
        s = row(t, t->steps, now->epoch + 1, now->loss);
        if (s == RN_OK) s = end_row(t, t->steps);
    }
    if (s == RN_OK) s = call_all(t, STEP);
    rn__fit_poll(t);
    now->batch = NULL;
    return s;
}

/* Whether the epoch ends before its batches do. */
static bool full(const rn_trainer *t)
{
    const rn_fit_options *o = t->fit;

    return (o->epoch_steps && t->now.batches >= o->epoch_steps) ||
           (o->steps && t->now.step >= o->steps);
}

/* Batches until the epoch ends, or the fit stops. */
static rn_status train(rn_trainer *t)
{
    rn_batches *batches = t->fit->train;
    rn_batch batch;
    int ends = 0;

    if (t->now.batches == 0) rn__fit_metrics_reset(t);
    /* A checkpoint of the epoch's last step was saved before the epoch ended. */
    if (t->now.batches > 0) t->trained = full(t);
    while (!t->stopping && !t->trained) {
        rn_status s = rn_batches_next(batches, &batch);
        if (s != RN_OK) return rn__fit_fail_as(t, s, "", rn_batches_error(batches));
        if (batch.sequences > 0) {
            s = step(t, &batch);
            if (s != RN_OK) return s;
            t->trained = full(t);
            ends = 0;
        } else if (++ends == 2) {
            return rn_trainer_fail(t, RN_INVALID, "fit: an epoch has no batches");
        } else if (t->fit->epoch_steps == 0) {
            /* The first end may be that of an epoch that another fit left. */
            t->trained = t->now.batches > 0;
        }
    }
    if (!t->trained) return RN_OK;
    const rn_status s = row(t, t->epochs, t->now.epoch + 1, t->mean.sum / t->mean.counted);
    return s == RN_OK ? rn__fit_metrics_write(t, true, "") : s;
}

/* ---- epochs ---- */

void rn__fit_swap(const rn_trainer *t)
{
    if (t->now.averaged) rn_model_swap_averages(t->model, t->options.optimizer.name);
}

static rn_status validate(rn_trainer *t)
{
    rn__mean mean;

    if (!t->fit->valid) return RN_OK;
    rn_status s = rn__fit_evaluate(t, t->fit->valid, NULL, &mean);
    if (s != RN_OK || t->stopping) {
        rn_batches_seek(t->fit->valid, t->valid_at);
        return s;
    }
    t->valid_at = rn_batches_position(t->fit->valid);
    s = rn__fit_record(t, t->epochs, "valid_loss", mean.sum / mean.counted);
    return s == RN_OK ? rn__fit_metrics_write(t, false, "valid_") : s;
}

static rn_status epoch(rn_trainer *t)
{
    rn_status s = t->trained ? RN_OK : train(t);

    if (s != RN_OK || !t->trained) return s;
    t->now.averaged = t->fit->averages &&
                      rn_model_swap_averages(t->model, t->options.optimizer.name) == RN_OK;
    s = t->stopping ? RN_OK : validate(t);
    rn__fit_swap(t);
    if (s != RN_OK || t->stopping) return s;
    s = end_row(t, t->epochs);
    t->now.epoch++;
    t->now.batches = 0;
    t->mean = (rn__mean){0, 0};
    t->trained = false;
    return s == RN_OK ? call_all(t, EPOCH) : s;
}

static rn_status run(rn_trainer *t)
{
    const rn_fit_options *o = t->fit;
    rn_status s = RN_OK;

    while (s == RN_OK && !t->stopping && t->now.epoch < t->now.epochs &&
           (!o->steps || t->now.step < o->steps || t->trained || t->now.batches > 0))
        s = epoch(t);
    if (s == RN_OK && t->now.epoch < t->now.epochs && !t->stopping)
        rn_trainer_stop(t, "%lld steps were made", (long long)t->now.step);
    return s;
}

/* ---- the whole ---- */

static rn_status check(rn_trainer *t)
{
    const rn_fit_options *o = t->fit;
    const int64_t numbers[] = {o->epochs, o->steps, o->epoch_steps, o->log_every};
    const char *const names[] = {"epochs", "steps", "epoch_steps", "log_every"};

    if (!o->train) return rn_trainer_fail(t, RN_INVALID, "fit: no batches to train on");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] < 0)
            return rn_trainer_fail(t, RN_INVALID, "fit: %s must not be negative: %lld",
                                   names[i], (long long)numbers[i]);
    if (o->averages && t->options.optimizer.average.kind == RN_AVERAGE_NONE &&
        t->options.optimizer.rule != rn_asgd(0).rule)
        return rn_trainer_fail(t, RN_INVALID, "fit: the optimiser has no averages");
    return RN_OK;
}

/* Histories of their own, empty. */
static rn_status clear(rn_trainer *t)
{
    rn_history *epochs = rn_history_new_using(t->allocator);
    rn_history *steps = rn_history_new_using(t->allocator);

    if (!epochs || !steps) {
        rn_history_free(epochs);
        rn_history_free(steps);
        return rn__fit_fail_as(t, RN_NO_MEMORY, "fit", "");
    }
    rn_history_free(t->epochs);
    rn_history_free(t->steps);
    t->epochs = epochs;
    t->steps = steps;
    return RN_OK;
}

static rn_status begin(rn_trainer *t)
{
    rn_fit_options *o = t->fit;
    rn_status s = check(t);

    if (s == RN_OK) s = clear(t);
    if (s != RN_OK) return s;
    t->start = rn__fit_clock();
    t->mean = (rn__mean){t->before = 0, 0};
    t->trained = t->stopping = false;
    t->stopped[0] = 0;
    t->now = (rn_fit_state){.trainer = t,
                            .model = t->model,
                            .epochs = o->epochs ? o->epochs : 1,
                            .of_batches = o->epoch_steps ? o->epoch_steps
                                                         : rn_batches_count(o->train)};
    if (o->valid) t->valid_at = rn_batches_position(o->valid);
    return o->resume ? rn__fit_resume(t, o->resume) : RN_OK;
}

rn_status rn_fit(rn_trainer *t, rn_fit_options options)
{
    int begun = 0;

    if (!t) return RN_INVALID;
    t->error[0] = 0;
    if (t->fit)
        return rn_trainer_fail(t, RN_INVALID, "fit: the trainer is in another rn_fit");
    t->fit = &options;
    rn_status s = begin(t);
    const bool started = s == RN_OK;
    while (s == RN_OK && begun < RN_CALLBACKS_MAX) s = call(t, BEGIN, begun++);
    if (s == RN_OK) s = run(t);
    t->now.ended = true;
    if (s == RN_OK) s = call_all(t, SAVE);
    t->now.status = s;
    while (started && begun > 0) {
        const rn_status end = call(t, END, --begun);
        if (s == RN_OK) s = end;
    }
    t->fit = NULL;
    return s;
}
