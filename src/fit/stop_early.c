/* SPDX-License-Identifier: MIT */
/*
 * Early stopping. The best weights are states of the model, "best/<weight>".
 *
 *   saved    0: there is a best value  1: this value  2: epochs without a better one
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "fit/fit.h"
#include "kernel/ieee.h"
#include "nn/model.h"

enum { PATIENCE = 5 };

static const char prefix[] = "best/";

/* The variable that keeps variable `i`; made if `make`. NULL: none, or out of memory. */
static rn_variable *keeper(rn_model *model, int i, bool make)
{
    const rn_variable *v = model->entry[i].variable;
    const size_t room = strlen(v->name) + sizeof prefix;
    char *name = (char *)rn__allocate(model->allocator, room);

    if (!name) return NULL;
    snprintf(name, room, "%s%s", prefix, v->name);
    rn_variable *kept = rn_model_find(model, name);
    if (!kept && make)
        kept = rn__model_add(model, name, v->type, v->shape, RN__STATE, NULL);
    rn__free(model->allocator, name);
    return kept && kept->type == v->type && rn_shape_equal(kept->shape, v->shape) ? kept
                                                                                  : NULL;
}

/* Copies all weights and statistics to their keepers, or back. */
static rn_status copy(const rn_fit_state *now, bool back)
{
    rn_model *model = now->model;
    const int count = model->count;

    for (int i = 0; i < count; i++) {
        if (model->entry[i].kind != RN__WEIGHT && model->entry[i].kind != RN__STATISTIC)
            continue;
        rn_variable *kept = keeper(model, i, !back), *v = model->entry[i].variable;
        if (!kept) return rn__fit_fail_as(now->trainer, RN_NO_MEMORY, "stop_early", "");
        memcpy(back ? v->data : kept->data, back ? kept->data : v->data, v->bytes);
    }
    return RN_OK;
}

static void decide(const rn_callback *c, const rn_fit_state *now)
{
    const int64_t patience = c->whole[0] ? c->whole[0] : PATIENCE;

    if (c->saved[2] >= (double)patience)
        rn_trainer_stop(now->trainer, "no improvement for %lld epochs",
                        (long long)c->saved[2]);
}

static rn_status begin(rn_callback *c, const rn_fit_state *now)
{
    if (c->whole[0] < 0)
        return rn_trainer_fail(now->trainer, RN_INVALID,
                               "stop_early: patience must not be negative: %lld",
                               (long long)c->whole[0]);
    if (isnan(c->real))
        return rn_trainer_fail(now->trainer, RN_INVALID, "stop_early: min_delta is NaN");
    decide(c, now);
    return RN_OK;
}

static rn_status epoch(rn_callback *c, const rn_fit_state *now)
{
    bool better;
    rn_status s = rn__monitor(c, now, &better);

    if (s != RN_OK) return s;
    c->saved[2] = better ? 0 : c->saved[2] + 1;
    if (better && !c->on[1]) {
        rn__fit_swap(now->trainer);
        s = copy(now, false);
        rn__fit_swap(now->trainer);
    }
    decide(c, now);
    return s;
}

static rn_status end(rn_callback *c, const rn_fit_state *now)
{
    return c->saved[0] != 0 && !c->on[1] ? copy(now, true) : RN_OK;
}

rn_callback rn_stop_early(rn_stop_early_options options)
{
    return (rn_callback){.name = "early",
                         .begin = begin,
                         .epoch = epoch,
                         .end = end,
                         .text = {options.monitor.column},
                         .real = options.monitor.min_delta,
                         .whole = {options.patience},
                         .on = {options.monitor.maximize, options.keep_last}};
}
