/* SPDX-License-Identifier: MIT */
/* Trainers: making and freeing, errors, the reason to stop. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "fit/fit.h"
#include "kernel/ieee.h"
#include "nn/model.h"

double rn__fit_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

rn_trainer *rn_trainer_new(rn_model *model, rn_fit_build build, rn_trainer_options options)
{
    if (!model || !build) return NULL;
    rn_trainer *t = (rn_trainer *)rn__new(model->allocator, sizeof *t);
    if (!t) return NULL;
    t->allocator = model->allocator;
    t->model = model;
    t->build = build;
    t->options = options;
    t->epochs = rn_history_new_using(t->allocator);
    t->steps = rn_history_new_using(t->allocator);
    if (t->epochs && t->steps) return t;
    rn_trainer_free(t);
    return NULL;
}

void rn_trainer_free(rn_trainer *t)
{
    if (!t) return;
    while (t->programs) {
        rn__fit_program *p = t->programs;
        t->programs = p->next;
        rn__fit_program_free(p);
    }
    rn_history_free(t->epochs);
    rn_history_free(t->steps);
    rn__free(t->allocator, t);
}

/* ---- errors ---- */

const char *rn_trainer_error(const rn_trainer *t)
{
    return t ? t->error : "trainer: there is none";
}

rn_status rn_trainer_fail(rn_trainer *t, rn_status status, const char *format, ...)
{
    va_list arguments;
    char text[sizeof t->error]; /* the message may quote the one before it */

    if (!t || !format) return status;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(t->error, text, sizeof text);
    return status;
}

rn_status rn__fit_fail_as(rn_trainer *t, rn_status status, const char *what,
                          const char *why)
{
    return rn_trainer_fail(t, status, "%s%s%s", what, *what ? ": " : "",
                           *why ? why : "out of memory");
}

/* ---- stopping ---- */

void rn_trainer_stop(rn_trainer *t, const char *format, ...)
{
    va_list arguments;

    if (!t || !t->fit || t->stopping) return;
    t->stopping = true;
    va_start(arguments, format);
    vsnprintf(t->stopped, sizeof t->stopped, format ? format : "stopped", arguments);
    va_end(arguments);
}

const char *rn_trainer_stopped(const rn_trainer *t)
{
    return t ? t->stopped : "";
}

void rn__fit_poll(rn_trainer *t)
{
    if (!t->fit) return;
    t->now.seconds = rn__fit_clock() - t->start;
    for (int i = 0; i < RN_CALLBACKS_MAX; i++) {
        rn_callback *c = &t->fit->callbacks[i];
        const char *why = c->stop ? c->stop(c, &t->now) : NULL;
        if (why) rn_trainer_stop(t, "%s", why);
    }
}

/* ---- numbers ---- */

rn_history *rn_trainer_epochs(const rn_trainer *t)
{
    return t ? t->epochs : NULL;
}

rn_history *rn_trainer_steps(const rn_trainer *t)
{
    return t ? t->steps : NULL;
}

rn_status rn__fit_record(rn_trainer *t, rn_history *history, const char *column,
                         double value)
{
    const rn_status status = rn_history_set(history, column, value);

    return status == RN_OK ? RN_OK
                           : rn__fit_fail_as(t, status, "", rn_history_error(history));
}

double rn__fit_rate(const rn_trainer *t)
{
    char name[256];
    double rate = t->options.optimizer.rate;
    const char *prefix = t->options.optimizer.name;

    snprintf(name, sizeof name, "%s/rate", prefix ? prefix : "optimizer");
    const rn_variable *v = rn_model_find(t->model, name);
    if (v && v->type == RN_F64 && v->shape.rank == 0) memcpy(&rate, v->data, sizeof rate);
    return rate;
}
