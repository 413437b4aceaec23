/* SPDX-License-Identifier: MIT */
/*
 * Values inside cells: their numbers against plain loops over the states, and that they
 * cost nothing when nobody reads them.
 */
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 6, B = 3, I = 4, H = 5, TEXT = 200000 };

/* Compiles a graph for some outputs and runs it on numbers. */
static rn_program *run(const rn_test_world *w, rn_tensor x, const rn_tensor *out, int count)
{
    static double in[2 * T * B * I];
    rn_program *p =
        rn_compile(w->graph, (rn_compile_options){.outputs = out, .output_count = count});

    cr_assert(p, "%s", rn_graph_error(w->graph));
    rn_test_numbers(in, rn_shape_count(rn_shape_get(x)), 5);
    rn_test_feed_f64(p, x, in);
    rn_test_run_once(p);
    return p;
}

/* ---- numbers ---- */

static const int32_t length[B] = {4, 6, 0};
static const uint8_t mask[T * B] = {1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1};

/* What a case has: two layers, perhaps both ways. */
typedef struct variant {
    const char *gate; /* its name, and that of its weights */
    const char *weights;
    bool lengths, mask, both, batch_major;
} variant;

/* Whether a sequence runs a step. */
static bool runs(const variant *v, int t, int b)
{
    return (!v->lengths || t < length[b]) && (!v->mask || mask[t * B + b]);
}

/* The gate of one row by its equation, from what the layer reads and the state before. */
static void plain(const rn_model *model, const char *path, const variant *v, int64_t inputs,
                  const double *x, const double *h, double *y)
{
    rn_test_gate(model, path, v->weights, inputs, H, H, x, h, y);
    for (int i = 0; i < H; i++) y[i] = *v->gate == 'g' ? tanh(y[i]) : rn_test_sigmoid(y[i]);
}

/* Compares an observed gate [T, B, H] with the equation. x [T, B, inputs]; h [T, B, H]: the
 * state after each step. */
static void compare(const rn_model *model, const char *path, const variant *v,
                    bool backward, int64_t inputs, const double *x, const double *h,
                    const double *got)
{
    const double zero[H] = {0};

    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) {
            const int before = backward ? t + 1 : t - 1;
            const double *state =
                before < 0 || before >= T ? zero : h + (before * B + b) * H;
            double want[H] = {0};
            if (runs(v, t, b))
                plain(model, path, v, inputs, x + (t * B + b) * inputs, state, want);
            rn_test_close(got + (t * B + b) * H, want, H, 1e-13, path);
        }
}

static void exchange(const double *from, int rows, int columns, int width, double *to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            memcpy(to + (j * rows + i) * width, from + (i * columns + j) * width,
                   (size_t)width * sizeof *to);
}

static rn_tensor steps(rn_graph *g, const variant *v, rn_type type, const void *data)
{
    uint8_t swapped[T * B];

    if (!v->batch_major) return rn_constant(g, type, rn_shape(T, B), data);
    for (int i = 0; i < T * B; i++) swapped[i % B * T + i / B] = ((const uint8_t *)data)[i];
    return rn_constant(g, type, rn_shape(B, T), swapped);
}

static void check(const rn_cell *cell, variant v)
{
    rn_test_world w = rn_test_begin();
    const int D = v.both ? 2 : 1, S = cell->states;
    rn_recurrent_options o = {
        .units = H, .layers = 2, .bidirectional = v.both, .batch_major = v.batch_major};
    rn_tensor x = rn_input(w.graph, "x", RN_F64,
                           v.batch_major ? rn_shape(B, T, I) : rn_shape(T, B, I));
    double in[T * B * I], swapped[T * B * I], outer[T * B * 2 * H] = {0};
    double h[4][T * B * H], gate[4][T * B * H];
    rn_tensor read[8];
    char path[4][40];

    if (v.lengths) o.lengths = rn_constant(w.graph, RN_I32, rn_shape(B), length);
    if (v.mask) o.mask = steps(w.graph, &v, RN_BOOL, mask);
    rn_sequence y = rn_recurrent(w.root, "net", cell, x, o);
    for (int k = 0; k < 2 * D; k++) {
        snprintf(path[k], sizeof path[k], "net/layer%d%s", k / D,
                 !v.both ? ""
                 : k % D ? "/backward"
                         : "/forward");
        read[k] = y.states[k * S];
        read[2 * D + k] = rn_observed(rn_scope_in(w.root, path[k]), v.gate);
    }
    rn_program *p =
        rn_compile(w.graph, (rn_compile_options){.outputs = read, .output_count = 4 * D});
    cr_assert(p, "%s", rn_graph_error(w.graph));
    rn_test_scramble(w.model, 0.8);
    rn_test_numbers(in, T * B * I, 3);
    exchange(in, T, B, I, swapped);
    rn_test_feed_f64(p, x, v.batch_major ? swapped : in);
    rn_test_run_once(p);
    for (int k = 0; k < 2 * D; k++) {
        double states[T * B * H];
        rn_test_read_f64(p, read[k], v.batch_major ? states : h[k]);
        if (v.batch_major) exchange(states, B, T, H, h[k]);
        rn_test_read_f64(p, read[2 * D + k], gate[k]);
    }
    /* The second layer reads the outputs of the first, zero where it does not run. */
    for (int i = 0; i < T * B * H; i++)
        if (runs(&v, i / H / B, i / H % B))
            for (int d = 0; d < D; d++) outer[i / H * D * H + d * H + i % H] = h[d][i];
    for (int k = 0; k < 2 * D; k++)
        compare(w.model, path[k], &v, k % D, k < D ? I : D * H, k < D ? in : outer, h[k],
                gate[k]);
    rn_program_free(p);
    rn_test_end(&w);
}

static void check_all(const rn_cell *cell, const char *gate, const char *weights)
{
    check(cell, (variant){gate, weights, .both = false});
    check(cell, (variant){gate, weights, .both = true});
    check(cell, (variant){gate, weights, .both = true, .lengths = true});
    check(cell, (variant){gate, weights, .mask = true, .lengths = true});
    check(cell, (variant){gate, weights, .both = true, .mask = true, .batch_major = true});
}

Test(observe, gates_by_their_equations)
{
    const rn_cell lstm = rn_lstm_cell(NULL);
    const rn_cell gru = rn_gru_cell(NULL);

    for (int i = 0; i < 2; i++) {
        const rn_cell *cell = i ? &lstm : &rn_cell_lstm;
        check_all(cell, "f", "f");
        check_all(cell, "i", "i");
        check_all(cell, "o", "o");
        check_all(cell, "g", "c");
        check_all(i ? &gru : &rn_cell_gru, "r", "r");
        check_all(i ? &gru : &rn_cell_gru_reset_after, "z", "z");
    }
}

/* ---- what is not read costs nothing ---- */

/* The LSTM without names for its gates. */
static rn_tensor silent_step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], c = state[1];
    rn_tensor f = rn_sigmoid(rn_gate_biased(s, "f", x, h, 1));
    rn_tensor i = rn_sigmoid(rn_gate(s, "i", x, h));
    rn_tensor g = rn_tanh(rn_gate(s, "c", x, h));
    rn_tensor o = rn_sigmoid(rn_gate(s, "o", x, h));

    state[1] = rn_add(rn_mul(f, c), rn_mul(i, g));
    return state[0] = rn_mul(o, rn_tanh(state[1]));
}

static const rn_cell silent = {.name = "lstm", .states = 2, .step = silent_step};

/* The graph and the training program as text; the latter's outputs after three runs. */
static void build(const rn_cell *cell, bool step, char *graph, char *program)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_input(w.graph, "x", RN_F64, step ? rn_shape(B, I) : rn_shape(T, B, I));
    rn_recurrent_options o = {.units = H, .layers = 2};
    rn_tensor states[4], y;

    if (step) {
        rn_recurrent_begin(w.root, "net", cell, x, states, o);
        y = rn_recurrent_step(w.root, "net", cell, x, states, o);
    } else {
        o.bidirectional = true;
        o.mask = rn_constant(w.graph, RN_BOOL, rn_shape(T, B), mask);
        y = rn_recurrent(w.root, "net", cell, x, o).outputs;
    }
    rn_program *p = rn_test_training(rn_sum_all(rn_square(y)), rn_adam(0.1));
    cr_assert(rn_graph_print(w.graph, graph, TEXT) < TEXT);
    cr_assert(rn_program_print(p, program, TEXT) < TEXT);
    rn_program_free(p);
    rn_test_end(&w);
}

Test(observe, unread_the_graph_and_the_program_are_the_same)
{
    char *text = (char *)malloc(4 * TEXT);

    for (int step = 0; step < 2; step++) {
        build(&rn_cell_lstm, step, text, text + TEXT);
        build(&silent, step, text + 2 * TEXT, text + 3 * TEXT);
        cr_assert(strlen(text) > 500);
        cr_assert_str_eq(text, text + 2 * TEXT);
        cr_assert_str_eq(text + TEXT, text + 3 * TEXT);
    }
    free(text);
}

/* Reading changes no bit of the outputs. */
Test(observe, read_the_outputs_have_the_same_bits)
{
    static const rn_cell *const cells[] = {&rn_cell_lstm, &rn_cell_gru,
                                           &rn_cell_gru_reset_after};

    for (int i = 0; i < 3; i++) {
        rn_test_world w = rn_test_begin();
        rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
        rn_tensor read[3] = {rn_recurrent(w.root, "net", cells[i], x,
                                          (rn_recurrent_options){.units = H, .layers = 2})
                                 .outputs};
        rn_program *p = run(&w, x, read, 1);
        double out[2][T * B * H];

        read[1] = rn_observed(w.root, "net/layer0/g");
        read[2] = rn_observed(w.root, i ? "net/layer1/r" : "net/layer1/o");
        rn_program *q = run(&w, x, read, 3);
        rn_test_read_f64(p, read[0], out[0]);
        rn_test_read_f64(q, read[0], out[1]);
        cr_assert(!memcmp(out[0], out[1], sizeof out[0]), "%s", cells[i]->name);
        rn_program_free(p);
        rn_program_free(q);
        rn_test_end(&w);
    }
}

/* ---- where values are ---- */

/* A cell with a value of another shape in a loop of its own. */
static rn_tensor halving(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_loop *loop = rn_loop_begin(x.graph);
    rn_tensor v = rn_loop_carry(loop, rn_slice(x, -1, 0, 2, 1));

    rn_loop_steps(loop, 3);
    rn_loop_next(loop, v, rn_observe(s, "half", rn_scale(v, 0.5)));
    rn_loop_end(loop);
    return state[0] = rn_add(state[0], x);
}

Test(observe, around_several_loops)
{
    static const rn_cell cell = {.name = "halving", .states = 1, .step = halving};
    rn_test_world w = rn_test_begin();
    rn_loop *loop = rn_loop_begin(w.graph);
    rn_tensor xs = rn_input(w.graph, "x", RN_F64, rn_shape(2, T, B, I));
    double in[2 * T * B * I], got[2 * T * 3 * B * 2], want[2 * T * 3 * B * 2];

    rn_recurrent(w.root, "net", &cell, rn_loop_each(loop, xs),
                 (rn_recurrent_options){.units = I});
    /* As far as the loops have ended. */
    rn_tensor inner = rn_observed(w.root, "net/layer0/half");
    cr_assert_eq(inner.graph, rn_loop_body(loop));
    cr_assert_eq(rn_rank(inner), 4);
    rn_loop_end(loop);
    rn_tensor half = rn_observed(w.root, "net/layer0/half");
    cr_assert(rn_shape_equal(rn_shape_get(half), rn_shape(2, T, 3, B, 2)), "%s",
              rn_graph_error(w.graph));
    rn_program *p = run(&w, xs, &half, 1);
    rn_test_numbers(in, 2 * T * B * I, 5);
    rn_test_read_f64(p, half, got);
    for (int i = 0; i < 2 * T * 3 * B * 2; i++) {
        const int unit = i % 2, b = i / 2 % B, k = i / 2 / B % 3, t = i / 2 / B / 3;
        want[i] = in[(t * B + b) * I + unit] / (2 << k);
    }
    rn_test_close(got, want, 2 * T * 3 * B * 2, 1e-15, "half");
    rn_program_free(p);
    rn_test_end(&w);
}

/* A single step has the bits that the whole sequence has in its first one; and the latest
 * of several is read. */
Test(observe, in_single_steps)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(1, B, I)), state[2];
    const rn_recurrent_options o = {.units = H};
    double got[2][B * H];

    rn_lstm(w.root, "net", x, o);
    rn_tensor whole = rn_observed(w.root, "net/layer0/f");
    rn_tensor row = rn_reshape(x, rn_shape(B, I));
    rn_recurrent_begin(w.root, "net", &rn_cell_lstm, row, state, o);
    rn_recurrent_step(w.root, "net", &rn_cell_lstm, row, state, o);
    rn_tensor step = rn_observed(w.root, "net/layer0/f");
    rn_recurrent_step(w.root, "net", &rn_cell_lstm, row, state, o);
    rn_tensor next = rn_observed(w.root, "net/layer0/f");
    cr_assert(rn_shape_equal(rn_shape_get(step), rn_shape(B, H)));
    cr_assert_neq(step.id, next.id);
    rn_program *p = run(&w, x, (const rn_tensor[]){whole, step, next}, 3);
    rn_test_read_f64(p, whole, got[0]);
    rn_test_read_f64(p, step, got[1]);
    cr_assert(!memcmp(got[0], got[1], sizeof got[0]));
    rn_program_free(p);
    rn_test_end(&w);
}

/* With coupled gates there is an i too, 1 - f. */
Test(observe, coupled_gates)
{
    const rn_lstm_options coupled = {.coupled = true};
    const rn_cell cell = rn_lstm_cell(&coupled);
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
    double f[T * B * H], i[T * B * H];

    rn_recurrent(w.root, "net", &cell, x, (rn_recurrent_options){.units = H});
    rn_tensor gates[2] = {rn_observed(w.root, "net/layer0/f"),
                          rn_observed(w.root, "net/layer0/i")};
    rn_program *p = run(&w, x, gates, 2);
    rn_test_read_f64(p, gates[0], f);
    rn_test_read_f64(p, gates[1], i);
    for (int k = 0; k < T * B * H; k++) f[k] = 1 - f[k];
    rn_test_close(i, f, T * B * H, 1e-15, "1 - f");
    rn_program_free(p);
    rn_test_end(&w);
}

/* A gate may be part of the loss. */
Test(observe, has_a_gradient)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
    rn_tensor n = rn_constant(w.graph, RN_I32, rn_shape(B), length);

    rn_gru(w.root, "net", x,
           (rn_recurrent_options){.units = H, .lengths = n, .bidirectional = true});
    rn_tensor z = rn_observed(w.root, "net/layer0/backward/z");
    rn_gradcheck_report *r =
        rn_gradcheck(rn_sum_all(rn_square(z)), (rn_gradcheck_options){.exhaustive = -1});
    cr_assert(r && r->passed, "%s", r ? r->text : "out of memory");
    rn_gradcheck_free(r);
    rn_test_end(&w);
}

/* ---- memory ---- */

static bool observes(rn_allocator allocator)
{
    rn_model *model = rn_model_new_using(1, RN_F64, allocator);
    rn_graph *g = rn_graph_new_using(allocator);
    bool ok = false;

    if (model && g) {
        const rn_scope s = rn_root(g, model);
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2, 1, 1));
        rn_recurrent(s, "net", &rn_cell_gru, x, (rn_recurrent_options){.units = 1});
        ok = !rn_is_null(rn_observed(s, "net/layer0/z"));
        if (!ok) cr_assert(strstr(rn_graph_error(g), "memory"), "%s", rn_graph_error(g));
    }
    rn_graph_free(g);
    rn_model_free(model);
    return ok;
}

Test(observe, every_allocation_may_fail)
{
    rn_test_each_failure(observes);
}
