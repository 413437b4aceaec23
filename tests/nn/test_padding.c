/* SPDX-License-Identifier: MIT */
/*
 * Padding: whatever it holds, and whatever the body would make of it, no bit of a value or
 * a gradient changes; and both are those of the sequences one by one.
 */
#include <math.h>
#include <rondo/grad.h>
#include <stdlib.h>
#include <string.h>

#include "nn_support.h"

enum { T = 5, B = 4, I = 2, H = 3, WEIGHTS = 40 };

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

static const rn_cell cell_reciprocal = {"reciprocal", 1, step_reciprocal};
static const rn_cell cell_log = {"log", 1, step_log};
static const rn_cell cell_sqrt = {"sqrt", 1, step_sqrt};
static const rn_cell cell_countdown = {"countdown", 2, step_countdown};

static const rn_cell *const cells[] = {&cell_reciprocal,        &cell_log,     &cell_sqrt,
                                       &cell_countdown,         &rn_cell_lstm, &rn_cell_gru,
                                       &rn_cell_gru_reset_after};
enum { CELLS = sizeof cells / sizeof *cells };

static const int32_t patterns[][B] = {{5, 3, 1, 2}, {0, 4, 0, 1}, {5, 5, 5, 5},
                                      {1, 1, 1, 1}, {0, 0, 0, 0}, {2, 0, 3, 3}};
enum { PATTERNS = sizeof patterns / sizeof *patterns };

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

/* x in 0.5 .. 1.5 where a sequence lasts, else the padding; initial states are lengths. */
static void fill(double *x, double *initial, const int32_t *lengths, double padding)
{
    for (int t = 0; t < T; t++)
        for (int i = 0; i < B * I; i++)
            x[t * B * I + i] = t < lengths[i / I]
                                   ? 1 + 0.5 * rn_test_number((uint64_t)(t * B * I + i))
                                   : padding;
    for (int i = 0; i < B * H; i++) initial[i] = lengths[i / H];
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

/* ---- indices ---- */

/* A loop that takes rows of a table itself: tokens past the end of a sequence, -1 say, are
 * not looked at. */
Test(padding, indices_may_be_out_of_range)
{
    for (int back = 0; back < 2; back++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor tokens = rn_input(g, "tokens", RN_I32, rn_shape(T, B));
        const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
        const rn_tensor table = rn_input(g, "table", RN_F64, rn_shape(4, H));
        rn_loop *loop = rn_loop_begin(g);
        if (back) rn_loop_reverse(loop);
        rn_loop_lengths(loop, lengths);
        const rn_tensor token = rn_loop_each(loop, tokens);
        const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B, H), 0));
        const rn_tensor next = rn_add(rn_scale(h, 0.5), rn_take(table, token));
        rn_loop_next(loop, h, next);
        rn_loop_end(loop);
        rn_tensor out[3] = {rn_loop_final(loop, h), rn_loop_collect(loop, token)};
        cr_assert(rn_grad(rn_sum_all(out[0]), rn_null(), &table, 1, &out[2]));
        rn_program *p =
            rn_compile(g, (rn_compile_options){.outputs = out, .output_count = 3});
        cr_assert(p, "%s", rn_graph_error(g));

        int32_t fed[T * B], read[T * B];
        double rows[4 * H], got[4 * H];
        rn_test_numbers(rows, 4 * H, 9);
        rn_test_feed_f64(p, table, rows);
        for (int n = 0; n < PATTERNS; n++) {
            double want[B * H] = {0}, dtable[4 * H] = {0};
            for (int i = 0; i < T * B; i++) {
                const bool lasts = i / B < patterns[n][i % B];
                fed[i] = lasts ? (i * 7) % 4 : i % 2 ? -1 : INT32_MAX;
            }
            rn_test_feed_i32(p, tokens, fed);
            rn_test_feed_i32(p, lengths, patterns[n]);
            rn_test_run_once(p);
            for (int b = 0; b < B; b++)
                for (int k = 0; k < patterns[n][b]; k++) {
                    const int t = back ? patterns[n][b] - 1 - k : k;
                    const int left = patterns[n][b] - 1 - k;
                    for (int i = 0; i < H; i++) {
                        want[b * H + i] =
                            0.5 * want[b * H + i] + rows[fed[t * B + b] * H + i];
                        dtable[fed[t * B + b] * H + i] += ldexp(1, -left);
                    }
                }
            rn_test_read_f64(p, out[0], got);
            rn_test_close(got, want, B * H, 1e-14, "final");
            rn_test_read_f64(p, out[2], got);
            rn_test_close(got, dtable, 4 * H, 1e-14, "d table");
            cr_assert_eq(rn_read(p, out[1], read, sizeof read), RN_OK);
            for (int i = 0; i < T * B; i++)
                cr_assert_eq(read[i], i / B < patterns[n][i % B] ? fed[i] : 0);
        }
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* ---- histories, second derivatives ---- */

/* The gradient of a history, whose last slots hold the final value, by differences; and a
 * loop in a loop, with lengths of its own at each step. */
Test(padding, histories_and_loops_in_loops)
{
    for (int back = 0; back < 2; back++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3, T, B, I));
        const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(3, B));
        const rn_tensor weight = rn_input(g, "weight", RN_F64, rn_shape(T + 1, B, I));
        rn_loop *outer = rn_loop_begin(g);
        const rn_tensor xs = rn_loop_each(outer, x), n = rn_loop_each(outer, lengths);
        const rn_tensor s = rn_loop_carry(outer, rn_fill(g, RN_F64, rn_shape(B, I), 1));
        rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
        if (back) rn_loop_reverse(inner);
        rn_loop_lengths(inner, n);
        const rn_tensor step = rn_loop_each(inner, xs), h = rn_loop_carry(inner, s);
        rn_loop_next(inner, h, rn_tanh(rn_div(h, step)));
        rn_loop_end(inner);
        const rn_tensor all = rn_mul(rn_loop_history(inner, h), weight);
        rn_loop_next(outer, s, rn_add(rn_sum_axis(all, 0), rn_loop_final(inner, h)));
        rn_loop_end(outer);
        const rn_tensor loss = rn_sum_all(rn_square(rn_loop_final(outer, s)));

        double data[3 * T * B * I], weights[(T + 1) * B * I];
        int32_t fed[3 * B];
        memcpy(fed, patterns[0], sizeof patterns[0]);
        memcpy(fed + B, patterns[1], sizeof patterns[1]);
        memcpy(fed + 2 * B, patterns[4], sizeof patterns[4]);
        rn_test_numbers(weights, (T + 1) * B * I, 5);
        for (int i = 0; i < 3 * T * B * I; i++) {
            const int k = i / (T * B * I), t = i / (B * I) % T, b = i / I % B;
            data[i] = t < fed[k * B + b] ? 1.2 + 0.3 * rn_test_number((uint64_t)i) : 0;
        }
        const rn_value values[] = {{x, data}, {lengths, fed}, {weight, weights}};
        rn_gradcheck_report *r =
            rn_gradcheck(loss, (rn_gradcheck_options){.values = values, .value_count = 3});
        cr_assert(r && r->passed, "%s", r ? r->text : "no report");
        rn_gradcheck_free(r);
        rn_graph_free(g);
    }
}

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
