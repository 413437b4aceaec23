/* SPDX-License-Identifier: MIT */
/* Schedules against PyTorch's, by hand and in programs. */
#include "nn_support.h"

#include <math.h>

#include "golden/torch_schedules.h"

enum {
    SCHEDULES = sizeof schedules / sizeof *schedules,
    RATES = sizeof rates / sizeof *rates,
    MOMENTA = sizeof momenta / sizeof *momenta,
    PLATEAUS = sizeof plateaus / sizeof *plateaus,
    REDUCED = sizeof reduced / sizeof *reduced
};

Test(schedules, rates_of_pytorch)
{
    for (int i = 0; i < RATES; i++) {
        const double got =
            rn_schedule_at(&schedules[rates[i].schedule], base_rate, rates[i].step);
        /* PyTorch multiplies the previous rate at every step. */
        cr_assert(fabs(got - rates[i].rate) < 1e-12,
                  "schedule %d, step %d: %.17g, not %.17g", rates[i].schedule,
                  rates[i].step, got, rates[i].rate);
    }
    for (int i = 0; i < MOMENTA; i++) {
        const double got =
            rn_schedule_momentum_at(&schedules[momenta[i].schedule], momenta[i].step);
        cr_assert(fabs(got - momenta[i].momentum) < 1e-14,
                  "schedule %d, step %d: momentum %.17g, not %.17g", momenta[i].schedule,
                  momenta[i].step, got, momenta[i].momentum);
    }
}

/* Near the end of a cosine its error is one of the largest number. */
static void compare(double got, double want, double most, int schedule, int step)
{
    cr_assert(fabs(got - want) < 1e-15 * most + 1e-15 * want,
              "schedule %d, step %d: %.17g, not %.17g", schedule, step, got, want);
}

Test(schedules, graphs_give_the_same)
{
    const rn_schedule late = {RN_SCHEDULE_ONE_CYCLE, .steps = 700, .warm_up = 50,
                              .cycle_momentum = true};
    rn_graph *g = rn_graph_new();
    rn_tensor step = rn_input(g, "step", RN_I32, rn_shape()), y[SCHEDULES + 1];
    rn_tensor rate = rn_constant_scalar(g, RN_F64, base_rate);

    for (int i = 0; i < SCHEDULES; i++) y[i] = rn_scheduled_rate(&schedules[i], rate, step);
    y[SCHEDULES] = rn_scheduled_momentum(&late, step);
    rn_program *p =
        rn_compile(g, (rn_compile_options){.outputs = y, .output_count = SCHEDULES + 1});
    cr_assert(p, "%s", rn_graph_error(g));
    for (int32_t s = 0; s < STEPS + 100; s++) {
        rn_test_feed_i32(p, step, &s);
        rn_test_run_once(p);
        for (int i = 0; i < SCHEDULES; i++)
            compare(rn_scalar(p, y[i]), rn_schedule_at(&schedules[i], base_rate, s),
                    base_rate, i, s);
        compare(rn_scalar(p, y[SCHEDULES]), rn_schedule_momentum_at(&late, s), 1, -1, s);
    }
    rn_program_free(p);
    rn_graph_free(g);
}

Test(schedules, far_steps)
{
    rn_schedule cycle = {RN_SCHEDULE_ONE_CYCLE, .steps = 10};
    const rn_schedule doubled = {RN_SCHEDULE_RESTARTS, .steps = 1, .t_mult = 2};
    const rn_schedule line = {RN_SCHEDULE_LINEAR, .steps = 4, .start_factor = 1};

    cr_assert(isnan(rn_schedule_momentum_at(&cycle, 0)) &&
              isnan(rn_schedule_momentum_at(NULL, 0)));
    cycle.cycle_momentum = true, cycle.warm_up = 5;
    cr_assert(rn_schedule_momentum_at(&cycle, INT64_MIN) == 0.95);
    cr_assert(rn_schedule_momentum_at(&cycle, 5) == 0.95);
    cr_assert(rn_schedule_momentum_at(&cycle, 7) == 0.85);
    cr_assert(rn_schedule_momentum_at(&cycle, INT64_MAX) == 0.95);
    rn_test_near(rn_schedule_at(&cycle, 1, INT64_MAX), 1 / (25 * 1e4), 1e-15);
    cr_assert(rn_schedule_at(&doubled, 1, INT32_MAX) == 1, "a period begins at 2^31 - 1");
    cr_assert(rn_schedule_at(&line, 1, INT64_MAX) == 0);
    cr_assert(rn_schedule_at(&line, 1, INT64_MIN) == 1);
    cr_assert(rn_schedule_at(&line, 1, 3) == 0.25);
    cr_assert(rn_schedule_at(&(rn_schedule){.warm_up = 4}, 8, 1) == 2);
    cr_assert(rn_schedule_at(&(rn_schedule){.warm_up = 4}, 8, 4) == 8);
    cr_assert(rn_schedule_at(&(rn_schedule){.kind = RN_SCHEDULE_CONSTANT}, 8, 4) == 8);
}

/* ---- in an optimiser ---- */

/* The gradient is 1, so that the weight shows the sum of the rates. */
Test(schedules, an_optimiser_follows_it)
{
    const rn_schedule s = {RN_SCHEDULE_STEP, .steps = 2, .gamma = 0.5, .warm_up = 2};
    const double rate[] = {0, 0.125, 0.25, 0.25, 0.125, 0.125, 0.0625};
    rn_test_world w = rn_test_begin();
    rn_tensor weight = rn_weight(w.root, "w", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});
    rn_optimizer sgd = rn_sgd(0.25, 0);
    double sum = 0;

    sgd.schedule = s;
    rn_program *p = rn_test_training(rn_sum_all(weight), sgd);
    for (int i = 0; i < 7; i++) {
        rn_test_run_once(p);
        sum += rate[i];
        cr_assert(rn_test_values(w.model, "w")[0] == -sum, "step %d", i);
        cr_assert(rn_training_of(w.model).rate == rate[i]);
    }
    cr_assert_eq(rn_set_learning_rate(w.model, 0.5), RN_OK);
    rn_test_run_once(p);
    cr_assert(rn_training_of(w.model).rate == 0.125, "the schedule of another base rate");
    cr_assert(rn_test_values(w.model, "w")[0] == -sum - 0.125);
    rn_program_free(p);
    rn_test_end(&w);
}

Test(schedules, a_skipped_run_is_no_step)
{
    rn_test_world w = rn_test_begin();
    rn_tensor weight = rn_weight(w.root, "w", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});
    rn_tensor k = rn_input(w.graph, "k", RN_F64, rn_shape());
    rn_optimizer sgd = rn_sgd(1, 0);
    const double feeds[] = {1, INFINITY, 1};

    sgd.schedule = (rn_schedule){RN_SCHEDULE_EXPONENTIAL, .gamma = 0.5};
    rn_program *p = rn_test_training(rn_mul(k, rn_sum_all(weight)), sgd);
    for (int i = 0; i < 3; i++) {
        rn_test_feed_f64(p, k, &feeds[i]);
        rn_test_run_once(p);
    }
    cr_assert(rn_test_values(w.model, "w")[0] == -1.5);
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- refusals ---- */

static void refused(rn_schedule s, const char *message)
{
    rn_graph *g = rn_graph_new();
    rn_tensor step = rn_input(g, "step", RN_I32, rn_shape());
    rn_tensor rate = rn_constant_scalar(g, RN_F64, 1);

    cr_assert(rn_is_null(rn_scheduled_rate(&s, rate, step)));
    rn_test_error_is(g, message);
    cr_assert(isnan(rn_schedule_at(&s, 1, 0)), "%s", message);
    rn_graph_free(g);
}

Test(schedules, refusals)
{
    refused((rn_schedule){.kind = (rn_schedule_kind)10},
            "scheduled_rate: no such kind: 10");
    refused((rn_schedule){.kind = RN_SCHEDULE_COSINE},
            "scheduled_rate: cosine: steps must be positive: 0");
    refused((rn_schedule){.kind = RN_SCHEDULE_STEP, .steps = -1},
            "scheduled_rate: step: a number of steps is out of range: -1");
    refused((rn_schedule){.kind = RN_SCHEDULE_EXPONENTIAL},
            "scheduled_rate: exponential: gamma must be positive: 0");
    refused((rn_schedule){.warm_up_factor = NAN},
            "scheduled_rate: numbers must be finite and not negative: nan");
    refused((rn_schedule){.kind = RN_SCHEDULE_MULTI_STEP, .milestone = {3, -3}},
            "scheduled_rate: multi_step: a number of steps is out of range: -3");
    refused((rn_schedule){.kind = RN_SCHEDULE_ONE_CYCLE, .steps = 9, .pct_start = 1.5},
            "scheduled_rate: one_cycle: pct_start must be in 0 <= pct_start <= 1: 1.5");
    refused((rn_schedule){.kind = RN_SCHEDULE_ONE_CYCLE, .steps = 9, .max_momentum = 1},
            "scheduled_rate: one_cycle: base_momentum and max_momentum must be less than "
            "1: 1");
    refused((rn_schedule){.cycle_momentum = true},
            "scheduled_rate: cycle_momentum is of one_cycle alone: 0");
    cr_assert(isnan(rn_schedule_at(NULL, 1, 0)));
}

Test(schedules, operands_that_do_not_fit)
{
    rn_graph *g = rn_graph_new();
    rn_tensor step = rn_input(g, "step", RN_I32, rn_shape());
    rn_tensor rate = rn_constant_scalar(g, RN_F64, 1);

    cr_assert(rn_is_null(rn_scheduled_rate(&schedules[0], step, rate)));
    rn_test_error_is(g, "scheduled_rate: the rate must be an f64 scalar, the step i32");
    cr_assert(rn_is_null(rn_scheduled_rate(&schedules[0], rn_null(), step)));
    rn_graph_free(g);

    g = rn_graph_new();
    step = rn_input(g, "step", RN_I32, rn_shape());
    cr_assert(rn_is_null(rn_scheduled_momentum(&schedules[0], rn_null())));
    cr_assert(rn_is_null(rn_scheduled_momentum(&schedules[0], step)));
    rn_test_error_is(g, "scheduled_momentum: cycle_momentum is not set");
    rn_graph_free(g);
}

/* ---- plateaus ---- */

Test(schedules, plateaus_of_pytorch)
{
    int at = 0;

    for (int i = 0; i < PLATEAUS; i++) {
        rn_plateau p = plateaus[i];
        double rate = base_rate, want = 0;
        for (int j = 0; j < MEASURES; j++) {
            if (at < REDUCED && reduced[at].plateau == i && reduced[at].measure == j)
                want = reduced[at++].rate;
            rate = rn_plateau_next(&p, 2. / (1 + j) + 0.25 * sin(1.7 * j) + 0.5, rate);
            cr_assert(fabs(rate - want) <= 1e-15 * want,
                      "plateau %d, measure %d: %g, not %g", i, j, rate, want);
        }
    }
    cr_assert_eq(at, REDUCED);
}

Test(schedules, plateaus_of_odd_measures)
{
    rn_plateau p = {.patience = 1, .factor = 0.5};

    cr_assert(rn_plateau_next(&p, NAN, 1) == 1);
    cr_assert(rn_plateau_next(&p, NAN, 1) == 0.5);
    cr_assert(rn_plateau_next(&p, 3, 1) == 1);
    cr_assert(p.best == 3);
    p.factor = 1;
    cr_assert(rn_plateau_next(&p, NAN, 1) == 1);
    cr_assert(rn_plateau_next(NULL, 3, 1) == 1);
}
