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

enum { BEAM = 4, HELD = 2000 };

/* ---- the programs ---- */

static void add_inputs(job *j, int batch, bool signs)
{
    j->x = rn_input(j->graph, "words", RN_I32, rn_shape(WORDS, batch));
    j->lengths = rn_input(j->graph, "lengths", RN_I32, rn_shape(batch));
    if (signs) j->y = rn_input(j->graph, "signs", RN_I32, rn_shape(TOKENS + 1, batch));
}

/* `look` computes the attention while the right signs are read. */
static bool build(network *n, job *look, const settings *s)
{
    rn_tensor attention;

    if (!network_begin(n, s)) return false;
    job *j = &n->learn;
    add_inputs(j, s->batch, true);
    rn_tensor logits = teach(rn_root(j->graph, n->model), j, s->units,
                             rn_slice(j->y, 0, 0, -1, 1), &attention);
    j->out = rn_cross_entropy(logits, rn_slice(j->y, 0, 1, INT64_MAX, 1));

    j = &n->use;
    add_inputs(j, s->batch, false);
    rn_scope scope = rn_root_inference(j->graph, n->model);
    j->out = decode(scope, j, s->units, 0);
    j->more = decode(rn_share(scope), j, s->units, BEAM);

    look->graph = rn_graph_new();
    add_inputs(look, 1, true);
    teach(rn_root_inference(look->graph, n->model), look, s->units,
          rn_slice(look->y, 0, 0, -1, 1), &look->out);
    return network_compile(n, s) && job_compile(look, (rn_compile_options){.threads = 1});
}

/* ---- training and testing ---- */

/* Column b of the words, and of BEGIN and the signs if they are an input. */
static void place(job *j, int batch, int b, const date *d)
{
    int32_t *x = (int32_t *)j->x_data, *y = (int32_t *)j->y_data;

    for (int t = 0; t < WORDS; t++) x[t * batch + b] = d->word[t];
    j->lengths_data[b] = d->count;
    for (int t = 0; y && t <= TOKENS; t++)
        y[t * batch + b] = t == 0 ? BEGIN : d->sign[t - 1];
}

static void fill(job *learn, const settings *s, const void *data)
{
    date d;

    for (int b = 0; b < s->batch; b++) {
        make_date(&d, false);
        place(learn, s->batch, b, &d);
    }
}

/* Whether the decoding is right; element (t, b) is at t * stride. */
static bool matches(const int32_t *tokens, int stride, const date *d)
{
    for (int t = 0; t < TOKENS; t++)
        if (tokens[t * stride] != d->sign[t]) return false;
    return true;
}

static bool measure(job *use, const settings *s, int *greedy, int *beam, int *all)
{
    date *d = (date *)calloc((size_t)s->batch, sizeof *d);
    bool ok = d || complain("out of memory");

    *greedy = *beam = *all = 0;
    while (ok && *all < HELD) {
        for (int b = 0; b < s->batch; b++) {
            make_date(&d[b], true);
            place(use, s->batch, b, &d[b]);
        }
        ok = job_run(use);
        for (int b = 0; b < s->batch && ok; b++) {
            const int32_t *one = (const int32_t *)use->out_data + b;
            const int32_t *best = (const int32_t *)use->more_data + b * BEAM;
            *greedy += matches(one, s->batch, &d[b]);
            *beam += matches(best, s->batch * BEAM, &d[b]);
        }
        *all += s->batch;
    }
    free(d);
    return ok;
}

/* The attention to the words of a held-out date, a column for each sign. */
static bool draw(job *look, const settings *s)
{
    const char *rows[WORDS], *columns[TOKENS];
    double value[WORDS * TOKENS];
    char names[TOKENS][2];
    date d;

    do make_date(&d, true);
    while (d.count < 7);
    place(look, 1, 0, &d);
    if (!job_run(look)) return false;
    for (int i = 0; i < d.count; i++) rows[i] = date_words[d.word[i]];
    for (int t = 0; t < TOKENS - 1; t++) {
        names[t][0] = date_signs[d.sign[t]];
        names[t][1] = 0;
        columns[t] = names[t];
        for (int i = 0; i < d.count; i++)
            value[i * (TOKENS - 1) + t] = ((const float *)look->out_data)[t * WORDS + i];
    }
    char *path = output_path(s, ".svg");
    const rn_heat_map_options map = {.title = "Attention to the words for each sign",
                                     .row_names = rows,
                                     .column_names = columns,
                                     .high = 1};
    const bool ok = picture_written(
        path, path ? rn_heat_map_svg(path, value, d.count, TOKENS - 1, map) : RN_NO_MEMORY);
    free(path);
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
    network n = {.model = NULL};
    job look = {.graph = NULL};
    int status, greedy, beam, all;

    if (!settings_read(&s, "translate", "Learns to write dates in English words as digits.",
                       argc, argv, &status))
        return status;
    bool ok = build(&n, &look, &s) && network_learn(&n, &s, fill, NULL) &&
              measure(&n.use, &s, &greedy, &beam, &all);
    if (ok)
        printf("held out, of %d dates right:\n  greedy       %.2f %%\n  beam of %d    %.2f "
               "%%\n",
               all, 100.0 * greedy / all, BEAM, 100.0 * beam / all);
    ok = ok && draw(&look, &s);
    job_free(&look);
    network_free(&n);
    return finish(ok);
}
