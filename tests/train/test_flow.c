/* SPDX-License-Identifier: MIT */
/*
 * The flow of a gradient through the steps of a layer: its norms against back-propagation
 * by hand and against differences, shares of gates against counting, and the file.
 */
#include "nn/nn_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { T = 7, B = 2, I = 3, H = 4 };

typedef struct bench {
    rn_test_world w;
    rn_tensor x, loss;
    rn_sequence y;
    rn_flow *flow;
    rn_program *program;
    double in[T * B * I];
} bench;

/* A layer whose loss is the sum of the squares of its outputs in the last step, and the
 * flow of its gradient. */
static bench begin(const rn_cell *cell, rn_recurrent_options o, rn_flow_options f)
{
    bench b = {.w = rn_test_begin()};

    o.units = H;
    o.perturb_zero = true;
    b.x = rn_input(b.w.graph, "x", RN_F64,
                   o.batch_major ? rn_shape(B, T, I) : rn_shape(T, B, I));
    b.y = rn_recurrent(b.w.root, "net", cell, b.x, o);
    b.loss = rn_sum_all(rn_square(b.y.last));
    f.states = b.y.perturb;
    f.state_count = b.y.final_count;
    b.flow = rn_flow_new(b.w.root, b.loss, f);
    cr_assert(b.flow, "%s", rn_graph_error(b.w.graph));
    rn_test_scramble(b.w.model, 0.9);
    rn_test_numbers(b.in, T * B * I, 5);
    return b;
}

static void run(bench *b)
{
    b->program =
        rn_compile(b->w.graph, (rn_compile_options){.outputs = b->flow->outputs,
                                                    .output_count = b->flow->output_count});
    cr_assert(b->program, "%s", rn_graph_error(b->w.graph));
    rn_test_feed_f64(b->program, b->x, b->in);
    rn_test_run_once(b->program);
    cr_assert_eq(rn_flow_read(b->flow, b->program), RN_OK);
}

static void end(bench *b)
{
    rn_program_free(b->program);
    rn_flow_free(b->flow);
    rn_test_end(&b->w);
}

/* ---- back-propagation by hand ---- */

/* One row of a simple recurrent network: adds |dL/dh_t|^2 to square[t]. */
static void rnn_row(const rn_model *model, const double *x, double *square)
{
    const double *W = rn_test_values(model, "net/layer0/h/w");
    const double *U = rn_test_values(model, "net/layer0/h/u");
    const double *bias = rn_test_values(model, "net/layer0/h/b");
    double h[T + 1][H] = {{0}}, d[H];

    for (int t = 0; t < T; t++)
        for (int j = 0; j < H; j++) {
            double a = bias[j];
            for (int i = 0; i < I; i++) a += x[t * B * I + i] * W[i * H + j];
            for (int i = 0; i < H; i++) a += h[t][i] * U[i * H + j];
            h[t + 1][j] = tanh(a);
        }
    for (int j = 0; j < H; j++) d[j] = 2 * h[T][j];
    for (int t = T - 1; t >= 0; t--) {
        double before[H] = {0};
        for (int j = 0; j < H; j++) {
            square[t] += d[j] * d[j];
            for (int i = 0; i < H; i++)
                before[i] += d[j] * (1 - h[t + 1][j] * h[t + 1][j]) * U[i * H + j];
        }
        memcpy(d, before, sizeof d);
    }
}

Test(flow, norms_by_hand)
{
    bench b = begin(&rn_cell_rnn, (rn_recurrent_options){0}, (rn_flow_options){0});
    double square[T] = {0};

    run(&b);
    for (int k = 0; k < B; k++) rnn_row(b.w.model, b.in + k * I, square);
    cr_assert_eq(b.flow->steps, T);
    cr_assert_eq(b.flow->states, 1);
    for (int t = 0; t < T; t++) {
        rn_test_near(b.flow->norm[t], sqrtl(square[t]), 1e-13);
        if (t + 1 < T)
            rn_test_near(b.flow->growth[t], sqrtl(square[t] / square[t + 1]), 1e-13);
    }
    cr_assert(isnan(b.flow->growth[T - 1]));
    end(&b);
}

/* ---- differences ---- */

/* The norms of every state of a layer, by moving each element of each step. */
static void check_differences(const rn_cell *cell, rn_recurrent_options o)
{
    bench b = begin(cell, o, (rn_flow_options){0});
    const int count = b.y.final_count;
    rn_tensor moved[8];
    double e[T * B * H] = {0};
    const double step = 0x1p-12;

    run(&b);
    for (int i = 0; i < count; i++)
        moved[i] = rn_input(b.w.graph, "e", RN_F64,
                            o.batch_major ? rn_shape(B, T, H) : rn_shape(T, B, H));
    o.units = H;
    o.perturb = moved;
    o.perturb_count = count;
    rn_tensor loss =
        rn_sum_all(rn_square(rn_recurrent(rn_share(b.w.root), "net", cell, b.x, o).last));
    rn_program *p = rn_test_compile(loss);
    rn_test_feed_f64(p, b.x, b.in);
    for (int i = 0; i < count; i++) rn_test_feed_f64(p, moved[i], e);
    for (int i = 0; i < count; i++) {
        double square[T] = {0};
        for (int k = 0; k < T * B * H; k++) {
            double at[2];
            for (int side = 0; side < 2; side++) {
                e[k] = side ? step : -step;
                rn_test_feed_f64(p, moved[i], e);
                rn_test_run_once(p);
                at[side] = rn_scalar(p, loss);
            }
            e[k] = 0;
            const double slope = (at[1] - at[0]) / (2 * step);
            square[o.batch_major ? k / H % T : k / H / B] += slope * slope;
        }
        rn_test_feed_f64(p, moved[i], e);
        for (int t = 0; t < T; t++)
            cr_assert(fabs(b.flow->norm[i * T + t] - sqrt(square[t])) < 1e-5,
                      "%s: state %d step %d: %g, by differences %g", cell->name, i, t,
                      b.flow->norm[i * T + t], sqrt(square[t]));
    }
    rn_program_free(p);
    end(&b);
}

Test(flow, norms_by_differences)
{
    check_differences(&rn_cell_lstm, (rn_recurrent_options){.batch_major = true});
    check_differences(&rn_cell_gru,
                      (rn_recurrent_options){.layers = 2, .bidirectional = true});
}

/* Zeros that the layer makes change no bit. */
Test(flow, zeros_change_nothing)
{
    bench b = begin(&rn_cell_lstm, (rn_recurrent_options){0}, (rn_flow_options){0});
    rn_tensor plain =
        rn_lstm(rn_share(b.w.root), "net", b.x, (rn_recurrent_options){.units = H}).outputs;
    double out[2][T * B * H];

    b.program = rn_compile(b.w.graph, (rn_compile_options){RN_OUTPUTS(plain, b.y.outputs)});
    rn_test_feed_f64(b.program, b.x, b.in);
    rn_test_run_once(b.program);
    rn_test_read_f64(b.program, plain, out[0]);
    rn_test_read_f64(b.program, b.y.outputs, out[1]);
    cr_assert(!memcmp(out[0], out[1], sizeof out[0]));
    end(&b);
}

/* ---- small numbers ---- */

/* In f32 the squares of such norms would be zero: 0.2^41 is 2e-29. */
Test(flow, squares_that_f32_cannot_hold)
{
    enum { STEPS = 42 };
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    rn_tensor x = rn_fill(g, RN_F32, rn_shape(STEPS, 1, 1), 0);
    const float u = 0.2f;
    rn_sequence y =
        rn_rnn(s, "net", x, (rn_recurrent_options){.units = 1, .perturb_zero = true});
    rn_flow *flow = rn_flow_new(s, rn_sum_all(y.last),
                                (rn_flow_options){.states = y.perturb, .state_count = 1});

    rn_model_set(model, "net/layer0/h/u", &u, sizeof u);
    rn_program *p =
        rn_compile(g, (rn_compile_options){.outputs = flow->outputs, .output_count = 1});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_run_once(p);
    cr_assert_eq(rn_flow_read(flow, p), RN_OK);
    for (int t = 0; t < STEPS; t++) {
        rn_test_near(flow->norm[t], pow(0.2, STEPS - 1 - t), 1e-5);
        if (t + 1 < STEPS) rn_test_near(flow->growth[t], 0.2, 1e-6);
    }
    rn_program_free(p);
    rn_flow_free(flow);
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- gates ---- */

static const uint8_t mask[T * B] = {1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0};

/* The share of a gate's values in a step that are below or above, of those that count. */
static double count_share(const double *gate, int t, bool masked, double low, double high)
{
    int outside = 0, all = 0;

    for (int i = 0; i < B * H; i++) {
        if (masked && !mask[t * B + i / H]) continue;
        const double value = gate[t * B * H + i];
        outside += value < low || value > high;
        all++;
    }
    return all ? (double)outside / all : (double)NAN;
}

static void check_gates(bool masked, double low, double high)
{
    rn_flow_options f = {
        .gates = {"net/layer0/f", "net/layer0/o"}, .low = low, .high = high};
    rn_recurrent_options o = {.units = H};
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
    double in[T * B * I], value[T * B * H], below[T], above[T];
    double seen[2] = {0};

    if (masked) f.mask = o.mask = rn_constant(w.graph, RN_BOOL, rn_shape(T, B), mask);
    rn_lstm(w.root, "net", x, o);
    rn_flow *flow = rn_flow_new(w.root, rn_null(), f);
    cr_assert(flow, "%s", rn_graph_error(w.graph));
    rn_tensor out[5] = {flow->outputs[0], flow->outputs[1], flow->outputs[2],
                        flow->outputs[3], rn_observed(w.root, "net/layer0/o")};
    rn_program *p =
        rn_compile(w.graph, (rn_compile_options){.outputs = out, .output_count = 5});
    rn_test_scramble(w.model, 3);
    rn_test_numbers(in, T * B * I, 5);
    rn_test_feed_f64(p, x, in);
    rn_test_run_once(p);
    cr_assert_eq(rn_flow_read(flow, p), RN_OK);
    rn_test_read_f64(p, out[4], value);
    if (low == 0) low = 0.1, high = 0.9;
    for (int t = 0; t < T; t++) {
        below[t] = count_share(value, t, masked, low, HUGE_VAL);
        above[t] = count_share(value, t, masked, -HUGE_VAL, high);
        if (isnan(below[t])) continue; /* all are skipped */
        seen[0] += below[t];
        seen[1] += above[t];
    }
    cr_assert_eq(flow->states, 0);
    cr_assert_eq(flow->gates, 2);
    cr_assert_str_eq(flow->names[1], "net/layer0/o");
    rn_test_close(flow->below + T, below, T, 1e-15, "below");
    rn_test_close(flow->above + T, above, T, 1e-15, "above");
    cr_assert(seen[0] > 0 && seen[1] > 0, "%g %g", seen[0], seen[1]);
    rn_program_free(p);
    rn_flow_free(flow);
    rn_test_end(&w);
}

Test(flow, shares_of_gates)
{
    check_gates(false, 0, 0);
    check_gates(false, 0.4, 0.6);
    check_gates(true, 0, 0);
}

/* ---- the file ---- */

Test(flow, a_table_with_commas)
{
    bench b = begin(&rn_cell_lstm, (rn_recurrent_options){0},
                    (rn_flow_options){.gates = {"net/layer0/f"}});
    char path[] = "/tmp/rondo_flow_XXXXXX", line[1000], message[100];
    const int file = mkstemp(path);
    double got;

    run(&b);
    cr_assert(file >= 0);
    cr_assert_eq(rn_flow_write(b.flow, path, message, sizeof message), RN_OK, "%s",
                 message);
    close(file);
    FILE *in = fopen(path, "r");
    cr_assert(in && fgets(line, sizeof line, in));
    cr_assert_str_eq(line, "step,state0,growth0,state1,growth1,net/layer0/f_below,"
                           "net/layer0/f_above\n");
    for (int t = 0; t < T; t++) {
        const double want[] = {t,
                               b.flow->norm[t],
                               b.flow->growth[t],
                               b.flow->norm[T + t],
                               b.flow->growth[T + t],
                               b.flow->below[t],
                               b.flow->above[t]};
        cr_assert(fgets(line, sizeof line, in));
        char *at = line;
        for (int i = 0; i < 7; i++, at++) {
            const bool empty = *at == ',' || *at == '\n';
            got = empty ? (double)NAN : strtod(at, &at);
            cr_assert_eq(empty, isnan(want[i]) != 0, "%s", line);
            cr_assert(empty || got == want[i] ||
                          fabs(got - want[i]) <= 1e-8 * fabs(want[i]),
                      "%s", line);
            cr_assert_eq(*at, i < 6 ? ',' : '\n');
        }
    }
    cr_assert(!fgets(line, sizeof line, in));
    fclose(in);
    unlink(path);
    cr_assert_eq(rn_flow_write(b.flow, "/nowhere/flow.csv", message, sizeof message),
                 RN_IO);
    cr_assert(strstr(message, "/nowhere"), "%s", message);
    cr_assert_eq(rn_flow_write(NULL, path, message, sizeof message), RN_INVALID);
    end(&b);
}

/* ---- errors ---- */

#define REFUSES(test, message, ...)                                                        \
    Test(flow, test)                                                                       \
    {                                                                                      \
        rn_test_world w = rn_test_begin();                                                 \
        rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));                   \
        rn_sequence y = rn_lstm(w.root, "net", x,                                          \
                                (rn_recurrent_options){.units = H, .perturb_zero = true}); \
        rn_flow_options o = {.states = y.perturb, .state_count = 2};                       \
        rn_tensor loss = rn_sum_all(y.last);                                               \
        __VA_ARGS__;                                                                       \
        cr_assert_null(rn_flow_new(w.root, loss, o));                                      \
        rn_test_error_is(w.graph, message);                                                \
        rn_test_end(&w);                                                                   \
    }

REFUSES(nothing, "flow: nothing to measure", o.state_count = 0)
REFUSES(no_list, "flow: no list of states", o.states = NULL)
REFUSES(null_state, "flow: a state is the null tensor", o.states = &(rn_tensor){0};
        o.state_count = 1)
REFUSES(no_steps, "flow: a state must be real [T,B,..] with the same T: v [7]",
        o.states = (const rn_tensor[1]){rn_input(w.graph, "v", RN_F64, rn_shape(T))};
        o.state_count = 1)
REFUSES(other_steps, "flow: a gate must be real [T,B,..] with the same T: c [2,2]",
        o.gates[0] = "c";
        rn_observe(w.root, "c", rn_input(w.graph, "c", RN_F64, rn_shape(2, 2))))
REFUSES(unknown_gate, "observed: no such value: net/layer0/z: the nearest is net/layer0/o",
        o.gates[0] = "net/layer0/z")
REFUSES(no_loss, "grad: y is the null tensor", loss = rn_null())
REFUSES(low_above_high, "flow: low is above high", o.low = 0.9; o.high = 0.1)
REFUSES(mask_shape, "flow: the mask must be bool [T,B]: m [2,7]",
        o.gates[0] = "net/layer0/f";
        o.mask = rn_input(w.graph, "m", RN_BOOL, rn_shape(B, T)))

/* A program that has other outputs. */
Test(flow, read_from_another_program)
{
    bench b = begin(&rn_cell_rnn, (rn_recurrent_options){0}, (rn_flow_options){0});

    b.program = rn_test_compile(b.loss);
    rn_test_feed_f64(b.program, b.x, b.in);
    rn_test_run_once(b.program);
    cr_assert_eq(rn_flow_read(b.flow, b.program), RN_INVALID);
    cr_assert(*rn_program_error(b.program));
    cr_assert_eq(rn_flow_read(NULL, b.program), RN_INVALID);
    end(&b);
}
