/* SPDX-License-Identifier: MIT */
/* Reducing the learning rate on a plateau. A checkpoint keeps the plateau's state. */
#include "fit/fit.h"

static rn_status begin(rn_callback *c, const rn_fit_state *now)
{
    rn_plateau *p = (rn_plateau *)c->user;

    if (!p)
        return rn_trainer_fail(now->trainer, RN_INVALID, "reduce_on_plateau: no plateau");
    if (!(p->factor >= 0 && p->factor < 1))
        return rn_trainer_fail(now->trainer, RN_INVALID,
                               "reduce_on_plateau: factor must be in 0 <= factor < 1: %g",
                               p->factor);
    p->begun = c->saved[0] != 0;
    p->best = c->saved[1];
    p->bad = (int64_t)c->saved[2];
    p->cooling = (int64_t)c->saved[3];
    return RN_OK;
}

static rn_status epoch(rn_callback *c, const rn_fit_state *now)
{
    rn_trainer *t = now->trainer;
    rn_plateau *p = (rn_plateau *)c->user;
    double value;
    rn_status s = rn__monitored(t, c->text[0], &value, &p->maximize);

    if (s != RN_OK) return s;
    const double rate = rn__fit_rate(t), next = rn_plateau_next(p, value, rate);
    c->saved[0] = p->begun;
    c->saved[1] = p->best;
    c->saved[2] = (double)p->bad;
    c->saved[3] = (double)p->cooling;
    if (next == rate) return RN_OK;
    s = rn_set_learning_rate_of(now->model, t->options.optimizer.name, next);
    return s == RN_OK ? s : rn__fit_fail_as(t, s, "", rn_model_error(now->model));
}

rn_callback rn_reduce_on_plateau(rn_plateau *plateau, const char *column)
{
    return (rn_callback){.name = "plateau",
                         .begin = begin,
                         .epoch = epoch,
                         .user = plateau,
                         .text = {column}};
}
