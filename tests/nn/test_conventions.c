/* SPDX-License-Identifier: MIT */
/* The conventions of docs/conventions.md, where libraries differ, in small cases. */
#include <math.h>

#include "nn_support.h"

enum { T = 3, B = 2, H = 1 };

/* x [T, B, 1] of 1, 2, .. through a recurrent layer of one unit, whose weights are all 0
 * but those that were set. */
typedef struct layer {
    rn_model *model;
    rn_graph *g;
    rn_tensor x, lengths, h0;
    rn_sequence y;
} layer;

static layer make(const rn_cell *cell, rn_recurrent_options options, bool with_lengths)
{
    layer l = {.model = rn_test_model(1), .g = rn_graph_new()};

    l.x = rn_input(l.g, "x", RN_F64, rn_shape(T, B, 1));
    l.h0 = rn_fill(l.g, RN_F64, rn_shape(B, H), 0.25);
    options.units = H;
    options.initial = &l.h0;
    options.initial_count = 1;
    l.lengths = rn_input(l.g, "lengths", RN_I32, rn_shape(B));
    if (with_lengths) options.lengths = l.lengths;
    l.y = rn_recurrent(rn_root(l.g, l.model), "r", cell, l.x, options);
    rn_test_scramble(l.model, 0);
    return l;
}

static void set(const layer *l, const char *name, double value)
{
    *rn_test_values(l->model, name) = value;
}

static void run(const layer *l, const int32_t *lengths, double *outputs, double *last)
{
    const double x[T * B] = {1, 2, 3, 4, 5, 6};
    const rn_tensor y[2] = {l->y.outputs, l->y.last};
    rn_program *p = rn_compile(l->g, (rn_compile_options){.outputs = y, .output_count = 2});

    cr_assert(p, "%s", rn_graph_error(l->g));
    rn_test_feed_f64(p, l->x, x);
    if (lengths) rn_test_feed_i32(p, l->lengths, lengths);
    rn_test_run_once(p);
    rn_test_read_f64(p, y[0], outputs);
    rn_test_read_f64(p, y[1], last);
    rn_program_free(p);
}

static void finish(layer *l)
{
    rn_graph_free(l->g);
    rn_model_free(l->model);
}

Test(conventions, length_zero_and_past_a_length)
{
    layer l = make(&rn_cell_rnn, (rn_recurrent_options){0}, true);
    double outputs[T * B], last[B];

    set(&l, "r/layer0/h/w", 0.1);
    run(&l, (const int32_t[]){0, 2}, outputs, last);
    cr_assert(last[0] == 0.25);
    for (int t = 0; t < T; t++) cr_assert(outputs[t * B] == 0);
    cr_assert(fabs(outputs[1] - tanh(0.2)) < 1e-15 && fabs(outputs[3] - tanh(0.4)) < 1e-15);
    cr_assert(outputs[5] == 0);
    cr_assert(last[1] == outputs[3]);
    finish(&l);
}

Test(conventions, reversed_outputs_stand_at_their_inputs)
{
    layer l = make(&rn_cell_rnn, (rn_recurrent_options){.reverse = true}, true);
    double outputs[T * B], last[B];

    set(&l, "r/layer0/h/w", 0.1);
    set(&l, "r/layer0/h/u", 1);
    run(&l, (const int32_t[]){3, 2}, outputs, last);
    double h = 0.25;
    for (int t = T - 1; t >= 0; t--) {
        h = tanh(0.1 * (2 * t + 1) + h);
        cr_assert(fabs(outputs[t * B] - h) < 1e-15, "%d: %g", t, outputs[t * B]);
    }
    cr_assert(last[0] == outputs[0]);
    cr_assert(fabs(outputs[3] - tanh(0.4 + 0.25)) < 1e-15); /* its own end */
    cr_assert(outputs[5] == 0 && last[1] == outputs[1]);
    finish(&l);
}

/* Of a large z the candidate takes the place of the state; PyTorch's is (1 - z) g + z h. */
Test(conventions, an_update_gate_of_one_updates)
{
    const rn_cell *cells[2] = {&rn_cell_gru, &rn_cell_gru_reset_after};

    for (int i = 0; i < 2; i++) {
        layer l = make(cells[i], (rn_recurrent_options){0}, false);
        double outputs[T * B], last[B];

        set(&l, "r/layer0/g/b", 0.5);
        set(&l, "r/layer0/z/b", 60);
        run(&l, NULL, outputs, last);
        cr_assert(fabs(outputs[0] - tanh(0.5)) < 1e-15, "%g", outputs[0]);
        set(&l, "r/layer0/z/b", -60);
        run(&l, NULL, outputs, last);
        cr_assert(fabs(outputs[0] - 0.25) < 1e-15, "%g", outputs[0]);
        finish(&l);
    }
}

/* With r = 1/2, U = 2 and bu = 3: U (r h) + b, and r (U h + bu) + b. */
Test(conventions, reset_before_and_after)
{
    layer before = make(&rn_cell_gru, (rn_recurrent_options){0}, false);
    layer after = make(&rn_cell_gru_reset_after, (rn_recurrent_options){0}, false);
    double outputs[T * B], last[B];

    set(&before, "r/layer0/z/b", 60);
    set(&before, "r/layer0/g/u", 2);
    set(&before, "r/layer0/r/u", 4); /* s(4 / 4) */
    run(&before, NULL, outputs, last);
    cr_assert(fabs(outputs[0] - tanh(2 * 0.25 / (1 + exp(-1)))) < 1e-15);
    set(&after, "r/layer0/z/b", 60);
    set(&after, "r/layer0/g/u", 2);
    set(&after, "r/layer0/g/bu", 3);
    run(&after, NULL, outputs, last);
    cr_assert(fabs(outputs[0] - tanh(0.5 * (2 * 0.25 + 3))) < 1e-15);
    finish(&before);
    finish(&after);
}

/* ---- optimisers: one step of one weight ---- */

static double step(rn_optimizer optimizer, double dw)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor w =
        rn_weight(rn_root(g, model), "w", rn_shape(), (rn_init){RN_INIT_ZEROS, 0});
    rn_program *p = rn_test_training(rn_scale(w, dw), optimizer);

    rn_test_run_once(p);
    const double moved = *rn_test_values(model, "w");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return moved;
}

Test(conventions, places_of_epsilon)
{
    /* A gradient as small as epsilon: half a step, for the corrections come before it. */
    rn_test_near(step(rn_adam(0.1), 1e-8), -0.05, 1e-9);
    /* s = 0.01 dw dw, so its root is a tenth of dw. */
    rn_test_near(step(rn_rmsprop(0.1), 1e-8), -0.1 * 1e-8 / (1e-9 + 1e-8), 1e-9);
}

Test(conventions, a_clipped_norm_is_the_one_asked_for)
{
    cr_assert(step(rn_clipped(rn_sgd(1, 0), 1), 4) == -1);
    cr_assert(step(rn_clipped(rn_sgd(1, 0), 1), 1) == -1);
    cr_assert(step(rn_clipped(rn_sgd(1, 0), 1), 0.5) == -0.5);
}

/* ---- layers ---- */

Test(conventions, embedded_rows_begin_as_standard_normal)
{
    enum { ROWS = 400, UNITS = 100 };
    rn_model *model = rn_test_model(7);
    rn_graph *g = rn_graph_new();
    double sum = 0;

    rn_embedding(rn_root(g, model), "e", rn_input(g, "i", RN_I32, rn_shape(1)), ROWS,
                 UNITS);
    const double *w = rn_test_values(model, "e/w");
    for (int i = 0; i < ROWS * UNITS; i++) sum += w[i] * w[i];
    cr_assert(fabs(sum / (ROWS * UNITS) - 1) < 0.04, "%g", sum / (ROWS * UNITS));
    rn_graph_free(g);
    rn_model_free(model);
}

/* epsilon 1e-5 stands inside the root: 1e-3 / sqrt(1e-6 + 1e-5). */
Test(conventions, epsilon_of_layer_norm)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    double y[2];

    rn_tensor x = rn_constant(g, RN_F64, rn_shape(2), (const double[]){1e-3, -1e-3});
    rn_test_value_f64(rn_layer_norm(rn_root(g, model), "n", x), y);
    rn_test_near(y[0], 1e-3 / sqrt(1.1e-5), 1e-12);
    rn_graph_free(g);
    rn_model_free(model);
}
