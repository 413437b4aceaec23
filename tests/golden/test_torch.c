/* SPDX-License-Identifier: MIT */
/*
 * PyTorch's RNN, LSTM and GRU, reproduced: outputs, final states and all gradients.
 *
 * PyTorch keeps the gates' weights in one matrix, a block of rows for each gate, and
 * computes x W'. It has two biases. With the options of the cells its weights are taken
 * over as they are; without them the two biases are added, and the weights of the GRU's
 * update gate change their signs, because 1 - s(a) = s(-a). PyTorch refuses sequences of
 * length 0.
 */
#include "golden.h"
#include "torch_gru.h"
#include "torch_lstm.h"
#include "torch_lstm_projected.h"
#include "torch_rnn_relu.h"
#include "torch_rnn_tanh.h"

#include <criterion/criterion.h>
#include <rondo/ops.h>
#include <string.h>

#define PART(of, its, adds)                                                                \
    {                                                                                      \
        .name = of, .gates = its, .rows = true, .added = adds                              \
    }
#define PARTS(gates, adds)                                                                 \
    PART("w", gates, adds), PART("u", gates, adds), PART("b", gates, adds),                \
        PART("bu", gates, adds)

#define CASES(kind)                                                                        \
    {                                                                                      \
        &kind##_1_1, &kind##_1_2_packed, &kind##_2_1_packed, &kind##_2_2,                  \
            &kind##_2_2_packed                                                             \
    }

enum { CASES_OF_A_KIND = 5 };

typedef const rn_test_golden *cases[CASES_OF_A_KIND];

static const rn_test_part rnn_parts[RN_TEST_PARTS] = {PARTS("h", false)};
static const rn_test_part lstm_parts[RN_TEST_PARTS] = {PARTS("ifco", false)};
static const rn_test_part gru_parts[RN_TEST_PARTS] = {PARTS("rzg", false)};

static const cases lstm_cases = CASES(torch_lstm);
static const cases gru_cases = CASES(torch_gru);

static void all(const cases golden, rn_cell cell, const rn_test_part *parts)
{
    for (int i = 0; i < CASES_OF_A_KIND; i++)
        rn_test_reproduce((rn_test_layer){.golden = golden[i],
                                          .cell = &cell,
                                          .parts = parts,
                                          .lengths = strstr(golden[i]->name, "packed"),
                                          .initial = true,
                                          .gradients = true});
}

Test(torch, rnn)
{
    const cases with_tanh = CASES(torch_rnn_tanh), with_relu = CASES(torch_rnn_relu);
    const rn_rnn_options o = {.all = {.two_biases = true}};
    const rn_rnn_options relu = {.all = {.two_biases = true}, .activation = rn_relu};

    all(with_tanh, rn_rnn_cell(&o), rnn_parts);
    all(with_relu, rn_rnn_cell(&relu), rnn_parts);
}

Test(torch, lstm)
{
    const rn_lstm_options o = {.all = {.two_biases = true}};

    all(lstm_cases, rn_lstm_cell(&o), lstm_parts);
}

Test(torch, lstm_with_projection)
{
    const cases projected = CASES(torch_lstm_projected);
    const rn_lstm_options o = {.all = {.two_biases = true}, .projection = 2};
    const rn_test_part parts[RN_TEST_PARTS] = {PARTS("ifco", false), PART("w", "p", false)};

    all(projected, rn_lstm_cell(&o), parts);
}

Test(torch, gru)
{
    const rn_gru_options o = {
        .all = {.two_biases = true}, .reset_after = true, .update_keeps = true};

    all(gru_cases, rn_gru_cell(&o), gru_parts);
}

/* The cells without options, which need other weights. */

Test(torch, lstm_of_one_bias)
{
    const rn_test_part parts[RN_TEST_PARTS] = {PARTS("ifco", true)};

    all(lstm_cases, rn_cell_lstm, parts);
}

Test(torch, gru_of_converted_weights)
{
    const rn_test_part parts[RN_TEST_PARTS] = {PARTS("rZg", true)};

    all(gru_cases, rn_cell_gru_reset_after, parts);
}
