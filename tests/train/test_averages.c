/* SPDX-License-Identifier: MIT */
/* Averages of weights against PyTorch's AveragedModel, when they begin, and exchanging. */
#include "driver_support.h"

enum { AVERAGES = sizeof averages / sizeof *averages };

static rn_optimizer averaged(rn_optimizer o, rn_average average)
{
    o.average = average;
    return o;
}

Test(averages, those_of_pytorch)
{
    for (int i = 0; i < AVERAGES; i++) {
        rn_tensor all;
        rn_test_world w = with_weights(RN_F64, &all);
        double got[WEIGHTS], back[WEIGHTS];

        set_weights(w.model, start);
        rn_program *p =
            rn_test_training(convex(all), averaged(rn_sgd(0.02, 0.5), averages[i].average));
        for (int n = 0; n < UPDATES; n++) rn_test_run_once(p);
        get_weights(w.model, got);
        rn_test_close(got, averages[i].w, WEIGHTS, 1e-14, "weights");
        cr_assert_eq(rn_averaged(w.model, NULL), averages[i].count);
        cr_assert_eq(rn_model_swap_averages(w.model, NULL), RN_OK);
        get_weights(w.model, back);
        rn_test_close(back, averages[i].a, WEIGHTS, 1e-14, "averages");
        cr_assert_eq(rn_model_swap_averages(w.model, NULL), RN_OK);
        get_weights(w.model, back);
        cr_assert(!memcmp(back, got, sizeof got), "the same bits again");
        rn_program_free(p);
        rn_test_end(&w);
    }
}

/* ---- a weight that moves by 1 in each run, and a factor of its gradient ---- */

typedef struct line {
    rn_test_world w;
    rn_program *p;
    rn_tensor k;
} line;

static line begin(rn_optimizer optimizer)
{
    line l = {.w = rn_test_begin()};
    rn_tensor x = rn_weight(l.w.root, "x", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});
    rn_tensor y = rn_weight(l.w.root, "y", rn_shape(3), (rn_init){RN_INIT_CONSTANT, 7});

    l.k = rn_input(l.w.graph, "k", RN_F64, rn_shape());
    l.p = rn_test_training(rn_mul(l.k, rn_add(rn_sum_all(x), rn_sum_all(y))),
                           rn_except(optimizer, "y"));
    return l;
}

static void end(line *l)
{
    rn_program_free(l->p);
    rn_test_end(&l->w);
}

static void run(line *l, double k, int times)
{
    while (times-- > 0) {
        rn_test_feed_f64(l->p, l->k, &k);
        rn_test_run_once(l->p);
    }
}

static double average_of(const line *l)
{
    return rn_test_values(l->w.model, "optimizer/x/average")[0];
}

Test(averages, skipped_runs_and_frozen_weights)
{
    line l = begin(averaged(rn_sgd(1, 0), (rn_average){.kind = RN_AVERAGE_EQUAL}));

    run(&l, -1, 2);
    run(&l, INFINITY, 3);
    cr_assert(average_of(&l) == 1.5 && rn_averaged(l.w.model, NULL) == 2);
    run(&l, -1, 1);
    cr_assert(average_of(&l) == 2);
    cr_assert(!rn_model_find(l.w.model, "optimizer/y/average"));
    cr_assert_eq(rn_model_swap_averages(l.w.model, NULL), RN_OK);
    cr_assert(rn_test_values(l.w.model, "x")[1] == 2 && average_of(&l) == 3);
    cr_assert(rn_test_values(l.w.model, "y")[1] == 7);
    end(&l);
}

Test(averages, accumulated_gradients)
{
    rn_optimizer sgd = averaged(rn_sgd(1, 0), (rn_average){.kind = RN_AVERAGE_EQUAL});

    sgd.accumulate = 2;
    line l = begin(sgd);
    run(&l, -1, 5);
    cr_assert(rn_averaged(l.w.model, NULL) == 2 && average_of(&l) == 1.5);
    end(&l);
}

Test(averages, beginning_by_hand)
{
    line l =
        begin(averaged(rn_sgd(1, 0), (rn_average){.kind = RN_AVERAGE_EQUAL, .start = -1}));

    run(&l, -1, 4);
    cr_assert_eq(rn_averaged(l.w.model, NULL), 0);
    cr_assert_eq(rn_model_swap_averages(l.w.model, NULL), RN_INVALID);
    cr_assert_str_eq(rn_model_error(l.w.model),
                     "model_swap_averages: no update was averaged yet: \"optimizer\"");
    cr_assert_eq(rn_average_begin(l.w.model, NULL), RN_OK);
    run(&l, -1, 3);
    cr_assert(average_of(&l) == 6 && rn_averaged(l.w.model, "optimizer") == 3);
    cr_assert_eq(rn_average_begin(l.w.model, NULL), RN_OK);
    cr_assert(average_of(&l) == 0 && rn_averaged(l.w.model, NULL) == 0);
    run(&l, -1, 1);
    cr_assert(average_of(&l) == 8, "it begins anew");
    end(&l);
}

Test(averages, beginning_every_second_update)
{
    line l = begin(averaged(
        rn_sgd(1, 0),
        (rn_average){.kind = RN_AVERAGE_EMA, .decay = 0.5, .start = -1, .every = 2}));

    run(&l, -1, 3);
    rn_average_begin(l.w.model, NULL);
    run(&l, -1, 1);
    cr_assert_eq(rn_averaged(l.w.model, NULL), 0);
    run(&l, -1, 3);
    cr_assert(average_of(&l) == (5 + 7) / 2.);
    end(&l);
}

Test(averages, those_of_asgd)
{
    rn_optimizer asgd = rn_asgd(0.5);
    rn_tensor all;
    rn_test_world w = with_weights(RN_F64, &all);
    double x[WEIGHTS], y[WEIGHTS];

    asgd.t0 = 1;
    rn_program *p = rn_test_training(rn_sum_all(all), asgd);
    for (int i = 0; i < 4; i++) rn_test_run_once(p);
    get_weights(w.model, x);
    cr_assert_eq(rn_model_swap_averages(w.model, NULL), RN_OK, "%s",
                 rn_model_error(w.model));
    get_weights(w.model, y);
    for (int i = 0; i < WEIGHTS; i++) cr_assert(y[i] > x[i]);
    rn_program_free(p);
    rn_test_end(&w);
}

/* A weight that was frozen at first has been what it is, and not 0. */
Test(averages, weights_that_join_late)
{
    rn_test_world w = rn_test_begin();
    const rn_optimizer sgd = averaged(rn_sgd(1, 0), (rn_average){.kind = RN_AVERAGE_EQUAL});
    rn_tensor x = rn_weight(w.root, "x", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});
    rn_tensor y = rn_weight(w.root, "y", rn_shape(3), (rn_init){RN_INIT_CONSTANT, 7});
    rn_tensor loss = rn_neg(rn_add(rn_sum_all(x), rn_sum_all(y)));

    rn_program *first = rn_test_training(loss, rn_except(sgd, "y"));
    rn_test_run_once(first);
    rn_program *both = rn_test_training(loss, sgd);
    rn_test_run_once(both);
    cr_assert(rn_test_values(w.model, "optimizer/x/average")[0] == 1.5);
    cr_assert(rn_test_values(w.model, "optimizer/y/average")[2] == 7.5);
    rn_program_free(first);
    rn_program_free(both);
    rn_test_end(&w);
}

/* New weights begin a new average. */
Test(averages, weights_set_anew)
{
    line l = begin(averaged(rn_sgd(1, 0), (rn_average){.kind = RN_AVERAGE_EMA}));

    run(&l, -1, 5);
    cr_assert_eq(rn_averaged(l.w.model, NULL), 5);
    cr_assert_eq(rn_model_initialize(l.w.model, "x", (rn_init){RN_INIT_CONSTANT, 4}),
                 RN_OK);
    cr_assert_eq(rn_averaged(l.w.model, NULL), 0);
    run(&l, -1, 1);
    cr_assert(average_of(&l) == 5);
    end(&l);
}

/* Where the weights rest, so does the average, in f32 too. */
Test(averages, no_drift)
{
    rn_tensor all;
    rn_test_world w = with_weights(RN_F32, &all);
    float x[FIRST];

    for (int i = 0; i < FIRST; i++) x[i] = 0.7F;
    cr_assert_eq(rn_model_set(w.model, "a", x, sizeof x), RN_OK);
    rn_program *p = rn_test_training(
        rn_sum_all(all), averaged(rn_sgd(0, 0), (rn_average){.kind = RN_AVERAGE_EMA}));
    for (int i = 0; i < 3000; i++) rn_test_run_once(p);
    rn_model_get(w.model, "optimizer/a/average", x, sizeof x);
    cr_assert(x[0] == 0.7F, "%.9g", (double)x[0]);
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- refusals ---- */

static void refused(rn_average average, const char *message)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_weight(w.root, "x", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});

    cr_assert(!rn_compile(w.graph,
                          (rn_compile_options){.minimize = rn_sum_all(x),
                                               .with = averaged(rn_sgd(1, 0), average)}));
    rn_test_error_is(w.graph, message);
    cr_assert_eq(rn_model_count(w.model), 1, "nothing was added to the model");
    rn_test_end(&w);
}

Test(averages, refusals)
{
    refused((rn_average){.kind = (rn_average_kind)3},
            "sgd: no such average: kind 3, decay 0, start 0, every 0");
    refused((rn_average){.kind = RN_AVERAGE_EMA, .decay = 1},
            "sgd: no such average: kind 1, decay 1, start 0, every 0");
    refused((rn_average){.kind = RN_AVERAGE_EMA, .start = -2},
            "sgd: no such average: kind 1, decay 0, start -2, every 0");
    refused((rn_average){.kind = RN_AVERAGE_EQUAL, .every = -1},
            "sgd: no such average: kind 2, decay 0, start 0, every -1");
    cr_assert_eq(rn_average_begin(NULL, NULL), RN_INVALID);
    cr_assert_eq(rn_model_swap_averages(NULL, NULL), RN_INVALID);
    cr_assert_eq(rn_averaged(NULL, NULL), 0);
}

Test(averages, of_no_optimiser)
{
    line l = begin(rn_sgd(1, 0));

    run(&l, -1, 1);
    cr_assert_eq(rn_model_swap_averages(l.w.model, NULL), RN_INVALID);
    cr_assert_str_eq(rn_model_error(l.w.model),
                     "model_swap_averages: the optimiser has no averages: \"optimizer\"");
    cr_assert_eq(rn_average_begin(l.w.model, NULL), RN_INVALID);
    cr_assert_str_eq(rn_model_error(l.w.model),
                     "average_begin: the optimiser has no averages: \"optimizer\"");
    cr_assert_eq(rn_average_begin(l.w.model, "other"), RN_INVALID);
    end(&l);
}

/* Refuses each third allocation of a compilation with a schedule and an average. */
Test(averages, allocations_may_fail)
{
    bool done = false;

    for (long at = 1; !done; at += 3) {
        rn_test_memory memory = {.fail_at = at, .for_ever = true};
        rn_model *model = rn_model_new_using(1, RN_F64, rn_test_allocator(&memory));
        rn_graph *g = rn_graph_new_using(rn_test_allocator(&memory));
        rn_tensor x = rn_weight(rn_root(g, model), "x", rn_shape(2), (rn_init){0});
        rn_optimizer o = averaged(rn_sgd(1, 0), (rn_average){.kind = RN_AVERAGE_EMA});
        o.schedule =
            (rn_schedule){.kind = RN_SCHEDULE_MULTI_STEP, .milestone = {2}, .warm_up = 1};
        rn_program *p =
            rn_compile(g, (rn_compile_options){.minimize = rn_sum_all(x), .with = o});
        cr_assert(p || !g || *rn_graph_error(g), "no program and no error");
        done = p && rn_run(p) == RN_OK;
        rn_program_free(p);
        rn_graph_free(g);
        rn_model_free(model);
        cr_assert_eq(memory.blocks, 0);
    }
}

/* ---- the trigger of NT-ASGD ---- */

/* Algorithm 1 of arXiv:1708.02182 with all losses kept. */
static bool reference(const double *losses, int t, int n)
{
    double least = HUGE_VAL;

    for (int i = 0; i < t - n; i++) least = fmin(least, losses[i]);
    return t > n && losses[t] > least;
}

Test(averages, trigger)
{
    enum { LOSSES = 40 };

    for (int n = 1; n <= RN_NONMONOTONE_MAX; n += 3)
        for (uint64_t seed = 0; seed < 8; seed++) {
            rn_nonmonotone trigger = {.interval = n};
            double losses[LOSSES];
            bool begun = false;
            rn_test_numbers(losses, LOSSES, seed);
            for (int t = 0; t < LOSSES; t++) {
                losses[t] += 9 * exp(-0.4 * t);
                const bool want = !begun && reference(losses, t, n);
                cr_assert_eq(rn_nonmonotone_add(&trigger, losses[t]), want, "%d of %d", t,
                             n);
                begun = begun || want;
            }
            cr_assert_eq(trigger.begun, begun);
        }
}

Test(averages, trigger_of_odd_numbers)
{
    rn_nonmonotone trigger = {.interval = 1}, wild = {.interval = RN_NONMONOTONE_MAX + 1};
    const double losses[] = {3, NAN, 2, NAN, 2, 2.5};

    for (int i = 0; i < 5; i++) cr_assert(!rn_nonmonotone_add(&trigger, losses[i]));
    cr_assert(rn_nonmonotone_add(&trigger, losses[5]));
    cr_assert(!rn_nonmonotone_add(&wild, 1));
    cr_assert(!rn_nonmonotone_add(NULL, 1));
}
