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
    rn_optimizer o = rn_adam(0.1);
    double got[STEPS], want[STEPS], w = 1, m = 0, v = 0;

    o.parameter[RN_ADAM_BETA1] = beta1;
    o.parameter[RN_ADAM_BETA2] = beta2;
    o.parameter[RN_ADAM_EPSILON] = epsilon;
    o.parameter[RN_ADAM_DECAY] = decay;
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

    o.parameter[RN_RMSPROP_ALPHA] = alpha;
    o.parameter[RN_RMSPROP_EPSILON] = epsilon;
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

    o.parameter[RN_SGD_MOMENTUM] = 0.25;
    train(o, got);
    train(rn_sgd(0.1, 0.25), want);
    rn_test_close(got, want, STEPS, 0, "momentum");
}

/* ---- refusals ---- */

static void refused(rn_optimizer o, rn_parameter parameter, double value,
                    const char *message)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor w =
        rn_weight(rn_root(g, model), "w", rn_shape(), (rn_init){RN_INIT_CONSTANT, 1});

    o.parameter[parameter] = value;
    cr_assert(!rn_compile(g, (rn_compile_options){.minimize = w, .with = o}));
    rn_test_error_is(g, message);
    cr_assert_eq(rn_model_count(model), 1);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(parameters, are_checked)
{
    const rn_optimizer a = rn_adam(1), w = rn_adamw(1, 0.1), r = rn_rmsprop(1);

    refused(a, RN_ADAM_BETA1, 1, "adam: beta1 must be in 0 <= beta1 < 1: 1");
    refused(a, RN_ADAM_BETA1, -0.5, "adam: beta1 must be in 0 <= beta1 < 1: -0.5");
    refused(w, RN_ADAM_BETA2, 1.5, "adamw: beta2 must be in 0 <= beta2 < 1: 1.5");
    refused(a, RN_ADAM_BETA2, NAN, "adam: beta2 must be in 0 <= beta2 < 1: nan");
    refused(a, RN_ADAM_EPSILON, 0, "adam: epsilon must be finite and positive: 0");
    refused(a, RN_ADAM_EPSILON, HUGE_VAL, "adam: epsilon must be finite and positive: inf");
    refused(a, RN_ADAM_EPSILON, 1e-50,
            "adam: epsilon does not fit f32, the type of the weights: 1e-50");
    refused(a, RN_ADAM_DECAY, -1, "adam: decay must be finite and not negative: -1");
    refused(r, RN_RMSPROP_ALPHA, 1, "rmsprop: alpha must be in 0 <= alpha < 1: 1");
    refused(r, RN_RMSPROP_EPSILON, -1, "rmsprop: epsilon must be finite and positive: -1");
    refused(a, RN_SGD_MOMENTUM, 0.5,
            "adam: the parameter belongs to another optimiser: 0.5");
    refused(rn_sgd(1, 0), RN_ADAM_BETA1, 0.5,
            "sgd: the parameter belongs to another optimiser: 0.5");
    refused(r, RN_ADAM_EPSILON, 0.1,
            "rmsprop: the parameter belongs to another optimiser: 0.1");
}
