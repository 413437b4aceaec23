/* SPDX-License-Identifier: MIT */
/*
 * Padding: its values, and what the body computes from them, change no bit of a value or a
 * gradient; both are those of the sequences one by one.
 */
#include <math.h>
#include <rondo/grad.h>
#include <stdlib.h>
#include <string.h>

#include "padding_support.h"

enum { WEIGHTS = 40 };

/* ---- cells that are not defined for every input or state ---- */

static rn_tensor step_reciprocal(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return state[0] = rn_tanh(rn_gate(s, "h", rn_reciprocal(x), state[0]));
}

static rn_tensor step_log(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor both[2] = {rn_log(x), rn_pow(x, rn_constant_like(x, -2.5))};

    return state[0] = rn_tanh(rn_gate(s, "h", rn_concat(both, 2, -1), state[0]));
}

static rn_tensor step_sqrt(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = rn_sigmoid(rn_gate(s, "h", rn_sqrt(x), state[0]));

    return state[0] = rn_div(h, rn_sqrt(rn_sum(rn_square(x), (int[]){-1}, 1, true)));
}

/* One more step than the sequence has divides by zero: the initial state is its length. */
static rn_tensor step_countdown(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = rn_tanh(
        rn_gate(s, "h", rn_div(x, rn_mean(state[1], (int[]){-1}, 1, true)), state[0]));

    state[1] = rn_offset(state[1], -1);
    return state[0] = h;
}

static const rn_cell cell_reciprocal = {
    .name = "reciprocal", .states = 1, .step = step_reciprocal};
static const rn_cell cell_log = {.name = "log", .states = 1, .step = step_log};
static const rn_cell cell_sqrt = {.name = "sqrt", .states = 1, .step = step_sqrt};
static const rn_cell cell_countdown = {
    .name = "countdown", .states = 2, .step = step_countdown};

#define RN_CELL(name, formula) &rn_cell_##name,
static const rn_cell *const cells[] = {
    &cell_reciprocal,
    &cell_log,
    &cell_sqrt,
    &cell_countdown,
#include "nn/cells/cells.def"
};
#undef RN_CELL
enum { CELLS = sizeof cells / sizeof *cells };

/* ---- a layer with all that comes out of it ---- */

typedef struct layer {
    rn_model *model;
    rn_graph *graph;
    rn_program *program;
    rn_tensor x, initial, lengths, out[WEIGHTS];
    int outs; /* loss, outputs, last, dx, d initial, then the weights' gradients */
    int steps, batch;
} layer;

static layer layer_new(const rn_cell *cell, rn_recurrent_options o, int steps, int batch,
                       bool lengths)
{
    layer l = {.model = rn_test_model(3), .graph = rn_graph_new(), .outs = 3};
    rn_tensor initial[8], of[WEIGHTS], dx[WEIGHTS];
    const int layers = o.layers ? o.layers : 1;
    int count = 2;

    l.steps = steps, l.batch = batch;
    l.x = rn_input(l.graph, "x", RN_F64, rn_shape(steps, batch, I));
    l.initial = rn_input(l.graph, "initial", RN_F64, rn_shape(batch, H));
    l.lengths = rn_input(l.graph, "lengths", RN_I32, rn_shape(batch));
    o.units = H;
    if (lengths) o.lengths = l.lengths;
    o.initial_count = layers * (o.bidirectional ? 2 : 1) * cell->states;
    for (int i = 0; i < o.initial_count; i++) initial[i] = l.initial;
    o.initial = initial;
    const rn_sequence q = rn_recurrent(rn_root(l.graph, l.model), "net", cell, l.x, o);
    l.out[0] = rn_add(rn_sum_all(rn_square(q.outputs)), rn_sum_all(rn_sin(q.last)));
    l.out[1] = q.outputs, l.out[2] = q.last;
    of[0] = l.x, of[1] = l.initial;
    for (int i = 0; i < rn_model_count(l.model); i++)
        of[count++] = rn_read_variable(l.graph, rn_model_at(l.model, i));
    cr_assert(rn_grad(l.out[0], rn_null(), of, count, dx), "%s", rn_graph_error(l.graph));
    for (int i = 0; i < count; i++) l.out[l.outs++] = dx[i];
    l.program = rn_compile(l.graph, (rn_compile_options){.outputs = l.out,
                                                         .output_count = l.outs,
                                                         .watch = RN_WATCH_ON});
    cr_assert(l.program, "%s", rn_graph_error(l.graph));
    return l;
}

static void layer_free(layer *l)
{
    rn_program_free(l->program);
    rn_graph_free(l->graph);
    rn_model_free(l->model);
}

static size_t bytes_of(const layer *l, int i)
{
    return (size_t)rn_shape_count(rn_shape_get(l->out[i])) * sizeof(double);
}

/* All outputs one after the other. */
static double *layer_run(const layer *l, const double *x, const double *initial,
                         const int32_t *lengths, size_t *bytes)
{
    double *all, *at;

    *bytes = 0;
    for (int i = 0; i < l->outs; i++) *bytes += bytes_of(l, i);
    at = all = (double *)malloc(*bytes);
    rn_test_feed_f64(l->program, l->x, x);
    rn_test_feed_f64(l->program, l->initial, initial);
    rn_test_feed_i32(l->program, l->lengths, lengths);
    rn_test_run_once(l->program);
    for (int i = 0; i < l->outs; i++) {
        rn_test_read_f64(l->program, l->out[i], at);
        at += bytes_of(l, i) / sizeof(double);
    }
    return all;
}

/* ---- no bit changes ---- */

static void unchanged(const layer *l, const char *cell, const int32_t *lengths)
{
    static const double poison[] = {NAN, INFINITY, -INFINITY, 0, -0.0, -1, 1e308, -5e-324};
    double x[T * B * I], initial[B * H];
    size_t bytes;
    rn_nonfinite found;

    fill(x, initial, lengths, 1);
    double *want = layer_run(l, x, initial, lengths, &bytes);
    for (size_t i = 0; i < bytes / sizeof(double); i++)
        cr_assert(isfinite(want[i]), "%s: number %zu is %g", cell, i, want[i]);
    for (size_t k = 0; k < sizeof poison / sizeof *poison; k++) {
        fill(x, initial, lengths, poison[k]);
        double *got = layer_run(l, x, initial, lengths, &bytes);
        cr_assert(memcmp(got, want, bytes) == 0, "%s: padding of %g changes something",
                  cell, poison[k]);
        cr_assert(!rn_program_nonfinite(l->program, 0, &found), "%s: padding of %g: %s",
                  cell, poison[k], found.text);
        free(got);
    }
    free(want);
}

static void every_pattern(rn_recurrent_options o)
{
    for (int c = 0; c < CELLS; c++) {
        layer l = layer_new(cells[c], o, T, B, true);
        for (int p = 0; p < PATTERNS; p++) unchanged(&l, cells[c]->name, patterns[p]);
        layer_free(&l);
    }
}

Test(padding, changes_no_bit)
{
    every_pattern((rn_recurrent_options){0});
}

Test(padding, changes_no_bit_reversed)
{
    every_pattern((rn_recurrent_options){.reverse = true});
}

Test(padding, changes_no_bit_in_both_directions)
{
    every_pattern((rn_recurrent_options){.bidirectional = true});
}

/* ---- and all is right ---- */

/* The same layer on each sequence alone. */
static void alone(const layer *l, const rn_cell *cell, rn_recurrent_options o,
                  const int32_t *lengths)
{
    const int D = o.bidirectional ? 2 : 1;
    double x[T * B * I], initial[B * H], own[T * I], *sum = NULL;
    size_t bytes, own_bytes;

    fill(x, initial, lengths, NAN);
    double *got = layer_run(l, x, initial, lengths, &bytes);
    const size_t shared = 1 + (size_t)(B * D * H * (T + 1) + T * B * I + B * H);
    const size_t weights = bytes / sizeof(double) - shared;
    sum = (double *)calloc(weights + 1, sizeof *sum);
    for (int b = 0; b < B; b++) {
        const int32_t n = lengths[b];
        layer single = layer_new(cell, o, n, 1, false);
        for (int t = 0; t < n; t++)
            memcpy(own + t * I, x + (t * B + b) * I, I * sizeof *own);
        double *at = layer_run(&single, own, initial + b * H, &n, &own_bytes), *one = at;
        sum[weights] += *at++;
        for (int t = 0; t < n; t++, at += D * H)
            rn_test_close(got + 1 + (t * B + b) * D * H, at, D * H, 1e-12, "outputs");
        for (int t = n; t < T; t++)
            for (int i = 0; i < D * H; i++)
                cr_assert_eq(got[1 + (t * B + b) * D * H + i], 0);
        rn_test_close(got + 1 + (T * B + b) * D * H, at, D * H, 1e-12, "last");
        at += D * H;
        for (int t = 0; t < n; t++, at += I)
            rn_test_close(got + 1 + (T + 1) * B * D * H + (t * B + b) * I, at, I, 1e-11,
                          "dx");
        for (int t = n; t < T; t++)
            for (int i = 0; i < I; i++)
                cr_assert_eq(got[1 + (T + 1) * B * D * H + (t * B + b) * I + i], 0);
        rn_test_close(got + 1 + (T + 1) * B * D * H + T * B * I + b * H, at, H, 1e-11,
                      "d initial");
        at += H;
        for (size_t i = 0; i < weights; i++) sum[i] += at[i];
        free(one);
        layer_free(&single);
    }
    rn_test_close(got, sum + weights, 1, 1e-12, "loss");
    rn_test_close(got + shared, sum, (int64_t)weights, 1e-10, "gradients");
    free(sum);
    free(got);
}

Test(padding, is_as_sequences_alone)
{
    static const rn_recurrent_options options[] = {
        {.units = 0}, {.reverse = true}, {.bidirectional = true}};

    for (int c = 0; c < CELLS; c++)
        for (int k = 0; k < 3; k++) {
            layer l = layer_new(cells[c], options[k], T, B, true);
            for (int p = 0; p < PATTERNS; p++) alone(&l, cells[c], options[k], patterns[p]);
            layer_free(&l);
        }
}

/* ---- second derivatives ---- */

/* The gradient of the gradient's norm is finite and right, padding of zeros and all. */
Test(padding, second_derivatives)
{
    for (int c = 0; c < 4; c++) {
        rn_model *m = rn_test_model(1);
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
        const rn_tensor initial = rn_input(g, "initial", RN_F64, rn_shape(B, H));
        const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
        const rn_tensor both[2] = {initial, initial};
        const rn_sequence q =
            rn_recurrent(rn_root(g, m), "net", cells[c], x,
                         (rn_recurrent_options){.units = H,
                                                .lengths = lengths,
                                                .initial = both,
                                                .initial_count = cells[c]->states});
        rn_tensor dx;
        cr_assert(rn_grad(rn_sum_all(rn_square(q.outputs)), rn_null(), &x, 1, &dx));
        const rn_tensor loss = rn_sum_all(rn_square(dx));

        double data[T * B * I], begin[B * H];
        fill(data, begin, patterns[0], 0);
        const rn_value values[] = {{x, data}, {initial, begin}, {lengths, patterns[0]}};
        rn_gradcheck_report *r =
            rn_gradcheck(loss, (rn_gradcheck_options){.values = values, .value_count = 3});
        cr_assert(r && r->passed, "%s: %s", cells[c]->name, r ? r->text : "no report");
        rn_gradcheck_free(r);
        rn_graph_free(g);
        rn_model_free(m);
    }
}
