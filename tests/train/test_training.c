/* SPDX-License-Identifier: MIT */
/* Optimisers and models: the rate, states that last, which weights change, and refusals. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

static const rn_init ones = {RN_INIT_CONSTANT, 1};

/* The sum of the weight: its gradient is 1, so that sgd moves it by the rate. */
static rn_tensor slope(const rn_test_world *w, const char *name)
{
    return rn_sum_all(rn_weight(w->root, name, rn_shape(2), ones));
}

static double first(const rn_test_world *w, const char *name)
{
    return rn_test_values(w->model, name)[0];
}

/* ---- the rate ---- */

Test(training, rate_can_be_changed)
{
    rn_test_world w = rn_test_begin();

    cr_assert_eq(rn_set_learning_rate(w.model, 1), RN_INVALID);
    cr_assert_str_eq(rn_model_error(w.model),
                     "set_learning_rate: the model has no optimiser yet");
    rn_program *p = rn_test_training(slope(&w, "w"), rn_sgd(0.25, 0));
    rn_test_run_once(p);
    cr_assert(first(&w, "w") == 0.75);
    cr_assert_eq(rn_set_learning_rate(w.model, 0.5), RN_OK);
    rn_test_run_once(p);
    cr_assert(first(&w, "w") == 0.25);
    cr_assert_eq(rn_set_learning_rate(w.model, 0), RN_OK);
    rn_test_run_once(p);
    cr_assert(first(&w, "w") == 0.25);
    cr_assert_eq(rn_set_learning_rate(w.model, -1), RN_INVALID);
    cr_assert_eq(rn_set_learning_rate(w.model, NAN), RN_INVALID);
    cr_assert_eq(rn_set_learning_rate(w.model, HUGE_VAL), RN_INVALID);
    cr_assert_eq(rn_set_learning_rate(NULL, 1), RN_INVALID);
    rn_program_free(p);
    rn_test_end(&w);
}

Test(training, compiling_again_disturbs_nothing)
{
    rn_test_world w = rn_test_begin();
    rn_tensor loss = slope(&w, "w");
    rn_program *p = rn_test_training(loss, rn_sgd(0.5, 0.5));

    rn_test_run_once(p);
    rn_set_learning_rate(w.model, 0.25);
    const int count = rn_model_count(w.model);
    rn_program *q = rn_test_training(loss, rn_sgd(0.5, 0.5));
    cr_assert_eq(rn_model_count(w.model), count);
    cr_assert(first(&w, "optimizer/rate") == 0.25, "the rate that was set stays");
    cr_assert(first(&w, "optimizer/w/velocity") == 1);
    rn_test_run_once(q);
    cr_assert(first(&w, "w") == 0.5 - 0.25 * 1.5);
    rn_test_run_once(p);
    cr_assert(first(&w, "w") == 0.125 - 0.25 * 1.75, "programs share the state");
    cr_assert_eq(rn_training_of(w.model).steps, 3);
    rn_program_free(p);
    rn_program_free(q);
    rn_test_end(&w);
}

Test(training, optimisers_keep_their_own_moments)
{
    rn_test_world w = rn_test_begin();
    rn_tensor loss = slope(&w, "w");
    rn_program *sgd = rn_test_training(loss, rn_sgd(0.5, 0.5));
    rn_program *adam = rn_test_training(loss, rn_adam(0.5));

    rn_test_run_once(sgd);
    rn_test_run_once(sgd);
    const double before = first(&w, "w");
    rn_test_run_once(adam);
    cr_assert(fabs(first(&w, "w") - (before - 0.5)) < 1e-8, "Adam's own first step");
    rn_program_free(sgd);
    rn_program_free(adam);
    rn_test_end(&w);
}

Test(training, nothing_yet)
{
    rn_test_world w = rn_test_begin();
    const rn_training t = rn_training_of(w.model), none = rn_training_of(NULL);

    cr_assert(t.steps == 0 && t.skipped == 0 && t.norm == 0);
    cr_assert(none.steps == 0 && none.skipped == 0 && none.norm == 0);
    rn_test_end(&w);
}

/* ---- which weights ---- */

Test(training, only_what_the_loss_depends_on)
{
    rn_test_world w = rn_test_begin();
    rn_tensor other = slope(&w, "other"), loss = slope(&w, "w");
    rn_tensor state = rn_state(w.root, "state", RN_F64, rn_shape(2));
    rn_program *p;

    loss = rn_add(loss, rn_sum_all(state));
    p = rn_compile(w.graph, (rn_compile_options){
                                .minimize = loss, .with = rn_adam(0.5), RN_OUTPUTS(other)});
    cr_assert(p, "%s", rn_graph_error(w.graph));
    rn_test_run_once(p);
    cr_assert(first(&w, "w") != 1);
    cr_assert(first(&w, "other") == 1);
    cr_assert(first(&w, "state") == 0);
    cr_assert(rn_model_find(w.model, "optimizer/w/m"));
    cr_assert(!rn_model_find(w.model, "optimizer/other/m"));
    cr_assert(!rn_model_find(w.model, "optimizer/state/m"));
    cr_assert(!rn_model_is_weight(w.model, rn_model_count(w.model) - 1));
    rn_program_free(p);
    rn_test_end(&w);
}

Test(training, weights_inside_loops)
{
    rn_test_world w = rn_test_begin();
    rn_loop *loop = rn_loop_begin(w.graph);

    rn_loop_steps(loop, 4);
    rn_tensor sum = rn_loop_carry(loop, rn_fill(w.graph, RN_F64, rn_shape(2), 0));
    rn_loop_next(loop, sum, rn_add(sum, rn_weight(w.root, "w", rn_shape(2), ones)));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(w.graph));
    rn_program *p =
        rn_test_training(rn_sum_all(rn_loop_final(loop, sum)), rn_sgd(0.125, 0));
    rn_test_run_once(p);
    cr_assert(first(&w, "w") == 0.5, "%g", first(&w, "w"));
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- refusals ---- */

static void refused(rn_test_world *w, rn_tensor loss, rn_optimizer optimizer,
                    const char *message)
{
    cr_assert(!rn_is_null(loss), "%s", rn_graph_error(w->graph));
    cr_assert(
        !rn_compile(w->graph, (rn_compile_options){.minimize = loss, .with = optimizer}));
    rn_test_error_is(w->graph, message);
    rn_test_end(w);
}

#define REFUSES(test, optimizer, message)                                                  \
    Test(training, test)                                                                   \
    {                                                                                      \
        rn_test_world w = rn_test_begin();                                                 \
        refused(&w, slope(&w, "w"), optimizer, message);                                   \
    }

REFUSES(negative_rate, rn_sgd(-1, 0), "sgd: the rate must be finite and not negative: -1")
REFUSES(nan_rate, rn_adam(NAN), "adam: the rate must be finite and not negative: nan")
REFUSES(infinite_rate, rn_rmsprop(HUGE_VAL),
        "rmsprop: the rate must be finite and not negative: inf")
REFUSES(momentum_of_one, rn_sgd(1, 1), "sgd: momentum must be in 0 <= momentum < 1: 1")
REFUSES(negative_decay, rn_adamw(1, -1),
        "adamw: weight_decay must be finite and not negative: -1")
REFUSES(negative_clip, rn_clipped(rn_adam(1), -1),
        "adam: the largest norm must not be negative: -1")

Test(training, no_weights)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_name(rn_sum_all(rn_fill(w.graph, RN_F64, rn_shape(2), 1)), "loss");

    slope(&w, "w");
    refused(&w, x, rn_sgd(1, 0), "sgd: the loss depends on no weight: loss");
}

Test(training, a_freed_model)
{
    rn_test_world w = rn_test_begin();
    rn_tensor loss = slope(&w, "w");

    rn_model_free(w.model);
    w.model = NULL;
    refused(&w, loss, rn_sgd(1, 0), "sgd: the weight belongs to no model: w");
}

Test(training, two_models)
{
    rn_test_world w = rn_test_begin();
    rn_model *other = rn_test_model(1);
    rn_tensor v = rn_weight(rn_root(w.graph, other), "v", rn_shape(2), ones);

    refused(&w, rn_add(slope(&w, "w"), rn_sum_all(v)), rn_sgd(1, 0),
            "sgd: the loss depends on weights of two models: v of one, w of another: an "
            "optimiser trains one model");
    rn_model_free(other);
}

Test(training, a_state_in_the_way)
{
    rn_test_world w = rn_test_begin();
    rn_tensor loss = slope(&w, "w");

    rn_weight(w.root, "optimizer/steps", rn_shape(), ones);
    refused(&w, loss, rn_sgd(1, 0),
            "state: the model has a weight of that name: optimizer/steps");
}

/* ---- memory ---- */

static bool work(rn_allocator a)
{
    rn_model *model = rn_model_new_using(1, RN_F64, a);
    rn_graph *g = rn_graph_new_using(a);
    rn_tensor w = rn_weight(rn_root(g, model), "w", rn_shape(2), ones);
    rn_tensor loss = rn_sum_all(rn_square(w));
    rn_program *p = NULL;
    bool done = false;

    if (!rn_is_null(loss))
        p = rn_compile(
            g, (rn_compile_options){.minimize = loss, .with = rn_clipped(rn_adam(0.5), 1)});
    if (p) done = rn_run(p) == RN_OK;
    if (g && !p) cr_assert(*rn_graph_error(g), "no program and no error");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return done;
}

Test(training, every_allocation_may_fail)
{
    rn_test_each_failure(work);
}
