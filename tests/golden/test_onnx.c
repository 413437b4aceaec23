/* SPDX-License-Identifier: MIT */
/*
 * The operators RNN, LSTM and GRU of ONNX as ONNX Runtime computes them, reproduced:
 * outputs and final states, forward only and in f32.
 *
 * Their weights are taken over as they are, but for input_forget: ONNX Runtime computes
 * f = 1 - i from the weights of i, here i = 1 - f. Since 1 - s(a) = s(-a), those of i with
 * the other sign are the weights of f, and the others are not used.
 */
#include "golden.h"
#include "onnx_gru.h"
#include "onnx_lstm.h"
#include "onnx_rnn.h"

#include <criterion/criterion.h>
#include <rondo/ops.h>

#define PART(of, its)                                                                      \
    {                                                                                      \
        .name = of, .gates = its, .rows = true                                             \
    }
#define PARTS(gates) PART("w", gates), PART("u", gates), PART("b", gates), PART("bu", gates)

static const rn_test_part rnn_parts[RN_TEST_PARTS] = {PARTS("h")};
static const rn_test_part lstm_parts[RN_TEST_PARTS] = {PARTS("iofc")};
static const rn_test_part peephole_parts[RN_TEST_PARTS] = {PARTS("iofc"), PART("p", "iof")};
static const rn_test_part coupled_parts[RN_TEST_PARTS] = {PARTS("Fo.c")};
static const rn_test_part coupled_peepholes[RN_TEST_PARTS] = {PARTS("Fo.c"),
                                                              PART("p", "Fo.")};
static const rn_test_part gru_parts[RN_TEST_PARTS] = {PARTS("zrg")};

/* ONNX's HardSigmoid and Affine with the arguments that the cases have. */
static rn_tensor hard_sigmoid(rn_tensor x)
{
    return rn_test_hard_sigmoid(x, 0.25, 0.5);
}

static rn_tensor affine(rn_tensor x)
{
    return rn_offset(rn_scale(x, 0.5), 0.25);
}

static rn_test_layer of(const rn_test_golden *golden, const rn_cell *cell,
                        const rn_test_part *parts)
{
    return (rn_test_layer){
        .golden = golden, .cell = cell, .parts = parts, .initial = true, .tolerance = 1e-5};
}

/* With sequence_lens. A sequence of length 0 ends as zero in ONNX Runtime, and here with
 * its initial states. */
static rn_test_layer ragged(rn_test_layer layer)
{
    layer.lengths = layer.none_is_zero = true;
    return layer;
}

static rn_test_layer reverse(rn_test_layer layer)
{
    layer.options.reverse = true;
    return layer;
}

Test(onnx, rnn)
{
    const rn_rnn_options relu = {.all = {.two_biases = true}, .activation = rn_relu};
    const rn_rnn_options line = {.all = {.two_biases = true}, .activation = affine};
    const rn_cell with_relu = rn_rnn_cell(&relu), linear = rn_rnn_cell(&line);

    rn_test_reproduce(of(&onnx_rnn_relu, &with_relu, rnn_parts));
    rn_test_reproduce(reverse(ragged(of(&onnx_rnn_affine, &linear, rnn_parts))));
}

Test(onnx, rnn_of_different_directions)
{
    const rn_rnn_options o[2] = {
        {.all = {.two_biases = true, .clip = 0.9}, .activation = rn_relu},
        {.all = {.two_biases = true, .clip = 0.9}, .activation = rn_tanh}};
    const rn_cell forward = rn_rnn_cell(&o[0]), backward = rn_rnn_cell(&o[1]);
    rn_test_layer layer = ragged(of(&onnx_rnn_both, &forward, rnn_parts));

    layer.options.backward = &backward;
    rn_test_reproduce(layer);
}

Test(onnx, lstm)
{
    const rn_lstm_options o = {.all = {.two_biases = true}};
    const rn_cell cell = rn_lstm_cell(&o);

    rn_test_reproduce(of(&onnx_lstm_plain, &cell, lstm_parts));
    rn_test_reproduce(ragged(of(&onnx_lstm_both, &cell, lstm_parts)));
    rn_test_reproduce(reverse(ragged(of(&onnx_lstm_reverse, &cell, lstm_parts))));
}

Test(onnx, lstm_with_peepholes)
{
    const rn_lstm_options o = {.all = {.two_biases = true}, .peepholes = true};
    const rn_cell cell = rn_lstm_cell(&o);

    rn_test_reproduce(ragged(of(&onnx_lstm_peepholes, &cell, peephole_parts)));
}

Test(onnx, lstm_with_clip)
{
    const rn_lstm_options o = {.all = {.two_biases = true, .clip = 0.5}};
    const rn_cell cell = rn_lstm_cell(&o);

    rn_test_reproduce(of(&onnx_lstm_clip, &cell, lstm_parts));
}

Test(onnx, lstm_with_clip_and_peepholes)
{
    const rn_lstm_options o = {.all = {.two_biases = true, .clip = 0.5}, .peepholes = true};
    const rn_cell cell = rn_lstm_cell(&o);

    rn_test_reproduce(of(&onnx_lstm_clip_peepholes, &cell, peephole_parts));
}

Test(onnx, lstm_with_input_forget)
{
    const rn_lstm_options o = {.all = {.two_biases = true}, .coupled = true};
    const rn_cell cell = rn_lstm_cell(&o);

    rn_test_reproduce(of(&onnx_lstm_input_forget, &cell, coupled_parts));
}

Test(onnx, lstm_with_input_forget_and_all)
{
    const rn_lstm_options o = {
        .all = {.two_biases = true, .clip = 0.75}, .coupled = true, .peepholes = true};
    const rn_cell cell = rn_lstm_cell(&o);

    rn_test_reproduce(ragged(of(&onnx_lstm_input_forget_all, &cell, coupled_peepholes)));
}

Test(onnx, lstm_with_activations)
{
    const rn_lstm_options o = {.all = {.two_biases = true},
                               .gate = hard_sigmoid,
                               .cell = rn_test_softsign,
                               .hidden = rn_relu};
    const rn_cell cell = rn_lstm_cell(&o);

    rn_test_reproduce(of(&onnx_lstm_activations, &cell, lstm_parts));
}

Test(onnx, gru)
{
    for (int clip = 0; clip < 2; clip++) {
        const rn_gru_options o = {.all = {.two_biases = true, .clip = clip ? 0.5 : 0},
                                  .update_keeps = true};
        const rn_cell cell = rn_gru_cell(&o);
        rn_test_reproduce(clip ? ragged(of(&onnx_gru_before_both, &cell, gru_parts))
                               : of(&onnx_gru_before, &cell, gru_parts));
    }
}

static rn_cell after(rn_gru_options *o)
{
    o->all.two_biases = o->update_keeps = o->reset_after = true;
    return rn_gru_cell(o);
}

Test(onnx, gru_with_linear_before_reset)
{
    rn_gru_options o = {.gate = NULL};
    const rn_cell cell = after(&o);

    rn_test_reproduce(of(&onnx_gru_after, &cell, gru_parts));
    rn_test_reproduce(ragged(of(&onnx_gru_after_both, &cell, gru_parts)));
}

Test(onnx, gru_with_clip)
{
    rn_gru_options o = {.all = {.clip = 0.5}};
    const rn_cell cell = after(&o);

    rn_test_reproduce(of(&onnx_gru_after_clip, &cell, gru_parts));
}

Test(onnx, gru_with_activations)
{
    rn_gru_options o = {.gate = hard_sigmoid, .candidate = rn_test_softsign};
    const rn_cell cell = after(&o);

    rn_test_reproduce(reverse(of(&onnx_gru_activations, &cell, gru_parts)));
}
