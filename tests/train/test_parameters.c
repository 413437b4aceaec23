/* SPDX-License-Identifier: MIT */
/* The optimisers' hyperparameters: each against the formula, and refusals. */
#include "nn_support.h"

#include <math.h>

enum { STEPS = 6 };

static double factor(int step)
{
    return 0.5 + 0.3 * (step % 4);
}

/* The values that a weight of f64 takes, whose gradient is factor(step); it begins as 1. */
static void train(rn_optimizer optimizer, double *w)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor k = rn_input(g, "k", RN_F64, rn_shape());
    rn_tensor x =
        rn_weight(rn_root(g, model), "w", rn_shape(), (rn_init){RN_INIT_CONSTANT, 1});
    rn_program *p = rn_test_training(rn_mul(k, x), optimizer);

    for (int i = 0; i < STEPS; i++) {
        const double f = factor(i);
        rn_test_feed_f64(p, k, &f);
        rn_test_run_once(p);
        w[i] = *rn_test_values(model, "w");
    }
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

static void adam(double beta1, double beta2, double epsilon, double decay)
{
    rn_optimizer o = rn_adamw(0.1, decay);
    double got[STEPS], want[STEPS], w = 1, m = 0, v = 0;

    o.beta1 = beta1 == 0 ? RN_ZERO : beta1;
    o.beta2 = beta2 == 0 ? RN_ZERO : beta2;
    o.eps = epsilon;
    train(o, got);
    for (int i = 0; i < STEPS; i++) {
        const double dw = factor(i), c1 = 1 - pow(beta1, i + 1), c2 = 1 - pow(beta2, i + 1);
        m = beta1 * m + (1 - beta1) * dw;
        v = beta2 * v + (1 - beta2) * dw * dw;
        w -= 0.1 * (m / c1 / (sqrt(v / c2) + epsilon) + decay * w);
        want[i] = w;
    }
    rn_test_close(got, want, STEPS, 1e-12, "adam");
}

Test(parameters, adam)
{
    adam(0.9, 0.999, 1e-8, 0);
    adam(0.5, 0.9, 1e-8, 0);
    adam(0, 0.9, 1e-3, 0.2);
    adam(0, 0, 1, 0);
    adam(0.99, 0.5, 1e-300, 0.1);
}

static void rmsprop(double alpha, double epsilon)
{
    rn_optimizer o = rn_rmsprop(0.1);
    double got[STEPS], want[STEPS], w = 1, s = 0;

    o.alpha = alpha == 0 ? RN_ZERO : alpha;
    o.eps = epsilon;
    train(o, got);
    for (int i = 0; i < STEPS; i++) {
        s = alpha * s + (1 - alpha) * factor(i) * factor(i);
        w -= 0.1 * factor(i) / (sqrt(s) + epsilon);
        want[i] = w;
    }
    rn_test_close(got, want, STEPS, 1e-12, "rmsprop");
}

Test(parameters, rmsprop)
{
    rmsprop(0.99, 1e-8);
    rmsprop(0.9, 1e-3);
    rmsprop(0, 0.5);
}

Test(parameters, momentum)
{
    rn_optimizer o = rn_sgd(0.1, 0.9);
    double got[STEPS], want[STEPS];

    o.momentum = 0.25;
    train(o, got);
    train(rn_sgd(0.1, 0.25), want);
    rn_test_close(got, want, STEPS, 0, "momentum");
}

/* ---- refusals ---- */

static void refused(rn_optimizer o, const char *message)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor w =
        rn_weight(rn_root(g, model), "w", rn_shape(), (rn_init){RN_INIT_CONSTANT, 1});

    cr_assert(!rn_compile(g, (rn_compile_options){.minimize = w, .with = o}));
    rn_test_error_is(g, message);
    cr_assert_eq(rn_model_count(model), 1);
    rn_graph_free(g);
    rn_model_free(model);
}

#define REFUSED(optimizer, member, value, message)                                         \
    {                                                                                      \
        rn_optimizer o = optimizer;                                                        \
        o.member = value;                                                                  \
        refused(o, message);                                                               \
    }

Test(parameters, ranges){
    REFUSED(rn_adam(1), beta1, 1, "adam: beta1 must be in 0 <= beta1 < 1: 1") REFUSED(
        rn_adam(1), beta1, -0.5, "adam: beta1 must be in 0 <= beta1 < 1: -0.5")
        REFUSED(rn_adamw(1, 0.1), beta2, 1.5, "adamw: beta2 must be in 0 <= beta2 < 1: 1.5")
            REFUSED(rn_adam(1), beta2, NAN, "adam: beta2 must be in 0 <= beta2 < 1: nan")
                REFUSED(rn_adam(1), eps, HUGE_VAL,
                        "adam: eps must be finite and positive: inf")
                    REFUSED(rn_adam(1), eps, RN_ZERO,
                            "adam: eps does not fit f32, the type of the weights: 1e-300")
                        REFUSED(
                            rn_adam(1), eps, 1e50,
                            "adam: eps does not fit f32, the type of the weights: 1e+50")
                            REFUSED(
                                rn_adam(1), weight_decay, -1,
                                "adam: weight_decay must be finite and not negative: -1")
                                REFUSED(rn_adafactor(1), d, 0.5,
                                        "adafactor: d must be finite and positive: 0.5")
                                    REFUSED(rn_adafactor(1), beta2_decay, 1,
                                            "adafactor: beta2_decay must be in -10 <= "
                                            "beta2_decay < 0: 1")
                                        REFUSED(rn_rprop(1), etaplus, 0.5,
                                                "rprop: etaplus must be in 1 <= etaplus < "
                                                "1e+06: 0.5")
                                            REFUSED(rn_nadam(1), momentum_decay, -1,
                                                    "nadam: momentum_decay must be finite "
                                                    "and not negative: -1")
                                                REFUSED(rn_asgd(1), t0, NAN,
                                                        "asgd: t0 must be finite and not "
                                                        "negative: nan")}

Test(parameters, together)
{
    rn_optimizer both = rn_sgd(1, 0.5);

    both.nesterov = true, both.dampening = 0.5;
    refused(both, "sgd: nesterov needs momentum, and no dampening");
    REFUSED(rn_sgd(1, 0), nesterov, true, "sgd: nesterov needs momentum, and no dampening")
    REFUSED(rn_rprop(1), step_min, 51, "rprop: step_min is larger than step_max")
    both = rn_clipped(rn_adam(1), 1), both.clip_value = 1;
    refused(both, "adam: clip, clip_each and clip_value exclude each other");
}

Test(parameters, of_another_optimiser){
    REFUSED(rn_adam(1), momentum, 0.5, "adam: this optimiser has no momentum: 0.5")
        REFUSED(rn_sgd(1, 0), beta1, 0.5, "sgd: this optimiser has no beta1: 0.5")
            REFUSED(rn_rmsprop(1), amsgrad, true,
                    "rmsprop: this optimiser has no amsgrad: 1")
                REFUSED(rn_rprop(1), weight_decay, 0.5,
                        "rprop: this optimiser has no weight_decay: 0.5")}

Test(parameters, of_a_cycle)
{
    const rn_schedule cycle = {RN_SCHEDULE_ONE_CYCLE, .steps = 9, .cycle_momentum = true};
    rn_schedule high = cycle;

    high.max_momentum = 1;
    REFUSED(rn_adagrad(1), schedule, cycle,
            "adagrad: this optimiser has no momentum to cycle")
    REFUSED(rn_adam(1), schedule, high, "adam: beta1 must be in 0 <= beta1 < 1: 1")
}

Test(parameters, of_all)
{
    REFUSED(rn_adam(1), clip_value, -1, "adam: clip_value must not be negative: -1")
    REFUSED(rn_adam(1), clip_each, NAN, "adam: clip_each must not be negative: nan")
    REFUSED(rn_adam(1), accumulate, -2, "adam: accumulate must not be negative: -2")
    REFUSED(rn_adam(1), group_count, 1, "adam: groups is NULL, or group_count negative: 1")
    REFUSED(rn_adam(1), group_count, -1,
            "adam: groups is NULL, or group_count negative: -1")
}
