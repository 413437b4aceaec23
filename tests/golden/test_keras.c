/* SPDX-License-Identifier: MIT */
/*
 * Keras' SimpleRNN, LSTM and GRU, reproduced: outputs, final states and all gradients.
 *
 * Keras has sequences first, and keeps the weights of all gates in one matrix, a block of
 * columns for each. Where a mask is false it repeats the output before, or returns 0 with
 * zero_output_for_mask. With go_backwards alone the outputs are in order of computation.
 */
#include "golden.h"
#include "keras_gru.h"
#include "keras_gru_before.h"
#include "keras_lstm.h"
#include "keras_rnn.h"

#include <criterion/criterion.h>
#include <rondo/ops.h>

#include "run/driver.h"

#define PART(of, its)                                                                      \
    {                                                                                      \
        .name = of, .gates = its                                                           \
    }
#define PARTS(gates) PART("w", gates), PART("u", gates), PART("b", gates)

static const rn_test_part rnn_parts[RN_TEST_PARTS] = {PARTS("h")};
static const rn_test_part lstm_parts[RN_TEST_PARTS] = {PARTS("ifco")};
static const rn_test_part before_parts[RN_TEST_PARTS] = {PARTS("zrg")};
static const rn_test_part after_parts[RN_TEST_PARTS] = {PARTS("zrg"), PART("bu", "zrg")};

/* A case, and how its call differs from one with given initial states. */
typedef struct keras {
    const rn_test_golden *golden;
    rn_merge merge;
    bool zero, hold; /* a mask: zero_output_for_mask or not */
    bool last, backwards, no_initial, stateful;
} keras;

static void all(const keras *cases, size_t count, rn_cell cell, const rn_test_part *parts)
{
    for (size_t i = 0; i < count; i++) {
        const keras *k = &cases[i];
        const rn_recurrent_options o = {.batch_major = true,
                                        .merge = k->merge,
                                        .hold = k->hold && !k->last,
                                        .reverse = k->backwards,
                                        .stateful = k->stateful};
        rn_test_reproduce((rn_test_layer){.golden = k->golden,
                                          .cell = &cell,
                                          .parts = parts,
                                          .options = o,
                                          .mask = k->zero || k->hold,
                                          .initial = !k->no_initial && !k->stateful,
                                          .last = k->last,
                                          .reversed = k->backwards && !k->last,
                                          .gradients = true,
                                          .runs = k->stateful ? 2 : 1});
    }
}

#define ALL(cases, cell, parts)                                                            \
    all((cases), sizeof(cases) / sizeof *(cases), (cell), (parts))

Test(keras, rnn)
{
    const rn_rnn_options relu = {.activation = rn_relu};
    const keras cases[] = {
        {.golden = &keras_rnn_plain},
        {.golden = &keras_rnn_hold, .hold = true},
        {.golden = &keras_rnn_mul, .merge = RN_MERGE_PRODUCT, .zero = true},
        {.golden = &keras_rnn_stateful, .stateful = true}};
    const keras with_relu[] = {
        {.golden = &keras_rnn_relu_backwards, .zero = true, .backwards = true}};

    ALL(cases, rn_rnn_cell(NULL), rnn_parts);
    ALL(with_relu, rn_rnn_cell(&relu), rnn_parts);
}

Test(keras, lstm)
{
    const keras cases[] = {
        {.golden = &keras_lstm_plain},
        {.golden = &keras_lstm_zero, .zero = true},
        {.golden = &keras_lstm_hold, .hold = true},
        {.golden = &keras_lstm_hold_unrolled, .hold = true},
        {.golden = &keras_lstm_hold_from_zero, .hold = true, .no_initial = true},
        {.golden = &keras_lstm_hold_backwards, .hold = true, .backwards = true},
        {.golden = &keras_lstm_last, .hold = true, .last = true},
        {.golden = &keras_lstm_backwards, .zero = true, .backwards = true},
        {.golden = &keras_lstm_stateful, .zero = true, .stateful = true}};

    ALL(cases, rn_lstm_cell(NULL), lstm_parts);
}

Test(keras, bidirectional_lstm)
{
    const keras cases[] = {
        {.golden = &keras_lstm_concat, .zero = true},
        {.golden = &keras_lstm_sum, .merge = RN_MERGE_SUM, .zero = true},
        {.golden = &keras_lstm_mul, .merge = RN_MERGE_PRODUCT},
        {.golden = &keras_lstm_ave, .merge = RN_MERGE_MEAN, .zero = true},
        {.golden = &keras_lstm_last_concat, .hold = true, .last = true},
    };

    ALL(cases, rn_lstm_cell(NULL), lstm_parts);
}

Test(keras, gru)
{
    const rn_gru_options o = {
        .all = {.two_biases = true}, .reset_after = true, .update_keeps = true};
    const keras cases[] = {
        {.golden = &keras_gru_plain},
        {.golden = &keras_gru_hold, .hold = true},
        {.golden = &keras_gru_concat, .zero = true},
        {.golden = &keras_gru_last_ave, .merge = RN_MERGE_MEAN, .hold = true, .last = true},
        {.golden = &keras_gru_stateful, .stateful = true}};

    ALL(cases, rn_gru_cell(&o), after_parts);
}

Test(keras, gru_with_reset_before)
{
    const rn_gru_options o = {.update_keeps = true};
    const keras cases[] = {
        {.golden = &keras_gru_before_plain},
        {.golden = &keras_gru_before_zero, .zero = true},
        {.golden = &keras_gru_before_sum, .merge = RN_MERGE_SUM, .zero = true}};

    ALL(cases, rn_gru_cell(&o), before_parts);
}

/* Keras' own hard sigmoid, max(0, min(1, x / 6 + 1 / 2)). */
static rn_tensor hard_sigmoid(rn_tensor x)
{
    return rn_test_hard_sigmoid(x, 1.0 / 6, 0.5);
}

Test(keras, activations)
{
    const rn_lstm_options lstm = {
        .gate = hard_sigmoid, .cell = rn_test_softsign, .hidden = rn_test_softsign};
    const rn_gru_options gru = {
        .update_keeps = true, .gate = hard_sigmoid, .candidate = rn_softplus};
    const keras of_lstm[] = {{.golden = &keras_lstm_activations}};
    const keras of_gru[] = {{.golden = &keras_gru_before_activations}};

    ALL(of_lstm, rn_lstm_cell(&lstm), lstm_parts);
    ALL(of_gru, rn_gru_cell(&gru), before_parts);
}

/* ---- initial biases ---- */

/* The biases of a new layer, gate by gate as Keras has them. */
static void same_biases(rn_lstm_options options, const double *want)
{
    rn_model *model = rn_model_new_using(1, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    const rn_cell cell = rn_lstm_cell(&options);
    const int64_t units = keras_lstm_new.units;

    rn_recurrent(rn_root(g, model), "net", &cell, rn_fill(g, RN_F64, rn_shape(1, 1, 3), 0),
                 (rn_recurrent_options){.units = units});
    cr_assert_str_eq(rn_graph_error(g), "");
    for (int k = 0; k < 4; k++) {
        char name[32];
        snprintf(name, sizeof name, "net/layer0/%c/b", "ifco"[k]);
        const double *got = (const double *)rn_variable_data(rn_model_find(model, name));
        rn_test_near(got, want + k * units, units, 0, name);
    }
    rn_graph_free(g);
    rn_model_free(model);
}

Test(keras, unit_forget_bias)
{
    const double *with = keras_lstm_new.at, *without = with + keras_lstm_new.count / 2;

    same_biases((rn_lstm_options){.forget_bias = 0}, with);
    same_biases((rn_lstm_options){.no_forget_bias = true}, without);
}
