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
    rn_metric *greedy, *beam;
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

/* Measures how many translations of `lengths` characters, y [T, B], are right. With one
 * beam the decoder chooses the most likely character. */
static void measure(rn_fit_graph *g, memory m, rn_tensor y, rn_tensor lengths, int beams,
                    rn_metric *metric)
{
    const rn_decoder decoder = {step, &m};

    m.outputs = rn_beam_repeat(m.outputs, 1, beams);
    m.keys = rn_beam_repeat(m.keys, 1, beams);
    m.words = rn_beam_repeat(m.words, 1, beams);
    const rn_decoding d = rn_decode(rn_share(g->scope), "choice", &decoder, m.state, 2,
                                    (rn_decode_options){.steps = rn_size(y, 0),
                                                        .begin = m.task->begin,
                                                        .end = m.task->end,
                                                        .beam = beams});
    rn_tensor best = rn_slice(d.tokens, 2, 0, 1, 1),
              length = rn_slice(d.lengths, 1, 0, 1, 1);
    rn_fit_metric_lengths(g, metric, rn_reshape(best, rn_shape_get(y)),
                          rn_reshape(length, rn_shape_get(lengths)), y, lengths);
}

static rn_tensor loss(rn_fit_graph *g)
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
        measure(g, m, y, lengths, 1, t->greedy);
        measure(g, m, y, lengths, BEAM, t->beam);
    }
    return rn_cross_entropy_with(logits, y,
                                 (rn_loss_options){.weights = g->weights, .ignores = true});
}

/* ---- the picture ---- */

/* Draws the attention to the words of a date, a column for each character. The decoder's
 * steps are written out, so that each leaves its attention. */
static bool draw(const settings *s, const task *t, rn_model *model, const char *text)
{
    rn_graph *g = rn_graph_new();
    const rn_scope scope = rn_root_inference(g, model);
    int32_t word[MOST], sign[SIGNS];
    const int count = (int)rn_vocabulary_encode(t->words, text, strlen(text), word, MOST);
    rn_tensor x = rn_constant(g, RN_I32, rn_shape(count, 1), word), signs[SIGNS + 1],
              attention[SIGNS];
    memory m = encode(scope, x, rn_fill(g, RN_I32, rn_shape(1), count), t);

    signs[0] = rn_fill(g, RN_I32, rn_shape(1), t->begin);
    for (int i = 0; i < SIGNS; i++) {
        signs[i + 1] = rn_argmax(step(rn_share(scope), signs[i], m.state, &m), -1, false);
        attention[i] = m.attention;
    }
    rn_tensor map = rn_cast(rn_concat(attention, SIGNS, -1), RN_F64),
              written = rn_concat(signs + 1, SIGNS, 0);
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(map, written)});
    double value[MOST * SIGNS];
    const char *rows[MOST], *columns[SIGNS];
    bool ok = p || complain("%s", rn_graph_error(g));
    if (ok)
        ok = (rn_run(p) == RN_OK && rn_read_f64(p, map, value, SIGNS * count) == RN_OK &&
              rn_read_i32(p, written, sign, SIGNS) == RN_OK) ||
             complain("%s", rn_program_error(p));
    for (int i = 0; i < count && ok; i++)
        rows[i] = rn_vocabulary_token(t->words, word[i], NULL);
    for (int i = 0; i < SIGNS && ok; i++)
        columns[i] = rn_vocabulary_token(t->signs, sign[i], NULL);
    char *path = output_path(s, ".svg");
    const rn_heat_map_options o = {.title = "Attention to the words for each character",
                                   .row_names = rows,
                                   .column_names = columns,
                                   .high = 1};
    ok = ok && picture_written(path, path ? rn_heat_map_svg(path, value, count, SIGNS, o)
                                          : RN_NO_MEMORY);
    free(path);
    rn_program_free(p);
    rn_graph_free(g);
    return ok;
}

/* ---- all of it ---- */

static bool run(const settings *s, task *t, rn_model *model, const dates *learned,
                const dates *held)
{
    const rn_batches_options options = {
        .batch = s->batch, .shuffle = true, .seed = (uint64_t)s->seed};
    rn_batches *train = rn_batches_new(&learned->source, options);
    rn_batches *test = rn_batches_new(&held->source, options);
    rn_trainer *trainer = learn(s, model, loss, t, train);
    bool ok = trainer && (rn_evaluate(trainer, test, NULL) == RN_OK ||
                          complain("%s", rn_trainer_error(trainer)));
    int longest = 0;

    if (ok)
        printf("held out, of %d dates right:\n  greedy       %.2f %%\n  beam of %d    %.2f "
               "%%\n",
               held->count, 100 * rn_metric_value(t->greedy), BEAM,
               100 * rn_metric_value(t->beam));
    for (int i = 0; i < held->count; i++)
        if (strlen(held->side[0][i]) > strlen(held->side[0][longest])) longest = i;
    ok = ok && draw(s, t, model, held->side[0][longest]);
    rn_trainer_free(trainer);
    rn_batches_free(train);
    rn_batches_free(test);
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
              .greedy = rn_metric_new(
                  (rn_metric_options){.kind = RN_METRIC_EXACT_MATCH, .name = "greedy"}),
              .beam = rn_metric_new(
                  (rn_metric_options){.kind = RN_METRIC_EXACT_MATCH, .name = "beam"})};
    rn_model *model = rn_model_new((uint64_t)s.seed);
    t.begin = rn_vocabulary_mark(t.signs, RN_MARK_BEGIN);
    t.end = rn_vocabulary_mark(t.signs, RN_MARK_END);
    const bool ok = dates_make(&learned, LEARNED, false, t.words, t.signs) &&
                    dates_make(&held, HELD, true, t.words, t.signs) &&
                    run(&s, &t, model, &learned, &held);
    rn_model_free(model);
    rn_metric_free(t.greedy);
    rn_metric_free(t.beam);
    dates_free(&learned);
    dates_free(&held);
    rn_vocabulary_free(t.words);
    rn_vocabulary_free(t.signs);
    return finish(ok);
}
