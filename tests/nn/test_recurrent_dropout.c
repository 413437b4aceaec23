/* SPDX-License-Identifier: MIT */
/* What recurrent layers drop in training: inputs, states, weights, and zoneout. The cells
 * here show it in their outputs. */
#include "dropout_support.h"

#include <string.h>

#include "rondo/layers.h"

enum { T = 4, M = 600 };

static rn_sequence layer(fixture *f, const rn_cell *cell, rn_recurrent_options o)
{
    o.units = M;
    rn_sequence y =
        rn_recurrent(f->scope, "net", cell, ones(f->graph, rn_shape(T, 1, M)), o);
    cr_assert_str_eq(rn_graph_error(f->graph), "");
    return y;
}

/* Fails unless all steps have the bits of the first. */
static void expect_alike(const double *steps, int64_t n)
{
    for (int t = 1; t < T; t++)
        cr_assert(!memcmp(steps, steps + t * n, (size_t)n * sizeof *steps), "step %d", t);
}

/* ---- inputs ---- */

static rn_tensor pass_on(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s;
    return state[0] = x;
}

static const rn_cell passing = {.name = "passing", .states = 1, .step = pass_on};

Test(recurrent_dropout, inputs_by_step)
{
    static double y[T * M];
    fixture f = begin();

    const rn_recurrent_options o = {.input_dropout = 0.25};

    values_of((const rn_tensor[]){layer(&f, &passing, o).outputs}, 1, T * M, y);
    for (int i = 0; i < T * M; i++) cr_assert(y[i] == 0 || fabs(y[i] - 1 / 0.75) < 1e-15);
    expect_independent(y, T, M, 0.25);
    end(&f);
}

Test(recurrent_dropout, inputs_by_sequence)
{
    static double y[T * M];
    fixture f = begin();
    const rn_recurrent_options o = {.input_dropout = 0.25, .variational = true};

    values_of((const rn_tensor[]){layer(&f, &passing, o).outputs}, 1, T * M, y);
    expect_alike(y, M);
    expect_independent(y, 1, M, 0.25);
    cr_assert(chi_square(y, y, M, 0.25) > 100, "some are dropped");
    end(&f);
}

/* Each layer draws its own mask: what the second lets through is what both do. */
Test(recurrent_dropout, between_layers)
{
    static double y[2 * T * M];
    fixture f = begin();
    const rn_recurrent_options o = {
        .layers = 2, .dropout = 0.5, .variational = true, .input_dropout = 0.5};
    rn_sequence s = layer(&f, &passing, o);
    const rn_tensor both[2] = {s.states[0], s.outputs};

    values_of(both, 2, T * M, y);
    expect_alike(y, M);
    expect_alike(y + T * M, M);
    int first = 0, kept = 0;
    for (int i = 0; i < M; i++) {
        cr_assert(y[i] == 0 || y[i] == 2);
        cr_assert(y[T * M + i] == 0 || (y[i] == 2 && y[T * M + i] == 4));
        first += y[i] != 0, kept += y[T * M + i] != 0;
    }
    cr_assert(first > 240 && first < 360 && kept > 90 && kept < 210, "%d %d", first, kept);
    end(&f);
}

/* ---- states ---- */

/* Shows the state as the cell reads it, and goes on with ones. */
static rn_tensor show_state(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s;
    const rn_tensor read = state[0];

    state[0] = x;
    return read;
}

static const rn_cell showing = {
    .name = "showing", .states = 1, .step = show_state, .state = {{.value = 1}}};

Test(recurrent_dropout, states_by_sequence)
{
    static double y[2 * T * M];
    fixture f = begin();
    rn_sequence s =
        layer(&f, &showing,
              (rn_recurrent_options){.recurrent_dropout = 0.5, .bidirectional = true});

    values_of(s.direction, 2, T * M, y);
    expect_alike(y, M);
    expect_alike(y + T * M, M);
    memmove(y + M, y + T * M, M * sizeof *y);
    expect_independent(y, 2, M, 0.5);
    for (int i = 0; i < M; i++) cr_assert(y[i] == 0 || y[i] == 2);
    end(&f);
}

/* A state that grows by one in every step. */
static rn_tensor count(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s;
    (void)x;
    state[1] = rn_offset(state[1], 1);
    return state[0] = rn_offset(state[0], 1);
}

static const rn_cell counting = {.name = "counting", .states = 2, .step = count};

Test(recurrent_dropout, zoneout_keeps_old_values)
{
    static double y[2 * T * M], kept[T * M];
    fixture f = begin();
    rn_sequence s = layer(&f, &counting, (rn_recurrent_options){.zoneout = {0.25}});
    const rn_tensor both[2] = {s.outputs, s.states[1]};

    values_of(both, 2, T * M, y);
    for (int t = 0; t < T; t++)
        for (int i = 0; i < M; i++) {
            kept[t * M + i] = y[t * M + i] - (t ? y[(t - 1) * M + i] : 0);
            cr_assert(kept[t * M + i] == 0 || kept[t * M + i] == 1);
            cr_assert_eq(y[(T + t) * M + i], t + 1, "the other state has no zoneout");
        }
    expect_independent(kept, T, M, 0.25);
    end(&f);
}

/* ---- weights ---- */

enum { H = 24 };

/* Shows the recurrent weights: the rows of U, as the state is the identity. */
static rn_tensor show_weights(rn_scope s, rn_tensor x, rn_tensor *state)
{
    state[1] = rn_offset(state[1], 1);
    return rn_add(rn_gate_state(s, "a", state[0], H), rn_scale(x, 0));
}

static void identity(rn_scope s, rn_tensor *state, const void *options)
{
    double one[H * H] = {0};

    (void)options;
    for (int i = 0; i < H; i++) one[i * H + i] = 1;
    state[0] = rn_constant(s.graph, RN_F64, rn_shape(H, H), one);
}

static const rn_cell weights_cell = {
    .name = "weights", .states = 2, .step = show_weights, .begin = identity};

Test(recurrent_dropout, weights_by_run)
{
    static double y[T * H * H], again[T * H * H];
    fixture f = begin();
    rn_sequence s =
        rn_recurrent(f.scope, "net", &weights_cell, ones(f.graph, rn_shape(T, H, 1)),
                     (rn_recurrent_options){.units = H, .weight_drop = 0.5});

    cr_assert_str_eq(rn_graph_error(f.graph), "");
    values_of(&s.outputs, 1, T * H * H, y);
    values_of(&s.outputs, 1, T * H * H, again);
    const double *u = rn_test_values(f.model, "net/layer0/a/u");
    int dropped = 0, both = 0;
    for (int i = 0; i < H * H; i++) {
        cr_assert(y[i] == 0 || fabs(y[i] - 2 * u[i]) < 1e-15);
        dropped += y[i] == 0, both += y[i] == 0 && again[i] == 0;
    }
    cr_assert(dropped > 216 && dropped < 360, "%d of %d", dropped, H * H);
    cr_assert(both > 86 && both < 202, "the next run drops others: %d", both);
    expect_alike(y, H * H);
    end(&f);
}

/* ---- all ---- */

static const rn_recurrent_options everything = {.units = 4,
                                                .layers = 2,
                                                .bidirectional = true,
                                                .dropout = 0.25,
                                                .input_dropout = 0.25,
                                                .variational = true,
                                                .recurrent_dropout = 0.25,
                                                .zoneout = {0.25, 0.5},
                                                .weight_drop = 0.25};

Test(recurrent_dropout, has_the_right_gradient)
{
    fixture f = begin();
    rn_tensor x = rn_input(f.graph, "x", RN_F64, rn_shape(5, 2, 3));

    expect_right_gradient(&f, rn_lstm(f.scope, "net", x, everything).outputs);
}

/* In inference nothing is drawn. */
Test(recurrent_dropout, none_in_inference)
{
    static double y[2 * 5 * 2 * 8];
    fixture f = begin();
    const rn_scope s = rn_root_inference(f.graph, f.model);
    rn_recurrent_options o = everything,
                         plain = {.units = 4, .layers = 2, .bidirectional = true};
    rn_tensor x = ones(f.graph, rn_shape(5, 2, 3));

    o.zoneout[0] = o.zoneout[1] = 0;
    const rn_tensor both[2] = {rn_lstm(s, "net", x, o).outputs,
                               rn_lstm(rn_share(s), "net", x, plain).outputs};
    cr_assert_str_eq(rn_graph_error(f.graph), "");
    values_of(both, 2, 5 * 2 * 8, y);
    cr_assert(!memcmp(y, y + 5 * 2 * 8, sizeof y / 2));
    cr_assert(!rn_model_find(f.model, "random/counter"));
    end(&f);
}

/* ---- rn_zoneout ---- */

static void refused(fixture *f, rn_tensor y, const char *message)
{
    cr_assert(rn_is_null(y));
    rn_test_error_is(f->graph, message);
    end(f);
}

Test(recurrent_dropout, zoneout_refuses)
{
    fixture f = begin();
    rn_tensor h = rn_input(f.graph, "h", RN_F64, rn_shape(2));
    refused(&f, rn_zoneout(f.scope, "z", h, h, 1),
            "zoneout: the rate must be in 0 <= rate < 1: z has 1");
    f = begin();
    h = rn_input(f.graph, "h", RN_F64, rn_shape(2));
    refused(&f,
            rn_zoneout(f.scope, "z", h, rn_input(f.graph, "y", RN_F64, rn_shape(3)), 0.5),
            "zoneout: h and y must be real and alike: z got f64 h [2] and f64 y [3]");
    f = begin();
    h = rn_input(f.graph, "h", RN_F64, rn_shape(2));
    refused(&f, rn_zoneout(f.scope, "z", rn_null(), h, 0.5),
            "zoneout z: h is the null tensor");
}
