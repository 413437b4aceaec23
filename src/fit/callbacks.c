/* SPDX-License-Identifier: MIT */
/* Callbacks that show and log, and simple reasons to stop. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "fit/fit.h"
#include "kernel/ieee.h"
#include "rondo/file.h"

/* ---- the progress line ---- */

typedef struct line {
    rn_progress *progress;
    char valid[160]; /* the last validation */
} line;

static const char *late(rn_callback *c, const rn_fit_state *now)
{
    return now->seconds >= c->real ? "the time is up" : NULL;
}

/* The line's end is that of the steps or of rn_stop_after. */
static rn_status progress_begin(rn_callback *c, const rn_fit_state *now)
{
    const int64_t most = now->trainer->fit->steps;
    int64_t total = now->epochs < INT32_MAX && now->of_batches < INT32_MAX
                        ? now->epochs * now->of_batches
                        : 0;
    line *l = (line *)rn__new(now->trainer->allocator, sizeof *l);

    if (most && (most < total || !total)) total = most;
    c->user = l;
    c->whole[0] = now->step;
    if (l) l->progress = rn_progress_new(c->file, "fit", total - now->step);
    for (int i = 0; i < RN_CALLBACKS_MAX && l; i++) {
        const rn_callback *stop = &now->trainer->fit->callbacks[i];
        if (stop->stop == late) rn_progress_limit(l->progress, stop->real - now->seconds);
    }
    if (l && l->progress) return RN_OK;
    return rn__fit_fail_as(now->trainer, RN_NO_MEMORY, "show_progress", "");
}

static rn_status progress_step(rn_callback *c, const rn_fit_state *now)
{
    const line *l = (const line *)c->user;
    const rn__mean *mean = &now->trainer->mean;

    rn_progress_show(l->progress, now->step - c->whole[0], "epoch %lld/%lld  loss %.4g%s",
                     (long long)now->epoch + 1, (long long)now->epochs,
                     mean->sum / mean->counted, l->valid);
    return RN_OK;
}

static rn_status progress_epoch(rn_callback *c, const rn_fit_state *now)
{
    line *l = (line *)c->user;
    const rn_history *h = now->trainer->epochs;
    rn__text text = {l->valid, sizeof l->valid, 0};

    for (int i = 0; i < rn_history_columns(h); i++) {
        const char *name = rn_history_name(h, i);
        if (!strncmp(name, "valid_", 6))
            rn__text_add(&text, "  %s %.4g", name, rn_history_at(h, -1, name));
    }
    return RN_OK;
}

static rn_status progress_end(rn_callback *c, const rn_fit_state *now)
{
    if (c->user) rn_progress_free(((line *)c->user)->progress);
    rn__free(now->trainer->allocator, c->user);
    c->user = NULL;
    return RN_OK;
}

rn_callback rn_show_progress(FILE *file)
{
    return (rn_callback){.name = "progress",
                         .begin = progress_begin,
                         .step = progress_step,
                         .epoch = progress_epoch,
                         .end = progress_end,
                         .file = file};
}

/* ---- logs ---- */

static rn_status csv_begin(rn_callback *c, const rn_fit_state *now)
{
    char why[300];
    const rn_status s = rn_file_check(c->text[0], why, sizeof why);

    return s == RN_OK ? s : rn__fit_fail_as(now->trainer, s, "log_csv", why);
}

static rn_status csv_epoch(rn_callback *c, const rn_fit_state *now)
{
    rn_history *h = now->trainer->epochs;
    const rn_status s = rn_history_save(h, c->text[0]);

    return s == RN_OK ? s
                      : rn__fit_fail_as(now->trainer, s, "log_csv", rn_history_error(h));
}

rn_callback rn_log_csv(const char *path)
{
    return (rn_callback){
        .name = "csv", .begin = csv_begin, .epoch = csv_epoch, .text = {path}};
}

static rn_status events_begin(rn_callback *c, const rn_fit_state *now)
{
    char why[300];

    c->user = NULL;
    if (c->whole[0] < 0)
        return rn_trainer_fail(now->trainer, RN_INVALID,
                               "log_tensorboard: every must not be negative: %lld",
                               (long long)c->whole[0]);
    c->user = rn_events_new(c->text[0], why, sizeof why);
    return c->user ? RN_OK : rn__fit_fail_as(now->trainer, RN_IO, "log_tensorboard", why);
}

static rn_status events_status(const rn_callback *c, const rn_fit_state *now, rn_status s)
{
    return s == RN_OK
               ? s
               : rn_trainer_fail(now->trainer, s, "log_tensorboard: %s: cannot be written",
                                 c->text[0]);
}

static rn_status events_step(rn_callback *c, const rn_fit_state *now)
{
    if (c->whole[0] <= 0 || now->step % c->whole[0]) return RN_OK;
    return events_status(
        c, now, rn_events_add((rn_events *)c->user, "step/loss", now->step, now->loss));
}

static rn_status events_epoch(rn_callback *c, const rn_fit_state *now)
{
    const rn_history *h = now->trainer->epochs;
    rn_events *e = (rn_events *)c->user;
    char tag[256];
    rn_status s = RN_OK;

    for (int i = 0; i < rn_history_columns(h) && s == RN_OK; i++) {
        const char *name = rn_history_name(h, i);
        snprintf(tag, sizeof tag, "epoch/%.190s", name);
        if (strcmp(name, "epoch") && strcmp(name, "step"))
            s = rn_events_add(e, tag, now->step, rn_history_at(h, -1, name));
    }
    return events_status(c, now, s == RN_OK ? rn_events_flush(e) : s);
}

static rn_status events_end(rn_callback *c, const rn_fit_state *now)
{
    const rn_status s = c->user ? rn_events_flush((rn_events *)c->user) : RN_OK;

    rn_events_free((rn_events *)c->user);
    c->user = NULL;
    return events_status(c, now, s);
}

rn_callback rn_log_tensorboard(const char *folder, int64_t every)
{
    return (rn_callback){.name = "tensorboard",
                         .begin = events_begin,
                         .step = events_step,
                         .epoch = events_epoch,
                         .end = events_end,
                         .text = {folder},
                         .whole = {every}};
}

/* ---- reasons to stop ---- */

static rn_status nonfinite_step(rn_callback *c, const rn_fit_state *now)
{
    rn_nonfinite found;
    const bool any = rn_program_nonfinite(now->program, 0, &found) && found.ago == 0;

    (void)c;
    if (isfinite(now->loss) && !(any && found.reached)) return RN_OK;
    return rn_trainer_fail(now->trainer, RN_BAD_VALUE,
                           "fit: the loss is %g in epoch %lld, step %lld: %s", now->loss,
                           (long long)now->epoch + 1, (long long)now->step,
                           any ? found.text : "where it comes from is not traced");
}

rn_callback rn_stop_on_nonfinite(void)
{
    return (rn_callback){.name = "nonfinite", .step = nonfinite_step};
}

static rn_status time_begin(rn_callback *c, const rn_fit_state *now)
{
    return c->real >= 0
               ? RN_OK
               : rn_trainer_fail(now->trainer, RN_INVALID,
                                 "stop_after: the seconds must not be negative: %g",
                                 c->real);
}

rn_callback rn_stop_after(double seconds)
{
    return (rn_callback){
        .name = "time", .begin = time_begin, .stop = late, .real = seconds};
}
