/* SPDX-License-Identifier: MIT */
/*
 * textclass -- many to one: in which language two lines of a file are written.
 *
 *   e = embed[characters]        [T, B] -> [T, B, 32], of different lengths
 *   h = LSTM(e)                  in both directions, the last outputs [B, 2 H]
 *   softmax(W2 dropout(relu(W1 h + b1)) + b2)
 *
 * The lines are those of this repository, or of another folder, and the ending of a file is
 * their label. A third of the files is held out, by their names.
 */
#include "textclass.h"

#include <stdlib.h>

enum { CODES = 128, MOST = 400 };

/* ---- the network ---- */

static rn_tensor classify(rn_scope s, rn_tensor x, rn_tensor lengths, int units)
{
    rn_sequence h = rn_lstm(
        s, "rnn", rn_embedding(s, "embed", x, CODES, 32),
        (rn_recurrent_options){.units = units, .bidirectional = true, .lengths = lengths});
    rn_tensor dense = rn_relu(rn_linear(s, "dense", h.last, 64));

    return rn_linear(s, "out", rn_dropout(s, "dropout", dense, 0.5), LANGUAGES);
}

static bool build(network *n, const settings *s)
{
    if (!network_begin(n, s)) return false;
    job *jobs[] = {&n->learn, &n->use};

    for (int i = 0; i < 2; i++) {
        job *j = jobs[i];
        rn_scope scope =
            i == 0 ? rn_root(j->graph, n->model) : rn_root_inference(j->graph, n->model);
        j->x = rn_input(j->graph, "x", RN_I32, rn_shape(STEPS, s->batch));
        j->lengths = rn_input(j->graph, "lengths", RN_I32, rn_shape(s->batch));
        j->out = classify(scope, j->x, j->lengths, s->units);
    }
    n->learn.y = rn_input(n->learn.graph, "y", RN_I32, rn_shape(s->batch));
    n->learn.out = rn_cross_entropy(n->learn.out, n->learn.y);
    n->use.out = rn_argmax(n->use.out, -1, false);
    return network_compile(n, s);
}

/* Column b of the input. */
static void place(job *j, int batch, int b, const piece *p)
{
    int32_t *x = (int32_t *)j->x_data;

    for (int t = 0; t < p->length; t++) {
        const unsigned char byte = (unsigned char)p->at[t];
        x[t * batch + b] = byte < CODES ? byte : 0;
    }
    j->lengths_data[b] = p->length;
}

static void fill(job *learn, const settings *s, const void *data)
{
    const pieces *all = (const pieces *)data;

    for (int b = 0; b < s->batch; b++) {
        const int label = random_below(LANGUAGES);
        place(learn, s->batch, b, &all->learn[label][random_below(all->learns[label])]);
        ((int32_t *)learn->y_data)[b] = label;
    }
}

/* ---- the held-out files ---- */

/* Counts how often each language is taken for which; at most MOST pieces of each, spread
 * over all its files. */
static bool confuse(job *use, const settings *s, const pieces *all, int *times)
{
    for (int k = 0; k < LANGUAGES; k++) {
        const int count = all->helds[k] < MOST ? all->helds[k] : MOST;
        for (int i = 0; i < count; i += s->batch) {
            const int some = count - i < s->batch ? count - i : s->batch;
            for (int b = 0; b < some; b++)
                place(use, s->batch, b,
                      &all->held[k][(int64_t)(i + b) * all->helds[k] / count]);
            if (!job_run(use)) return false;
            for (int b = 0; b < some; b++)
                times[k * LANGUAGES + ((const int32_t *)use->out_data)[b]]++;
        }
    }
    return true;
}

static bool draw(const settings *s, const int *times, const double *share, double mean)
{
    double written[LANGUAGES * LANGUAGES];
    char *path = output_path(s, ".svg"), title[80];
    const rn_heat_map_options map = {.title = title,
                                     .x_label = "taken for",
                                     .y_label = "language",
                                     .row_names = language,
                                     .column_names = language,
                                     .high = 1,
                                     .written = written};

    for (int i = 0; i < LANGUAGES * LANGUAGES; i++) written[i] = times[i];
    snprintf(title, sizeof title, "Pieces of held-out files: %.1f %% right on average",
             mean);
    const bool ok =
        picture_written(path, path ? rn_heat_map_svg(path, share, LANGUAGES, LANGUAGES, map)
                                   : RN_NO_MEMORY);
    free(path);
    return ok;
}

static bool report(network *n, const settings *s, const pieces *all)
{
    int times[LANGUAGES * LANGUAGES] = {0};
    double share[LANGUAGES * LANGUAGES], mean = 0;

    if (!confuse(&n->use, s, all, times)) return false;
    printf("held out, right:\n");
    for (int k = 0; k < LANGUAGES; k++) {
        int total = 0;
        for (int i = 0; i < LANGUAGES; i++) total += times[k * LANGUAGES + i];
        for (int i = 0; i < LANGUAGES; i++)
            share[k * LANGUAGES + i] = (double)times[k * LANGUAGES + i] / total;
        mean += 100 * share[k * LANGUAGES + k] / LANGUAGES;
        printf("  %-9s %4d of %4d\n", language[k], times[k * LANGUAGES + k], total);
    }
    printf("held out: %.1f %%, the mean of the languages\n", mean);
    return draw(s, times, share, mean);
}

int main(int argc, char **argv)
{
    settings s = {.data = SOURCES,
                  .out = "textclass",
                  .units = 64,
                  .batch = 32,
                  .updates = 1000,
                  .seed = 1,
                  .rate = 2e-3};
    network n = {.model = NULL};
    pieces all;
    int status;

    if (!settings_read(&s, "textclass",
                       "Learns in which language two lines of this repository are written.",
                       argc, argv, &status))
        return status;
    bool ok = pieces_read(&all, &s) && build(&n, &s) && network_learn(&n, &s, fill, &all) &&
              report(&n, &s, &all);
    network_free(&n);
    pieces_free(&all);
    return finish(ok);
}
