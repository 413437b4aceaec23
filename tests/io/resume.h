/* SPDX-License-Identifier: MIT */
/* A small training run with dropout and carried states, for the tests of checkpoints. */
#ifndef RN_TESTS_IO_RESUME_H
#define RN_TESTS_IO_RESUME_H

#include "io_support.h"

#include <stdlib.h>
#include <string.h>

enum { RN_TEST_T = 4, RN_TEST_B = 2, RN_TEST_I = 3 };

/* A model, and its program once it is built. */
typedef struct rn_test_run {
    rn_model *model;
    rn_graph *graph;
    rn_program *program;
    rn_tensor x;
    int64_t step;
} rn_test_run;

static inline void rn_test_run_build(rn_test_run *r)
{
    r->graph = rn_graph_new();
    r->x = rn_input(r->graph, "x", RN_F64, rn_shape(RN_TEST_T, RN_TEST_B, RN_TEST_I));
}

static inline rn_tensor rn_test_run_loss(rn_test_run *r)
{
    const rn_scope s = rn_root(r->graph, r->model);
    const rn_recurrent_options o = {
        .units = 5, .layers = 2, .stateful = true, .dropout = 0.25};
    const rn_tensor y = rn_lstm(s, "rnn", r->x, o).outputs;
    const rn_tensor n =
        rn_batch_norm(s, "norm", rn_dropout(s, "drop", y, 0.5), (rn_batch_norm_options){0});

    return rn_mean_all(rn_square(rn_sub(rn_linear(s, "out", n, RN_TEST_I), r->x)));
}

static inline void rn_test_run_compile(rn_test_run *r, rn_optimizer with)
{
    r->program = rn_test_training(rn_test_run_loss(r), with);
}

/* Trains for so many steps, each with data of its own. */
static inline void rn_test_run_train(rn_test_run *r, int64_t steps)
{
    double x[RN_TEST_T * RN_TEST_B * RN_TEST_I];

    for (const int64_t end = r->step + steps; r->step < end; r->step++) {
        rn_test_numbers(x, RN_TEST_T * RN_TEST_B * RN_TEST_I, (uint64_t)r->step);
        rn_test_feed_f64(r->program, r->x, x);
        rn_test_run_once(r->program);
    }
}

static inline rn_status rn_test_run_save(rn_test_run *r, const char *path)
{
    rn_checkpoint_item step = {.name = "step", .numbers = &r->step, .count = 1};

    return rn_checkpoint_save(r->model, path, &step, 1);
}

static inline rn_status rn_test_run_load(rn_test_run *r, const char *path)
{
    rn_checkpoint_item step = {.name = "step", .numbers = &r->step, .count = 1};

    return rn_checkpoint_load(r->model, path, &step, 1);
}

static inline void rn_test_run_free(rn_test_run *r)
{
    rn_program_free(r->program);
    rn_graph_free(r->graph);
    rn_model_free(r->model);
}

/* Fails unless both models have the same variables with the same bits, in the same order.
 */
static inline void rn_test_same_models(const rn_model *a, const rn_model *b)
{
    cr_assert_eq(rn_model_count(a), rn_model_count(b));
    for (int i = 0; i < rn_model_count(a); i++) {
        rn_variable *x = rn_model_at(a, i), *y = rn_model_at(b, i);
        cr_assert_str_eq(rn_variable_name(x), rn_variable_name(y));
        const size_t bytes = (size_t)rn_shape_count(rn_variable_shape(x)) *
                             rn_type_size(rn_variable_type(x));
        cr_assert(rn_shape_equal(rn_variable_shape(x), rn_variable_shape(y)));
        cr_assert(!memcmp(rn_variable_data(x), rn_variable_data(y), bytes), "%s differs",
                  rn_variable_name(x));
    }
}

#endif
