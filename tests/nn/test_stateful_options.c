/* SPDX-License-Identifier: MIT */
/* Stateful layers with other options: directions, the step whose states stay, learned
 * initial states, and resets of single sequences. */
#include "nn_support.h"

#include <string.h>

#include "rondo/recurrent.h"

enum { T = 4, B = 3, I = 2, H = 3, X = T * B * I, Y = T * B * 2 * H };

/* A program over `steps` steps; x of all runs one after the other. */
typedef struct layer {
    rn_graph *graph;
    rn_tensor x, y;
    rn_program *program;
} layer;

static layer make(rn_model *model, const rn_cell *cell, int64_t steps,
                  rn_recurrent_options o)
{
    layer l = {.graph = rn_graph_new()};

    o.units = H;
    l.x = rn_input(l.graph, "x", RN_F64, rn_shape(steps, B, I));
    l.y = rn_recurrent(rn_root(l.graph, model), "net", cell, l.x, o).outputs;
    l.program = rn_test_compile(l.y);
    return l;
}

static void run(const layer *l, const double *x, double *y)
{
    rn_test_feed_f64(l->program, l->x, x);
    rn_test_run_once(l->program);
    rn_test_read_f64(l->program, l->y, y);
}

static void finish(layer *l)
{
    rn_program_free(l->program);
    rn_graph_free(l->graph);
}

/* Without .stateful, from whatever the model's weights say. */
static void plain(rn_model *model, const rn_cell *cell, int64_t steps,
                  rn_recurrent_options o, const double *x, double *y)
{
    layer l = make(model, cell, steps, o);

    run(&l, x, y);
    finish(&l);
}

/* Backwards the pieces are fed from the last one on. */
Test(stateful_options, reverse)
{
    rn_model *model = rn_test_model(3);
    double x[2 * X], whole[2 * T * B * H], parts[2 * T * B * H];
    layer l = make(model, &rn_cell_lstm, T,
                   (rn_recurrent_options){.reverse = true, .stateful = true});

    rn_test_scramble(model, 0.7);
    rn_model_reset_states(model);
    rn_test_numbers(x, 2 * X, 1);
    run(&l, x + X, parts + T * B * H);
    run(&l, x, parts);
    plain(model, &rn_cell_lstm, 2 * T, (rn_recurrent_options){.reverse = true}, x, whole);
    cr_assert(!memcmp(whole, parts, sizeof whole));
    finish(&l);
    rn_model_free(model);
}

/* Of two directions the forward one continues, the other begins anew. */
Test(stateful_options, both_directions)
{
    rn_model *model = rn_test_model(3);
    const rn_recurrent_options both = {.bidirectional = true};
    double x[2 * X], whole[2 * Y], second[Y], parts[2 * Y];
    layer l = make(model, &rn_cell_gru, T,
                   (rn_recurrent_options){.bidirectional = true, .stateful = true});

    rn_test_scramble(model, 0.7);
    rn_model_reset_states(model);
    rn_test_numbers(x, 2 * X, 1);
    run(&l, x, parts);
    run(&l, x + X, parts + Y);
    plain(model, &rn_cell_gru, 2 * T, both, x, whole);
    plain(model, &rn_cell_gru, T, both, x + X, second);
    for (int i = 0; i < 2 * T * B; i++)
        cr_assert(!memcmp(parts + i * 2 * H, whole + i * 2 * H, H * sizeof *parts));
    for (int i = 0; i < T * B; i++)
        cr_assert(
            !memcmp(parts + Y + i * 2 * H + H, second + i * 2 * H + H, H * sizeof *parts));
    cr_assert(rn_model_find(model, "net/layer0/forward/state0/batch3"));
    cr_assert(!rn_model_find(model, "net/layer0/backward/state0/batch3"));
    finish(&l);
    rn_model_free(model);
}

/* Runs of 4 steps that advance by `by` of them, and one of all steps. */
static void advance(int by, bool reverse)
{
    enum { RUNS = 3 };
    rn_model *model = rn_test_model(3);
    double x[RUNS * X], whole[RUNS * T * B * H], y[T * B * H];
    const int64_t steps = T + (RUNS - 1) * by;
    layer l =
        make(model, &rn_cell_lstm, T,
             (rn_recurrent_options){
                 .reverse = reverse, .stateful = true, .layers = 2, .keep_after = by});

    rn_test_scramble(model, 0.7);
    rn_model_reset_states(model);
    rn_test_numbers(x, RUNS * X, 1);
    plain(model, &rn_cell_lstm, steps,
          (rn_recurrent_options){.reverse = reverse, .layers = 2}, x, whole);
    for (int k = 0; k < RUNS; k++) {
        const int64_t at = reverse ? steps - T - k * by : k * by;
        run(&l, x + at * B * I, y);
        cr_assert(!memcmp(y, whole + at * B * H, sizeof y), "by %d, run %d", by, k);
    }
    finish(&l);
    rn_model_free(model);
}

Test(stateful_options, keep_after)
{
    for (int by = 1; by <= T; by++) advance(by, false), advance(by, true);
}

/* The initial weights count in the first run, and after a reset, of the sequences that were
 * reset alone. */
Test(stateful_options, learned_initial_states)
{
    rn_model *model = rn_test_model(3);
    const rn_recurrent_options learned = {.learn_initial = true};
    double x[X], first[T * B * H], second[T * B * H], y[T * B * H];
    layer l = make(model, &rn_cell_lstm, T,
                   (rn_recurrent_options){.learn_initial = true, .stateful = true});

    rn_test_scramble(model, 0.7);
    rn_model_reset_states(model);
    rn_test_numbers(x, X, 1);
    plain(model, &rn_cell_lstm, T, learned, x, first);
    run(&l, x, y);
    cr_assert(!memcmp(y, first, sizeof y));
    run(&l, x, second);
    cr_assert(memcmp(second, first, sizeof y));

    rn_model_reset_states(model);
    run(&l, x, y);
    cr_assert_eq(rn_model_reset_sequence(model, B, 1), RN_OK);
    run(&l, x, y);
    for (int i = 0; i < T * B; i++)
        cr_assert(!memcmp(y + i * H, (i % B == 1 ? first : second) + i * H, H * sizeof *y),
                  "step %d, sequence %d", i / B, i % B);
    cr_assert_eq(rn_model_reset_sequence(model, B, -1), RN_OK);
    run(&l, x, y);
    cr_assert(!memcmp(y, first, sizeof y));
    finish(&l);
    rn_model_free(model);
}

Test(stateful_options, reset_refuses)
{
    rn_model *model = rn_test_model(3);
    layer l = make(model, &rn_cell_lstm, T, (rn_recurrent_options){.stateful = true});

    cr_assert_eq(rn_model_reset_sequence(model, B, B), RN_INVALID);
    cr_assert_str_eq(rn_model_error(model),
                     "model_reset_sequence: no sequence 3 in a batch of 3");
    cr_assert_eq(rn_model_reset_sequence(model, B, -2), RN_INVALID);
    cr_assert_eq(rn_model_reset_sequence(model, 7, 2), RN_INVALID);
    cr_assert_str_eq(rn_model_error(model),
                     "model_reset_sequence: no stateful layer has a batch of 7");
    cr_assert_eq(rn_model_reset_sequence(NULL, B, 0), RN_INVALID);
    finish(&l);
    rn_model_free(model);
}

/* Restarts inside a run, and states that stay: as the sequences alone. */
Test(stateful_options, restarts)
{
    rn_model *model = rn_test_model(3);
    rn_graph *g = rn_graph_new();
    const uint8_t restarts[T * B] = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    double x[X], y[T * B * H], z[T * B * H], fresh[T * B * H];
    rn_tensor in = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    rn_tensor at = rn_input(g, "restarts", RN_BOOL, rn_shape(T, B));
    rn_tensor out =
        rn_lstm(rn_root(g, model), "net", in,
                (rn_recurrent_options){.units = H, .stateful = true, .restarts = at})
            .outputs;
    rn_program *p = rn_test_compile(out);

    rn_test_scramble(model, 0.7);
    rn_model_reset_states(model);
    rn_test_numbers(x, X, 1);
    rn_test_feed_f64(p, in, x);
    cr_assert_eq(rn_feed(p, at, restarts, sizeof restarts), RN_OK);
    rn_test_run_once(p);
    rn_test_read_f64(p, out, y);
    rn_test_run_once(p);
    rn_test_read_f64(p, out, z);
    plain(model, &rn_cell_lstm, T, (rn_recurrent_options){0}, x, fresh);
    cr_assert(memcmp(y, z, H * sizeof *y), "sequence 0 goes on");
    cr_assert(!memcmp(z + H, fresh + H, H * sizeof *y), "sequence 1 begins in step 0");
    cr_assert(!memcmp(y + (B + 2) * H, z + (B + 2) * H, H * sizeof *y),
              "sequence 2 begins in step 1");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}
