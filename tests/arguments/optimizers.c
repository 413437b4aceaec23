/* SPDX-License-Identifier: MIT */
/* Draws of optimisers and their rules, with functions that may misbehave. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "arguments.h"

static bool refuse(const rn_optimizer *self, rn_tensor loss)
{
    (void)self, (void)loss;
    return false;
}

static bool nonsense(const rn_optimizer *self, rn_tensor loss)
{
    (void)self;
    rn_assign(loss, (rn_tensor){loss.graph, INT_MAX, 0});
    return true;
}

/* A rule that calls its functions with anything. */
static rn_tensor anything(rn_update *u, int i)
{
    const void *own = u->self->own;
    rn_update made_up = {.self = u->self, .graph = u->graph};
    rn_test_world *w;

    if (!own) return rn_mul(u->rate[i], u->dw[i]);
    memcpy(&w, &own, sizeof w);
    rn_update *of = rn_test_draw(w, 8) ? u : &made_up;
    const int weight = rn_test_draw(w, 2) ? i : axis(w);
    const rn_tensor m = rn_test_draw(w, 2) ? rn_update_moment(of, weight, name(w))
                                           : rn_update_moment_of(of, weight, name(w),
                                                                 a_type(w), a_shape(w));
    const rn_tensor next = rn_test_draw(w, 2) ? u->dw[i] : a_tensor(w);
    const rn_tensor change =
        rn_update_advance(of, rn_test_draw(w, 2) ? m : a_tensor(w), next);
    return rn_test_draw(w, 2) ? rn_mul(u->rate[i], u->dw[i]) : change;
}

const rn_optimizer_rule *a_rule(rn_test_world *w)
{
    static const rn_hyperparameter parameters[] = {{SIZE_MAX, 0, 0, 0},
                                                   RN_HYPERPARAMETER(eps, NAN, NAN, NAN)};
    static const rn_optimizer_rule rules[] = {
        {.name = "anything", .step = anything},
        {.step = anything, .parameters = parameters, .parameter_count = 2},
        {.step = anything, .parameter_count = INT_MAX},
        {.step = anything, .parameters = parameters, .parameter_count = -1},
        {.name = "none"}};

    return rn_test_draw(w, 8) ? &rules[rn_test_draw(w, sizeof rules / sizeof *rules)]
                              : NULL;
}

/* A rule's, or the library's with any members. */
rn_optimizer a_wild_optimizer(rn_test_world *w)
{
    static const rn_weight_group groups[] = {{"*", 1e300, 1e300, false},
                                             {NULL, -1, NAN, true},
                                             {"w, *x", NAN, -1, false},
                                             {"*", 0.5, RN_ZERO, false}};
    rn_optimizer o = rn_optimizer_of(a_rule(w), real(w));
    double *const numbers[] = {&o.clip,  &o.clip_each, &o.clip_value,   &o.momentum,
                               &o.beta1, &o.eps,       &o.weight_decay, &o.t0,
                               &o.d,     &o.lambd,     &o.step_max,     &o.momentum_decay};
    bool *const switches[] = {&o.nesterov,       &o.centered,
                              &o.amsgrad,        &o.decoupled_weight_decay,
                              &o.accumulate_sum, &o.maximize};

    o.own = w;
    if (rn_test_draw(w, 2)) o = an_optimizer(w);
    if (rn_test_draw(w, 2)) o.accumulate = axis(w);
    if (rn_test_draw(w, 2))
        *numbers[rn_test_draw(w, sizeof numbers / sizeof *numbers)] = real(w);
    if (rn_test_draw(w, 4) == 0)
        *switches[rn_test_draw(w, sizeof switches / sizeof *switches)] = true;
    if (rn_test_draw(w, 4) == 0)
        o.groups = groups + rn_test_draw(w, 4),
        o.group_count = DRAW(w, int, 0, 1, -1, INT_MIN);
    return o;
}

rn_optimizer an_optimizer(rn_test_world *w)
{
    const double rate = real(w), second = real(w);
    const rn_optimizer all[] = {
#define RN_OPTIMIZER(name, arguments, ...) rn_##name arguments,
#define RN_OPTIMIZER_OTHER                 RN_OPTIMIZER
#include "train/updates.def"
        {.build = refuse}, {.build = nonsense}, {0}};
    const rn_optimizer o = all[rn_test_draw(w, sizeof all / sizeof *all)];

    return rn_test_draw(w, 2) ? o : rn_clipped(o, real(w));
}
