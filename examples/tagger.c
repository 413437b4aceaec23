/* SPDX-License-Identifier: MIT */
/*
 * tagger -- many to many, aligned: what each character of C source belongs to.
 *
 *   e = embed[characters]     [T, B] -> [T, B, 32]
 *   h = LSTM(e)               in both directions, [T, B, 2 H]
 *   softmax(W h + b)          [T, B, 8]: comment, string, number, keyword, ...
 *
 * The labels are those of a lexer (tagger_data.c), so they are exact. It learns from
 * pieces of files, and then labels whole files. A third of the files is held out, by their
 * names.
 */
#include "tagger.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 256, PAGE = 2400, PAGE_LINES = 56 };

static const char *const kind_name[KINDS] = {
    "comment", "string", "number", "keyword", "name", "directive", "punctuation", "space"};
static const char *const colour[KINDS] = {"#2e8b57", "#b8860b", "#6a4fb3", "#0b6fb8",
                                          "#222222", "#d1495b", "#888888", "#dddddd"};

/* ---- the network ---- */

typedef struct task {
    int units;
    rn_metric *confusion;
} task;

static rn_tensor tag(rn_scope s, rn_tensor code, rn_tensor lengths, int units)
{
    rn_sequence h = rn_lstm(
        s, "rnn", rn_embedding(s, "embed", code, CODES, 32),
        (rn_recurrent_options){.units = units, .bidirectional = true, .lengths = lengths});

    return rn_linear(s, "out", h.outputs, KINDS);
}

static rn_tensor loss(rn_fit_graph *g)
{
    const task *t = (const task *)g->user;
    rn_tensor kind = rn_fit_input(g, "kind");
    rn_tensor scores = tag(g->scope, rn_fit_input(g, "code"), g->lengths, t->units);

    g->per_step = true;
    rn_fit_metric(g, t->confusion, scores, kind);
    return rn_cross_entropy_with(scores, kind, (rn_loss_options){.mask = rn_fit_mask(g)});
}

/* ---- the picture ---- */

/* The first lines of a file, coloured as predicted; errors are underlined. */
static bool draw(const settings *s, const page *file, const int32_t *kind,
                 const int32_t *right)
{
    const int count = file->count < PAGE ? file->count : PAGE;
    const char *at = file->bytes;
    picture p;
    int line = 0, lines = 1;

    for (int i = 0; i < count && lines < PAGE_LINES; i++) lines += at[i] == '\n';
    picture_begin(&p, 720, 50 + 15 * lines);
    for (int k = 0; k < SPACE; k++)
        picture_text(&p, 10 + 95.0 * k, 20, 13, "start", colour[k], "%s", kind_name[k]);
    picture_code_begin(&p, 10, 46);
    for (int i = 0, n; i < count && line < PAGE_LINES; i += n) {
        n = 1;
        if (at[i] == '\n') {
            picture_code_end(&p);
            picture_code_begin(&p, 10, 46 + 15.0 * ++line);
            continue;
        }
        while (i + n < count && at[i + n] != '\n' && kind[i + n] == kind[i] &&
               right[i + n] == right[i])
            n++;
        picture_code_span(&p, colour[kind[i]], kind[i] != right[i], at + i, n);
    }
    picture_code_end(&p);
    return picture_end(&p, s);
}

/* Labels the first page of each held-out file, and draws that with most errors. */
static bool draw_worst(const settings *s, rn_model *model, const pieces *held)
{
    static const int64_t size = PAGE;
    rn_graph *g = rn_graph_new();
    rn_tensor code = rn_input(g, "code", RN_I32, rn_shape(PAGE, 1));
    rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(1));
    rn_tensor scores = tag(rn_root_inference(g, model), code, lengths, s->units);
    rn_tensor out = rn_argmax(scores, -1, false);
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(out)});
    rn_batches *files = rn_batches_new(
        &held->source,
        (rn_batches_options){.batch = 1, .longest = PAGE, .buckets = 1, .sizes = &size});
    int32_t kind[PAGE], shown[PAGE];
    int64_t at = 0;
    int most = -1;
    rn_batch b;
    bool ok = p || complain("%s", rn_graph_error(g));

    while (ok && rn_batches_next(files, &b) == RN_OK && b.sequences) {
        int wrong = 0;
        ok = (rn_batch_feed(&b, p) == RN_OK && rn_run(p) == RN_OK &&
              rn_read_i32(p, out, kind, PAGE) == RN_OK) ||
             complain("%s", rn_program_error(p));
        for (int i = 0; i < b.lengths[0]; i++)
            wrong += kind[i] != held->kind[held->offsets[b.which[0]] + i];
        if (wrong <= most) continue;
        at = b.which[0], most = wrong;
        memcpy(shown, kind, sizeof shown);
    }
    if (ok && most < 0) ok = complain("%s", rn_batches_error(files));
    if (ok) printf("%s has most errors on its first page\n", held->file[at]->path);
    ok = ok && draw(s, held->file[at], shown, held->kind + held->offsets[at]);
    rn_batches_free(files);
    rn_program_free(p);
    rn_graph_free(g);
    return ok;
}

/* ---- all of it ---- */

static bool run(const settings *s, task *t, rn_model *model, const pieces *learned,
                const pieces *held)
{
    const rn_batches_options options = {
        .batch = s->batch, .shuffle = true, .seed = (uint64_t)s->seed};
    rn_batches *train = rn_batches_new(&learned->source, options);
    rn_batches *test =
        rn_batches_new(&held->source, (rn_batches_options){.batch = 4, .buckets = 4});
    rn_trainer *trainer = learn(s, model, loss, t, train);
    const bool ok = trainer && (rn_evaluate(trainer, test, NULL) == RN_OK ||
                                complain("%s", rn_trainer_error(trainer)));

    for (int k = 0; k < KINDS && ok; k++)
        printf("  %-12s %6.2f %% of %7.0f right\n", kind_name[k],
               100 * rn_metric_part(t->confusion, k),
               rn_metric_part_weight(t->confusion, k));
    if (ok)
        printf("held out: %.2f %% of %.0f characters right\n",
               100 * rn_metric_value(t->confusion), rn_metric_weight(t->confusion));
    rn_trainer_free(trainer);
    rn_batches_free(train);
    rn_batches_free(test);
    return ok && draw_worst(s, model, held);
}

int main(int argc, char **argv)
{
    settings s = {.data = SOURCES,
                  .out = "tagger",
                  .units = 64,
                  .batch = 16,
                  .updates = 1500,
                  .seed = 1,
                  .rate = 4e-3};
    library files;
    pieces learned = {.code = NULL}, held = {.code = NULL};
    int status;

    if (!settings_read(&s, "tagger",
                       "Learns which characters of C sources are comments, names, numbers "
                       "and so on.",
                       argc, argv, &status))
        return status;
    rn_model *model = rn_model_new((uint64_t)s.seed);
    task t = {s.units, rn_metric_new((rn_metric_options){.kind = RN_METRIC_CONFUSION,
                                                         .classes = KINDS})};
    bool ok = library_read(&files, s.data, ".c .h");
    if (ok)
        ok = (pieces_make(&learned, &files, false, PIECE) &&
              pieces_make(&held, &files, true, INT_MAX)) ||
             complain("%s: too few C sources: some are held out", s.data);
    ok = ok && run(&s, &t, model, &learned, &held);
    rn_metric_free(t.confusion);
    rn_model_free(model);
    pieces_free(&learned);
    pieces_free(&held);
    library_free(&files);
    return finish(ok);
}
