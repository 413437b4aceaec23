/* SPDX-License-Identifier: MIT */
/* Groups of weights: their rates and decays, frozen ones, and refusals. */
#include "nn_support.h"

#include <math.h>

enum { NAMES = 4 };

static const char *const names[NAMES] = {"body/w", "body/b", "head/w", "head/b"};

/* The values of the weights after three runs; all begin as 1 and have the gradient 2. */
static void train(rn_optimizer optimizer, double *values)
{
    rn_test_world w = rn_test_begin();
    rn_tensor loss = rn_constant_scalar(w.graph, RN_F64, 0);

    for (int i = 0; i < NAMES; i++) {
        const rn_init ones = {RN_INIT_CONSTANT, 1};
        const rn_tensor x = rn_weight(w.root, names[i], rn_shape(3), ones);
        loss = rn_add(loss, rn_scale(rn_sum_all(x), 2));
    }
    rn_program *p = rn_test_training(loss, optimizer);
    for (int i = 0; i < 3; i++) rn_test_run_once(p);
    for (int i = 0; i < NAMES; i++) values[i] = rn_test_values(w.model, names[i])[0];
    rn_program_free(p);
    rn_test_end(&w);
}

static rn_optimizer grouped(rn_optimizer o, const rn_weight_group *groups, int count)
{
    o.groups = groups;
    o.group_count = count;
    return o;
}

/* Each weight is that of an optimiser without groups, with the numbers of its group. The
 * first group that names a weight is the one that counts. */
Test(groups, rates_and_decays)
{
    static const rn_weight_group groups[] = {
        {"body/b", 0, RN_ZERO, false}, {"body*", 0.5, 0.25, false}, {"*b", 0.25, 0, false}};
    static const double rates[NAMES] = {0.5, 1, 1, 0.25},
                        decays[NAMES] = {0.25, 0, 0.1, 0.1};
    double got[NAMES], want[NAMES];
    rn_optimizer all[] = {rn_adamw(0.01, 0.1), rn_lion(0.01, 0.1), rn_lamb(0.01, 0.1),
                          rn_adam(0.01),       rn_sgd(0.01, 0.5),  rn_adafactor(0.01)};

    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        all[k].weight_decay = 0.1;
        train(grouped(all[k], groups, 3), got);
        for (int i = 0; i < NAMES; i++) {
            rn_optimizer o = all[k];
            o.rate *= rates[i];
            o.weight_decay = decays[i];
            train(o, want);
            rn_test_close(&got[i], &want[i], 1, 1e-15, names[i]);
        }
        cr_assert(got[0] != got[1] && got[1] != got[3], "%zu", k);
        cr_assert(got[2] != got[3], "%zu", k);
    }
}

/* The head alone is trained: two groups are enough. */
Test(groups, frozen)
{
    static const rn_weight_group groups[] = {{"head*", 0, 0, false}, {"*", 0, 0, true}};
    double got[NAMES];

    train(grouped(rn_sgd(0.5, 0), groups, 2), got);
    cr_assert(got[0] == 1 && got[1] == 1 && got[2] == -2 && got[3] == -2);
}

/* A rate that is set counts for all groups. */
Test(groups, rates_that_are_set)
{
    static const rn_weight_group groups[] = {{"a", 0.5, 0, false}};
    rn_test_world w = rn_test_begin();
    const rn_init zeros = {RN_INIT_ZEROS, 0};
    rn_tensor a = rn_weight(w.root, "a", rn_shape(), zeros);
    rn_tensor b = rn_weight(w.root, "b", rn_shape(), zeros);
    rn_program *p = rn_test_training(rn_add(a, b), grouped(rn_sgd(1, 0), groups, 1));

    rn_set_learning_rate(w.model, 4);
    rn_test_run_once(p);
    cr_assert(*rn_test_values(w.model, "a") == -2 && *rn_test_values(w.model, "b") == -4);
    rn_program_free(p);
    rn_test_end(&w);
}

static void refused(rn_optimizer optimizer, rn_weight_group group, const char *message)
{
    rn_test_world w = rn_test_begin();
    const rn_init ones = {RN_INIT_CONSTANT, 1};
    rn_tensor x = rn_weight(w.root, "w", rn_shape(), ones);
    const rn_optimizer with = grouped(optimizer, &group, 1);

    cr_assert(!rn_compile(w.graph, (rn_compile_options){.minimize = x, .with = with}));
    rn_test_error_is(w.graph, message);
    cr_assert_eq(rn_model_count(w.model), 1);
    rn_test_end(&w);
}

Test(groups, refusals)
{
    refused(rn_adam(1), (rn_weight_group){"v*", 0, 0, false},
            "adam: groups: the model has no such weight: v*");
    refused(rn_adam(1), (rn_weight_group){NULL, 0, 0, false},
            "adam: groups: a group names no weights");
    refused(rn_adam(1), (rn_weight_group){"w", -1, 0, false},
            "adam: a group's rate must be finite and not negative: -1");
    refused(rn_adam(1), (rn_weight_group){"w", 0, NAN, false},
            "adam: a group's weight_decay must be finite and not negative: nan");
    refused(rn_rprop(1), (rn_weight_group){"w", 0, 0.1, false},
            "rprop: this optimiser has no weight_decay: 0.1");
    refused(rn_adam(1), (rn_weight_group){"*", 0, 0, true},
            "adam: all weights of the loss are frozen");
}
