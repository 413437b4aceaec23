/* SPDX-License-Identifier: MIT */
/*
 * translate -- sequence to sequence: dates in English words become digits, "the third of
 * march nineteen oh four" 1904-03-03.
 *
 *   m = LSTM(embed[words])    in both directions, [S, B, 2 H]
 *   the decoder, one character after the other (Bahdanau et al. 2014, arXiv:1409.0473):
 *     a = softmax(v tanh(W h + U m)) over the words, c = sum a m
 *     h' = LSTM([embed[character before]; c], h)
 *     softmax(V [h'; c])
 *
 * In training the decoder reads the right characters (teacher forcing); later those that it
 * chose itself. One date in ten is held out, in whatever words.
 */
#include "translate.h"

#include <stdlib.h>
#include <string.h>

enum { BEAM = 4, LEARNED = 32000, HELD = 2000, MOST = 12, SIGNS = 10 };

typedef struct task {
    int units;
    rn_vocabulary *words, *signs;
    int32_t begin, end; /* marks of the signs */
    rn_metric *right;
} task;

/* ---- the network ---- */

/* What the decoder reads of the words. */
typedef struct memory {
    const task *task;
    rn_tensor outputs, keys; /* [S, N, 2 H], [S, N, H] */
    rn_tensor words;         /* bool [S, N]: those that there are */
    rn_tensor state[2];      /* the first h and c of the decoder */
    rn_tensor attention;     /* of the last step, [S, N] */
} memory;

static memory encode(rn_scope s, rn_tensor words, rn_tensor lengths, const task *t)
{
    rn_tensor x = rn_embedding(s, "words", words, rn_vocabulary_count(t->words), 32);
    rn_sequence h =
        rn_lstm(s, "encoder", x,
                (rn_recurrent_options){
                    .units = t->units, .bidirectional = true, .lengths = lengths});
    memory m = {.task = t, .outputs = h.outputs};

    m.keys = rn_linear(s, "keys", h.outputs, t->units);
    m.words =
        rn_less(rn_expand(rn_range(s.graph, rn_size(words, 0)), 1), rn_expand(lengths, 0));
    m.state[0] = rn_tanh(rn_linear(s, "start", h.last, t->units));
    m.state[1] = rn_fill_like(m.state[0], 0);
    return m;
}

/* A step of the decoder: characters [N], states h and c -> logits [N, V]. */
static rn_tensor step(rn_scope s, rn_tensor signs, rn_tensor *state, void *user)
{
    memory *m = (memory *)user;
    const task *t = m->task;
    rn_tensor query = rn_linear(s, "query", state[0], t->units);
    rn_tensor v = rn_weight(s, "v", rn_shape(t->units), (rn_init){RN_INIT_UNIFORM, 0.1});
    rn_tensor e = rn_sum_axis(rn_mul(v, rn_tanh(rn_add(query, m->keys))), -1);
    m->attention = rn_softmax(rn_where(m->words, e, rn_constant_like(e, -1e9)), 0);
    rn_tensor context = rn_sum_axis(rn_mul(rn_expand(m->attention, -1), m->outputs), 0);
    rn_tensor x[2] = {rn_embedding(s, "signs", signs, rn_vocabulary_count(t->signs), 16),
                      context};

    x[0] = rn_recurrent_step(s, "decoder", &rn_cell_lstm, rn_concat(x, 2, -1), state,
                             (rn_recurrent_options){.units = t->units});
    return rn_linear(s, "out", rn_concat(x, 2, -1), rn_vocabulary_count(t->signs));
}

/* Measures how many translations of `lengths` characters, y [T, B], are right. */
static void measure(rn_fit_graph *g, memory m, rn_tensor y, rn_tensor lengths)
{
    const rn_decoder decoder = {step, &m};
    const rn_decode_options o = {
        .steps = rn_size(y, 0), .begin = m.task->begin, .end = m.task->end, .beam = BEAM};

    m.outputs = rn_beam_repeat(m.outputs, 1, BEAM);
    m.keys = rn_beam_repeat(m.keys, 1, BEAM);
    m.words = rn_beam_repeat(m.words, 1, BEAM);
    const rn_decoding d = rn_decode(rn_share(g->scope), "choice", &decoder, m.state, 2, o);
    rn_fit_metric_lengths(g, m.task->right, rn_index(d.tokens, 2, 0),
                          rn_index(d.lengths, 1, 0), y, lengths);
}

/* The attention to each word in the step of each character, [B, 12, 10]. The decoder's
 * steps are written out, so that each leaves its attention. */
static rn_tensor attention(rn_scope s, memory m)
{
    rn_tensor sign =
        rn_fill(s.graph, RN_I32, rn_shape(rn_size(m.state[0], 0)), m.task->begin);
    rn_tensor all[SIGNS];

    for (int i = 0; i < SIGNS; i++) {
        sign = rn_argmax(step(rn_share(s), sign, m.state, &m), -1, false);
        all[i] = rn_transpose(m.attention);
    }
    rn_tensor map = rn_stack(all, SIGNS, -1);
    return rn_pad(map, 1, 0, MOST - rn_size(map, 1), 0);
}

static rn_tensor network(rn_fit_graph *g)
{
    const task *t = (const task *)g->user;
    memory m = encode(g->scope, rn_fit_input(g, "tokens"), g->lengths, t);
    const rn_decoder decoder = {step, &m};
    rn_tensor date = rn_transpose(rn_fit_input(g, "date")); /* begin, .., end */
    rn_tensor y = rn_slice(date, 0, 1, INT64_MAX, 1), state[2] = {m.state[0], m.state[1]};
    rn_tensor logits = rn_teacher_force(g->scope, "teach", &decoder, y, state, 2,
                                        (rn_teacher_options){.begin = t->begin});

    if (!g->training) {
        rn_tensor n = rn_fit_input(g, "length"); /* with begin and end; 0 fills a batch */
        rn_tensor lengths = rn_maximum(rn_offset(n, -2), rn_fill_like(n, 0));
        measure(g, m, y, lengths);
        g->prediction = attention(g->scope, m);
    }
    return rn_cross_entropy_with(logits, y,
                                 (rn_loss_options){.weights = g->weights, .ignores = true});
}

/* ---- the held-out dates ---- */

/* Draws the attention to the words of the longest date, a column for each character. */
static bool draw(const settings *s, const task *t, const dates *held,
                 float (*attention)[MOST][SIGNS])
{
    const char *rows[MOST], *columns[SIGNS];
    double value[MOST * SIGNS];
    int32_t word[MOST], sign[SIGNS];
    int at = 0;

    for (int i = 0; i < held->count; i++)
        if (strlen(held->side[0][i]) > strlen(held->side[0][at])) at = i;
    const char *words = held->side[0][at], *date = held->side[1][at];
    const int count = (int)rn_vocabulary_encode(t->words, words, strlen(words), word, MOST);
    rn_vocabulary_encode(t->signs, date, SIGNS, sign, SIGNS);
    for (int i = 0; i < count; i++) rows[i] = rn_vocabulary_token(t->words, word[i], NULL);
    for (int i = 0; i < SIGNS; i++)
        columns[i] = rn_vocabulary_token(t->signs, sign[i], NULL);
    for (int i = 0; i < count * SIGNS; i++) value[i] = attention[at][i / SIGNS][i % SIGNS];
    const rn_heat_map_options o = {.title = "Attention to the words for each character",
                                   .row_names = rows,
                                   .column_names = columns,
                                   .high = 1};

    return picture_written(s, rn_heat_map_svg(s->picture, value, count, SIGNS, o));
}

static bool run(const settings *s, task *t, const dates *learned, const dates *held)
{
    static float attention[HELD][MOST][SIGNS];
    rn_model *model = rn_model_new((uint64_t)s->seed);
    rn_trainer *trainer = learn(s, model, network, t, &learned->source);
    bool ok = trainer && predict(trainer, s, &held->source, attention, sizeof attention);

    if (ok)
        printf("held out: %.2f %% of %d dates right, with %d beams\n",
               100 * rn_metric_value(t->right), held->count, BEAM);
    ok = ok && draw(s, t, held, attention);
    rn_trainer_free(trainer);
    rn_model_free(model);
    return ok;
}

int main(int argc, char **argv)
{
    settings s = {.out = "translate",
                  .units = 64,
                  .batch = 64,
                  .updates = 1500,
                  .seed = 1,
                  .rate = 4e-3};
    dates learned = {.count = 0}, held = {.count = 0};
    int status;

    if (!settings_read(&s, "translate", "Learns to write dates in English words as digits.",
                       argc, argv, &status))
        return status;
    task t = {s.units, words_new(), signs_new(),
              .right = rn_metric_new(
                  (rn_metric_options){.kind = RN_METRIC_EXACT_MATCH, .name = "right"})};
    t.begin = rn_vocabulary_mark(t.signs, RN_MARK_BEGIN);
    t.end = rn_vocabulary_mark(t.signs, RN_MARK_END);
    const bool ok = dates_make(&learned, LEARNED, false, t.words, t.signs) &&
                    dates_make(&held, HELD, true, t.words, t.signs) &&
                    run(&s, &t, &learned, &held);
    rn_metric_free(t.right);
    dates_free(&learned);
    dates_free(&held);
    rn_vocabulary_free(t.words);
    rn_vocabulary_free(t.signs);
    return finish(ok);
}
