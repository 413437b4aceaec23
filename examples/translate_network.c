/* SPDX-License-Identifier: MIT */
/* The encoder and the decoder of translate. */
#include "translate.h"

/* What the decoder reads of the words. */
typedef struct memory {
    rn_tensor outputs, keys; /* [S, N, 2 H], [S, N, H] */
    rn_tensor words;         /* bool [S, N]: those that there are */
    rn_tensor state[3];      /* the first states of the decoder, see attend */
    int units;
} memory;

static memory encode(rn_scope s, const job *j, int units)
{
    rn_tensor x = rn_embedding(s, "words", j->x, VOCABULARY, 32);
    rn_sequence h =
        rn_lstm(s, "encoder", x,
                (rn_recurrent_options){
                    .units = units, .bidirectional = true, .lengths = j->lengths});
    memory m = {.outputs = h.outputs, .units = units};
    const int64_t batch = rn_size(j->x, 1);

    m.keys = rn_linear(s, "keys", h.outputs, units);
    m.words = rn_less(rn_expand(rn_range(s.graph, WORDS), 1), rn_expand(j->lengths, 0));
    m.state[0] = rn_tanh(rn_linear(s, "start", h.last, units));
    m.state[1] = rn_fill(s.graph, RN_F32, rn_shape(batch, units), 0);
    m.state[2] = rn_fill(s.graph, RN_F32, rn_shape(batch, WORDS), 0);
    return m;
}

/* A step of the decoder: x [N, E] and the states h, c and a, the attention to each word,
 * [N, S] -> [h'; context] [N, 3 H]. */
static rn_tensor attend(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const memory *m = (const memory *)options;
    rn_tensor query = rn_linear(s, "query", state[0], m->units);
    rn_tensor v = rn_weight(s, "v", rn_shape(m->units), (rn_init){RN_INIT_UNIFORM, 0.1});
    rn_tensor e = rn_sum_axis(rn_mul(v, rn_tanh(rn_add(query, m->keys))), -1);
    rn_tensor a = rn_softmax(rn_where(m->words, e, rn_constant_like(e, -1e9)), 0);
    rn_tensor context = rn_sum_axis(rn_mul(rn_expand(a, -1), m->outputs), 0);
    rn_tensor in[2] = {x, context};

    in[0] = rn_cell_lstm.step(s, rn_concat(in, 2, -1), state);
    state[2] = rn_transpose(a);
    return rn_concat(in, 2, -1);
}

static rn_cell decoder_cell(const memory *m)
{
    return (rn_cell){.name = "attention",
                     .states = 3,
                     .step_with = attend,
                     .options = m,
                     .output = 3 * RN_UNITS,
                     .state = {{.shape = rn_shape(m->units)},
                               {.shape = rn_shape(m->units)},
                               {.shape = rn_shape(WORDS)}}};
}

rn_tensor teach(rn_scope s, const job *j, int units, rn_tensor before, rn_tensor *attention)
{
    const memory m = encode(s, j, units);
    const rn_cell cell = decoder_cell(&m);
    rn_sequence y = rn_recurrent(
        s, "decoder", &cell, rn_embedding(s, "signs", before, SIGNS, 16),
        (rn_recurrent_options){.units = units, .initial = m.state, .initial_count = 3});

    *attention = y.states[2];
    return rn_linear(s, "out", y.outputs, SIGNS);
}

/* The same, reading what it chose before: a step of rn_decode. */
static rn_tensor choose(rn_scope s, rn_tensor tokens, rn_tensor *states, void *user)
{
    const memory *m = (const memory *)user;
    const rn_cell cell = decoder_cell(m);
    rn_tensor y =
        rn_recurrent_step(s, "decoder", &cell, rn_embedding(s, "signs", tokens, SIGNS, 16),
                          states, (rn_recurrent_options){.units = m->units});

    return rn_linear(s, "out", y, SIGNS);
}

rn_tensor decode(rn_scope s, const job *j, int units, int beam)
{
    memory m = encode(s, j, units);
    const rn_decoder decoder = {.step = choose, .user = &m};

    if (beam > 0) {
        m.outputs = rn_beam_repeat(m.outputs, 1, beam);
        m.keys = rn_beam_repeat(m.keys, 1, beam);
        m.words = rn_beam_repeat(m.words, 1, beam);
    }
    return rn_decode(s, "choice", &decoder, m.state, 3,
                     (rn_decode_options){
                         .steps = TOKENS + 1, .begin = BEGIN, .end = END, .beam = beam})
        .tokens;
}
