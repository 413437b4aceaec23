/* SPDX-License-Identifier: MIT */
/*
 * What examples/cells has round cells: attention over an encoder's outputs or over the
 * cell's own states, and trees. Values against plain loops, gradients against differences,
 * sequences in a batch and alone.
 */
#include "reference_cells.h"

#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/cells/cells.h"

enum { T = 5, B = 3, S = 4, M = 4, I = 3, H = 6 };

static const int32_t lengths[B] = {5, 0, 3}, memory_lengths[B] = {2, 4, 1};

/* ---- attention as plain loops ---- */

/* softmax(score) as weights of v [n][width]. */
static void blend(const double *score, int n, const double *v, int64_t stride,
                  int64_t width, double *y)
{
    double total = 0;

    for (int j = 0; j < n; j++) total += exp(score[j]);
    for (int64_t a = 0; a < width; a++) {
        y[a] = 0;
        for (int j = 0; j < n; j++) y[a] += exp(score[j]) / total * v[j * stride + a];
    }
}

/* The context of the query q for n vectors m [n][W]. */
static void context(const rn_model *model, const char *path,
                    const cell_attention_options *o, const double *q, const double *m,
                    int n, int64_t W, double *y)
{
    const int64_t A = o->units ? o->units : H, D = A / (o->heads ? o->heads : 1);
    double query[N], key[16][N], value[16 * N], score[16];

    for (int j = 0; j < n && o->score != CELL_SCORE_DOT; j++)
        reference_linear(model, path, "key", W, A, m + j * W, key[j]);
    if (o->score == CELL_SCORE_HEADS) {
        reference_linear(model, path, "query", H, A, q, query);
        for (int j = 0; j < n; j++)
            reference_linear(model, path, "value", W, A, m + j * W, value + j * A);
        for (int64_t a = 0; a < A; a += D) {
            for (int j = 0; j < n; j++) {
                score[j] = 0;
                for (int64_t k = a; k < a + D; k++)
                    score[j] += query[k] * key[j][k] / sqrt((double)D);
            }
            blend(score, n, value + a, A, D, y + a);
        }
        return;
    }
    const bool dot = o->score == CELL_SCORE_DOT;
    const double *v = dot ? NULL : reference_weight(model, path, "score");
    reference_product(model, path, "query", "w", H, dot ? W : A, q, query);
    for (int j = 0; j < n; j++) {
        score[j] = 0;
        for (int64_t k = 0; k < (dot ? W : A); k++)
            score[j] += dot ? query[k] * m[j * W + k] : v[k] * tanh(query[k] + key[j][k]);
    }
    blend(score, n, m, W, W, y);
}

/* All steps of sequence b: its outputs [T][width]. */
static void run_plain(const rn_model *model, const cell_attention_options *o, bool own,
                      const double *x, const double *memory, int b, int64_t width,
                      double *y)
{
    const int64_t W = own ? H : M, C = o->score == CELL_SCORE_HEADS && o->units ? o->units
                                       : own                                    ? H
                                       : o->score == CELL_SCORE_HEADS           ? H
                                                                                : M;
    double h[H] = {0}, fed[H] = {0}, past[T * N], in[N], a[N] = {0}, both[N];

    for (int t = 0; t < lengths[b]; t++) {
        const int kept = t < (int)o->window ? t : (int)o->window;
        const double *m = own ? past + (t - kept) * H : memory + b * S * M;
        const int n = own ? kept : memory_lengths[b];
        for (int64_t k = 0; k < C; k++) a[k] = 0;
        if (!o->after && n) context(model, "net/layer0/attention", o, h, m, n, W, a);
        memcpy(in, x + (t * B + b) * I, I * sizeof *x);
        memcpy(in + I, o->after ? fed : a, (size_t)(o->after ? H : C) * sizeof *x);
        reference_gru(model, "net/layer0/cell", I + (o->after ? H : C), H, in, h);
        if (o->after && n) context(model, "net/layer0/attention", o, h, m, n, W, a);
        memcpy(both, h, sizeof h);
        memcpy(both + H, a, (size_t)C * sizeof *a);
        double *out = y + t * width;
        if (o->after) {
            reference_product(model, "net/layer0", "out", "w", H + C, H, both, out);
            for (int k = 0; k < H; k++) fed[k] = out[k] = tanh(out[k]);
        } else {
            memcpy(out, h, sizeof h);
        }
        memcpy(past + t * H, h, sizeof h);
    }
}

/* ---- against the cell ---- */

static void check_values(rn_program *p, rn_model *model, const cell_attention_options *o,
                         bool own, const double *x, const double *memory, rn_tensor outputs)
{
    const int64_t width = rn_size(outputs, -1);
    double *got = (double *)calloc((size_t)(T * B * width), sizeof *got);
    double *want = (double *)calloc((size_t)(T * width), sizeof *want);

    rn_test_read_f64(p, outputs, got);
    for (int b = 0; b < B; b++) {
        memset(want, 0, (size_t)(T * width) * sizeof *want);
        run_plain(model, o, own, x, memory, b, width, want);
        for (int t = 0; t < T; t++)
            rn_test_close(got + (t * B + b) * width, want + t * width, width, 1e-12,
                          "attention");
    }
    free(got), free(want);
}

static void check(cell_attention_options o, bool own)
{
    rn_model *model = rn_test_model(3);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    rn_tensor m = rn_input(g, "memory", RN_F64, rn_shape(B, S, M));
    rn_tensor n = rn_input(g, "lengths", RN_I32, rn_shape(B));
    rn_tensor s = rn_input(g, "memory lengths", RN_I32, rn_shape(B));
    double x_data[T * B * I], m_data[B * S * M];

    if (!own) o.memory = m, o.lengths = s;
    const rn_cell cell = cell_attention_of(&o);
    rn_sequence y = rn_recurrent(rn_root(g, model), "net", &cell, x,
                                 (rn_recurrent_options){.units = H, .lengths = n});
    cr_assert_str_eq(rn_graph_error(g), "");
    rn_program *p = rn_test_compile(y.outputs);
    rn_test_scramble(model, 0.7);
    rn_test_numbers(x_data, T * B * I, 1);
    rn_test_numbers(m_data, B * S * M, 2);
    rn_test_feed_f64(p, x, x_data);
    rn_test_feed_i32(p, n, lengths);
    if (!own) rn_test_feed_f64(p, m, m_data), rn_test_feed_i32(p, s, memory_lengths);
    rn_test_run_once(p);
    check_values(p, model, &o, own, x_data, m_data, y.outputs);
    rn_program_free(p);

    const rn_value values[] = {{n, lengths}, {s, memory_lengths}, {m, m_data}};
    rn_gradcheck_report *r = rn_gradcheck(rn_sum_all(rn_mul(y.outputs, rn_sin(y.outputs))),
                                          (rn_gradcheck_options){.values = values,
                                                                 .value_count = own ? 1 : 3,
                                                                 .directions = 1,
                                                                 .exhaustive = -1,
                                                                 .samples = 3});
    cr_assert(r && r->passed && r->kinks == 0, "%s", r ? r->text : "no report");
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(attention, over_an_encoder)
{
    for (int after = 0; after < 2; after++) {
        check((cell_attention_options){.after = after, .units = 5}, false);
        check((cell_attention_options){.after = after, .score = CELL_SCORE_DOT}, false);
        check(
            (cell_attention_options){
                .after = after, .score = CELL_SCORE_HEADS, .heads = 2, .units = 4},
            false);
    }
}

Test(attention, over_its_own_states)
{
    for (int after = 0; after < 2; after++)
        for (int score = 0; score < 3; score++)
            check(
                (cell_attention_options){
                    .after = after, .score = (cell_score)score, .window = 3, .heads = 3},
                true);
}

/* Any cell with any state; and an error that says what is wrong. */
Test(attention, of_other_cells)
{
    rn_model *model = rn_test_model(3);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_fill(g, RN_F64, rn_shape(2, 2, I), 1);
    const cell_attention_options lstm = {.cell = &rn_cell_lstm, .window = 2};
    const cell_attention_options odd = {.score = CELL_SCORE_HEADS, .heads = 4};
    const cell_attention_options inside = {.cell = &cell_slstm, .window = 2};
    rn_cell cell = cell_attention_of(&lstm);

    rn_sequence y = rn_recurrent(rn_root(g, model), "one", &cell, x,
                                 (rn_recurrent_options){.units = H, .layers = 2});
    cr_assert_eq(y.final_count, 10, "%s", rn_graph_error(g));
    cell = cell_attention_of(&inside);
    y = rn_recurrent(rn_root(g, model), "two", &cell, x,
                     (rn_recurrent_options){.units = H, .bidirectional = true});
    cr_assert_eq(rn_size(y.outputs, -1), 2 * H, "%s", rn_graph_error(g));
    cell = cell_attention_of(&odd);
    rn_recurrent(rn_root(g, model), "three", &cell, x, (rn_recurrent_options){.units = H});
    cr_assert_str_eq(rn_graph_error(g),
                     "attention: heads must divide units: 4 heads, 6 units");
    rn_graph_free(g);

    rn_cell many = rn_cell_lstm;
    const cell_attention_options full = {.cell = &many};
    g = rn_graph_new();
    many.states = RN_STATES_MAX - 2;
    cell = cell_attention_of(&full);
    x = rn_fill(g, RN_F64, rn_shape(2, 2, I), 1);
    rn_recurrent(rn_root(g, model), "four", &cell, x, (rn_recurrent_options){.units = H});
    cr_assert_str_eq(rn_graph_error(g),
                     "recurrent: a cell has 1 to 8 states: attention of four has 9");
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- trees ---- */

enum { NODES = 5, CHILDREN = 3 };

/* Of node t of tree b: a tree of five nodes, an empty one, and a chain of three. */
static const int32_t children[NODES][B][CHILDREN] = {{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}},
                                                     {{0, 0, 0}, {0, 0, 0}, {1, 0, 0}},
                                                     {{2, 1, 0}, {0, 0, 0}, {0, 2, 0}},
                                                     {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}},
                                                     {{3, 0, 4}, {0, 0, 0}, {0, 0, 0}}};

/* Node t of tree b from the h and c [NODES + 1][H] of the nodes before. */
static void node(const rn_model *model, const double *x, int t, int b, double h[][H],
                 double c[][H])
{
    double sum[H] = {0}, i[H], o[H], u[H], f[H];
    const double *own = x + (t * B + b) * I;

    for (int k = 0; k < CHILDREN; k++)
        for (int j = 0; j < H; j++) sum[j] += h[children[t][b][k]][j];
    rn_test_gate(model, "tree", "i", I, H, H, own, sum, i);
    rn_test_gate(model, "tree", "o", I, H, H, own, sum, o);
    rn_test_gate(model, "tree", "u", I, H, H, own, sum, u);
    for (int j = 0; j < H; j++) c[t + 1][j] = rn_test_sigmoid(i[j]) * tanh(u[j]);
    for (int k = 0; k < CHILDREN; k++) {
        const int child = children[t][b][k];
        if (!child) continue;
        rn_test_gate(model, "tree", "f", I, H, H, own, h[child], f);
        for (int j = 0; j < H; j++) c[t + 1][j] += rn_test_sigmoid(f[j]) * c[child][j];
    }
    for (int j = 0; j < H; j++) h[t + 1][j] = rn_test_sigmoid(o[j]) * tanh(c[t + 1][j]);
}

Test(tree_lstm, is_its_reference)
{
    rn_model *model = rn_test_model(3);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(NODES, B, I));
    rn_tensor k = rn_input(g, "children", RN_I32, rn_shape(NODES, B, CHILDREN));
    rn_tensor n = rn_input(g, "lengths", RN_I32, rn_shape(B));
    rn_tensor y = cell_tree_lstm(rn_root(g, model), "tree", x, k, n, H);
    rn_tensor whole =
        cell_tree_lstm(rn_share(rn_root(g, model)), "tree", x, k, rn_null(), H);
    double data[NODES * B * I], got[NODES][B][H], all[NODES][B][H],
        h[NODES + 1][H] = {{0}}, c[NODES + 1][H] = {{0}};

    cr_assert_str_eq(rn_graph_error(g), "");
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(y, whole)});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_scramble(model, 0.7);
    rn_test_numbers(data, NODES * B * I, 1);
    rn_test_feed_f64(p, x, data);
    rn_test_feed_i32(p, k, &children[0][0][0]);
    rn_test_feed_i32(p, n, lengths);
    rn_test_run_once(p);
    rn_test_read_f64(p, y, &got[0][0][0]);
    rn_test_read_f64(p, whole, &all[0][0][0]);
    for (int b = 0; b < B; b++)
        for (int t = 0; t < NODES; t++) {
            node(model, data, t, b, h, c);
            rn_test_close(all[t][b], h[t + 1], H, 1e-12, "all nodes");
            for (int j = 0; j < H; j++)
                cr_assert(got[t][b][j] == (t < lengths[b] ? all[t][b][j] : 0),
                          "tree %d, node %d", b, t);
        }
    rn_program_free(p);

    const rn_value values[] = {{n, lengths}, {k, children}};
    rn_gradcheck_report *r = rn_gradcheck(
        rn_sum_all(rn_mul(y, rn_sin(y))),
        (rn_gradcheck_options){.values = values, .value_count = 2, .exhaustive = 12});
    cr_assert(r && r->passed && r->largest < 1e-9, "%s", r ? r->text : "no report");
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_model_free(model);
}

/* A tree whose nodes each have the one before as their child is a sequence: with f computed
 * from the only child's h, and i, o and u likewise, this is an LSTM. */
Test(tree_lstm, a_chain_is_an_lstm)
{
    rn_model *model = rn_test_model(3), *other = rn_test_model(4);
    rn_graph *g = rn_graph_new();
    double data[T * B * I], one[T * B * H], two[T * B * H];
    int32_t before[T * B];
    static const char *const gates[][2] = {{"f", "f"}, {"i", "i"}, {"o", "o"}, {"u", "c"}};

    rn_test_numbers(data, T * B * I, 1);
    for (int i = 0; i < T * B; i++) before[i] = i / B;
    rn_tensor x = rn_constant(g, RN_F64, rn_shape(T, B, I), data);
    rn_tensor k = rn_constant(g, RN_I32, rn_shape(T, B, 1), before);
    rn_tensor y = cell_tree_lstm(rn_root(g, model), "net/layer0", x, k, rn_null(), H);
    rn_tensor z =
        rn_lstm(rn_root(g, other), "net", x, (rn_recurrent_options){.units = H}).outputs;
    rn_test_scramble(model, 0.7);
    for (int i = 0; i < 4; i++)
        for (const char *part = "wub"; *part; part++) {
            char from[40], to[40];
            snprintf(from, sizeof from, "net/layer0/%s/%c", gates[i][0], *part);
            snprintf(to, sizeof to, "net/layer0/%s/%c", gates[i][1], *part);
            const rn_variable *v = rn_model_find(model, from);
            memcpy(rn_test_values(other, to), rn_test_values(model, from),
                   (size_t)rn_shape_count(rn_variable_shape(v)) * sizeof(double));
        }
    rn_test_value_f64(y, one);
    rn_test_value_f64(z, two);
    rn_test_close(one, two, T * B * H, 1e-13, "chain");
    rn_graph_free(g);
    rn_model_free(model);
    rn_model_free(other);
}
