/* SPDX-License-Identifier: MIT */
/* Gradients that are finite, but too large for the moments of f32. */
#include "nn_support.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct world {
    rn_model *model;
    rn_graph *graph;
    rn_tensor k;
    rn_program *program;
} world;

/* The gradient of the weight w [2], which begins as 0, is k. */
static world begin(rn_optimizer optimizer)
{
    world w = {.model = rn_model_new(1), .graph = rn_graph_new()};
    rn_tensor x =
        rn_weight(rn_root(w.graph, w.model), "w", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});

    w.k = rn_input(w.graph, "k", RN_F32, rn_shape());
    w.program = rn_test_training(rn_mul(rn_sum_all(x), w.k), optimizer);
    return w;
}

static void end(world *w)
{
    rn_program_free(w->program);
    rn_graph_free(w->graph);
    rn_model_free(w->model);
}

static void run(const world *w, float k)
{
    cr_assert_eq(rn_feed(w->program, w->k, &k, sizeof k), RN_OK);
    rn_test_run_once(w->program);
}

static float value(const world *w, const char *name)
{
    float both[2];

    cr_assert_eq(rn_model_get(w->model, name, both, sizeof both), RN_OK);
    return both[0];
}

static const float sizes[] = {1e10F, 1e18F, 6e18F, 1e19F, 1.8e19F, 2e19F,
                              1e25F, 1e37F, 1e38F, 2e38F, 3e38F};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Whatever the gradient, the moment stays finite, and a run that changes nothing is counted
 * as skipped. */
static void bears(rn_optimizer optimizer, const char *moment, float start, bool clipped)
{
    for (int i = 0; i < SIZES; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            world w = begin(optimizer);
            const float begun[2] = {start, start};
            rn_model_set(w.model, moment, begun, sizeof begun);
            for (int n = 0; n < 5; n++) {
                const float before = value(&w, "w");
                const rn_training t = rn_training_of(w.model);
                run(&w, (float)sign * sizes[i]);
                const rn_training u = rn_training_of(w.model);
                cr_assert(isfinite(value(&w, moment)), "%s: %g", moment, (double)sizes[i]);
                cr_assert_eq(u.steps + u.skipped, n + 1);
                cr_assert(u.skipped == t.skipped || before == value(&w, "w"));
                cr_assert(sizes[i] > 2e18F || u.skipped == 0);
                cr_assert(!clipped || u.skipped == 0);
            }
            /* And training goes on. */
            const float before = value(&w, "w");
            const int64_t steps = rn_training_of(w.model).steps;
            if (clipped || sizes[i] > 2e19F)
                for (int n = 0; n < 3; n++) run(&w, 1);
            if (sizes[i] > 2e38F && start == 0) cr_assert(value(&w, "w") != before);
            cr_assert(rn_training_of(w.model).steps >= steps);
            end(&w);
        }
}

Test(overflow, moments)
{
    const double rate = 1e-3;

#define RN_OPTIMIZER(name, arguments, rate_, second_, moment, ...)                         \
    {                                                                                      \
        const double second = second_;                                                     \
        (void)second;                                                                      \
        bears(rn_##name arguments, "optimizer/w/" moment, 0, false);                       \
        bears(rn_clipped(rn_##name arguments, 1), "optimizer/w/" moment, 0, true);         \
        bears(rn_clipped(rn_##name arguments, 1e30), "optimizer/w/" moment, 0, false);     \
    }
#define RN_OPTIMIZER_OTHER(name, arguments, moment)                                        \
    RN_OPTIMIZER(name, arguments, 0, 0.1, moment, )
#include "updates.def"
    bears(rn_sgd(rate, 0.999999), "optimizer/w/velocity", 0, false);
}

/* At a rate of 0, for large moments make large steps. */
Test(overflow, from_moments_that_are_large_already)
{
    const double rate = 0;

#define RN_OPTIMIZER(name, arguments, rate_, second_, moment, ...)                         \
    {                                                                                      \
        const double second = second_;                                                     \
        (void)second;                                                                      \
        bears(rn_##name arguments, "optimizer/w/" moment, FLT_MAX, false);                 \
    }
#define RN_OPTIMIZER_OTHER(name, arguments, moment)                                        \
    RN_OPTIMIZER(name, arguments, 0, 0.1, moment, )
#include "updates.def"
    bears(rn_adam(1e-3), "optimizer/w/v", FLT_MAX, false);
    bears(rn_rmsprop(1e-3), "optimizer/w/s", FLT_MAX, false);
    bears(rn_sgd(0, 0.9), "optimizer/w/velocity", -FLT_MAX, false);
    bears(rn_sgd(0, 1 - 1e-9), "optimizer/w/velocity", FLT_MAX, false);
}

/* Nothing is skipped that can be done: without moments any finite gradient, and f64. */
Test(overflow, what_fits_is_not_skipped)
{
    world w = begin(rn_sgd(1e-10, 0));

    run(&w, 3e38F);
    cr_assert_eq(rn_training_of(w.model).steps, 1);
    cr_assert(rn_training_of(w.model).norm > (double)FLT_MAX);
    cr_assert(value(&w, "w") < -2e28F);
    end(&w);

    w = begin(rn_adam(1e-3));
    run(&w, 5e18F);
    cr_assert_eq(rn_training_of(w.model).steps, 1);
    cr_assert(fabsf(value(&w, "w") + 1e-3F) < 1e-8F);
    end(&w);
}
