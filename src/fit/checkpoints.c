/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints: the newest one, the ones before it, and the best weights.
 *
 *   saved    0: there is a best value  1: this value  2: the moment of the last checkpoint
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "fit/fit.h"
#include "kernel/ieee.h"
#include "rondo/file.h"

enum { LAST, BEST };

/* Renames the older ones, and gives the newest one a second name, so that there is one with
 * its own name at any moment. Where links are not supported it is renamed too, and for this
 * moment only an older name is there. */
static rn_status rotate(const rn_callback *c, const rn_fit_state *now)
{
    const rn_allocator a = now->trainer->allocator;
    const char *path = c->text[LAST];
    const size_t room = strlen(path) + RN__FIT_OLDER;
    char *from = (char *)rn__allocate(a, 2 * room), *to = from + room;
    bool ok = true;

    if (!from) return rn__fit_fail_as(now->trainer, RN_NO_MEMORY, "save_checkpoints", "");
    for (int64_t i = c->whole[1] - 1; i >= 1 && ok; i--) {
        rn__fit_older(from, room, path, i - 1);
        rn__fit_older(to, room, path, i);
        ok = i == 1 && (link(from, to) == 0 ||
                        (errno == EEXIST && remove(to) == 0 && link(from, to) == 0));
        ok = ok || rename(from, to) == 0;
        ok = ok || errno == ENOENT;
    }
    const rn_status s =
        ok ? RN_OK
           : rn_trainer_fail(now->trainer, RN_IO,
                             "save_checkpoints: %.200s cannot be renamed", from);
    rn__free(a, from);
    return s;
}

static rn_status save_last(rn_callback *c, const rn_fit_state *now, double moment)
{
    if (!c->text[LAST]) return RN_OK;
    c->saved[2] = moment;
    const rn_status s = rotate(c, now);
    return s == RN_OK ? rn__fit_save(now->trainer, c->text[LAST]) : s;
}

static rn_status save_best(rn_callback *c, const rn_fit_state *now)
{
    rn_callback monitor = *c;
    bool better;

    if (!c->text[BEST]) return RN_OK;
    monitor.text[0] = c->text[2];
    rn_status s = rn__monitor(&monitor, now, &better);
    memcpy(c->saved, monitor.saved, sizeof c->saved);
    if (s != RN_OK || !better) return s;
    rn__fit_swap(now->trainer);
    s = rn_model_save(now->model, c->text[BEST]);
    rn__fit_swap(now->trainer);
    return s == RN_OK ? s
                      : rn__fit_fail_as(now->trainer, s, "save_checkpoints",
                                        rn_model_error(now->model));
}

static rn_status begin(rn_callback *c, const rn_fit_state *now)
{
    rn_trainer *t = now->trainer;

    if (c->whole[0] < 0 || c->whole[1] < 0 || c->whole[1] > RN__FIT_KEPT ||
        c->whole[2] < 0 || isnan(c->real))
        return rn_trainer_fail(t, RN_INVALID,
                               "save_checkpoints: a negative number or NaN, or more "
                               "than %d kept",
                               RN__FIT_KEPT);
    for (int i = 0; i < 2; i++) {
        const rn_status s =
            c->text[i] ? rn_file_check(c->text[i], t->error, sizeof t->error) : RN_OK;
        if (s != RN_OK) return s;
    }
    return RN_OK;
}

static rn_status save(rn_callback *c, const rn_fit_state *now)
{
    const int64_t every = c->whole[0] ? c->whole[0] : 1;
    const bool epoch = now->batches == 0;
    /* Different at every step, and at the end of an epoch, which is later. */
    const double moment = 2 * (double)now->step + epoch;
    rn_status s = RN_OK;

    if (now->ended) return moment != c->saved[2] ? save_last(c, now, moment) : RN_OK;
    if (epoch) {
        s = save_best(c, now);
        if (s != RN_OK || now->epoch % every) return s;
    } else if (c->whole[2] == 0 || now->step % c->whole[2]) {
        return RN_OK;
    }
    return save_last(c, now, moment);
}

rn_callback rn_save_checkpoints(rn_checkpoint_options options)
{
    return (rn_callback){.name = "checkpoints",
                         .begin = begin,
                         .save = save,
                         .text = {options.last, options.best, options.monitor.column},
                         .real = options.monitor.min_delta,
                         .whole = {options.every, options.keep, options.steps},
                         .on = {options.monitor.maximize}};
}
