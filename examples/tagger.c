/* SPDX-License-Identifier: MIT */
/*
 * tagger -- many to many, aligned: what each character of C source belongs to.
 *
 *   e = embed[characters]     [T, B] -> [T, B, 32]
 *   h = LSTM(e)               in both directions, [T, B, 2 H]
 *   softmax(W h + b)          [T, B, 8]: comment, string, number, keyword, ...
 *
 * The labels are those of a lexer (tagger_lexer.c), so they are exact. Sources are read in
 * windows that overlap; the first and last MARGIN characters of a window are context only,
 * unless the file begins or ends there. A third of the files is held out, by their names.
 */
#include "tagger_windows.h"

#include <stdlib.h>

static const char *const kind_name[KINDS] = {
    "comment", "string", "number", "keyword", "name", "directive", "punctuation", "space"};
static const char *const colour[KINDS] = {"#2e8b57", "#b8860b", "#6a4fb3", "#0b6fb8",
                                          "#222222", "#d1495b", "#888888", "#dddddd"};

/* ---- the network ---- */

static rn_tensor tag(rn_scope s, rn_tensor x, rn_tensor lengths, int units)
{
    rn_sequence h = rn_lstm(
        s, "rnn", rn_embedding(s, "embed", x, CODES, 32),
        (rn_recurrent_options){.units = units, .bidirectional = true, .lengths = lengths});

    return rn_linear(s, "out", h.outputs, KINDS);
}

static rn_tensor loss(rn_fit_graph *g)
{
    const settings *s = (const settings *)g->user;

    g->per_step = true;
    return rn_cross_entropy_ignoring(
        tag(g->scope, rn_fit_input(g, "x"), g->lengths, s->units), rn_fit_input(g, "y"),
        IGNORED);
}

/* The rate rises over the first twentieth of the updates and falls along a cosine. */
static bool train(rn_model *model, const windows *w, settings *s)
{
    rn_optimizer adam = rn_clipped(rn_adam(s->rate), 1);
    const int rising = s->updates / 20;
    const int64_t epochs = 1 + (int64_t)s->updates * s->batch / w->count;
    char *path = output_path(s, ".safetensors");

    adam.schedule = (rn_schedule){
        .kind = RN_SCHEDULE_COSINE, .steps = s->updates - rising, .warm_up = rising};
    rn_batches *batches = batches_of(w, s, true);
    rn_trainer *trainer =
        rn_trainer_new(model, loss, (rn_trainer_options){.optimizer = adam, .user = s});
    bool ok = rn_fit(trainer, (rn_fit_options){.train = batches,
                                               .epochs = epochs,
                                               .steps = s->updates,
                                               .callbacks = {rn_show_progress(stderr)}}) ==
                  RN_OK ||
              complain("%s", rn_trainer_error(trainer));
    if (ok)
        ok = (path && rn_model_save(model, path) == RN_OK) ||
             complain("%s", path ? rn_model_error(model) : "out of memory");
    if (ok)
        printf("%lld weights, %s kernels, in %s\n", (long long)rn_model_parameters(model),
               rn_isa(), path);
    rn_trainer_free(trainer);
    rn_batches_free(batches);
    free(path);
    return ok;
}

/* ---- the held-out files ---- */

static bool tag_all(rn_program *program, rn_tensor out, rn_batches *batches,
                    const windows *w, int32_t *kind)
{
    rn_batch b;

    while (rn_batches_next(batches, &b) == RN_OK && b.sequences > 0) {
        const size_t count = (size_t)(b.steps * b.sequences);
        if (rn_batch_feed(&b, program) != RN_OK || rn_run(program) != RN_OK ||
            rn_read(program, out, kind, count * sizeof *kind) != RN_OK)
            return complain("%s", rn_program_error(program));
        for (int64_t k = 0; k < b.real; k++) {
            const struct window *at = &w->at[b.which[k]];
            for (int t = 0; t < b.lengths[k]; t++)
                if (counts(&w->sources->files.at[at->file], at->from, at->from + t))
                    w->sources->guess[at->file][at->from + t] =
                        (unsigned char)kind[t * b.sequences + k];
        }
    }
    return !*rn_batches_error(batches) || complain("%s", rn_batches_error(batches));
}

/* The network's guesses for all windows, with weights that are loaded or learned. */
static bool predict(rn_model *model, const windows *learned, const windows *held,
                    settings *s)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_I32, rn_shape(STEPS, s->batch));
    rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(s->batch));
    rn_tensor out =
        rn_argmax(tag(rn_root_inference(g, model), x, lengths, s->units), -1, false);
    rn_program *program =
        rn_compile(g, (rn_compile_options){.output = {out}, .output_count = 1});
    rn_batches *batches = batches_of(held, s, false);
    int32_t *kind = (int32_t *)calloc(STEPS * (size_t)s->batch, sizeof *kind);
    bool ok = program || complain("%s", rn_graph_error(g));

    if (ok) ok = kind || complain("out of memory");
    if (ok && s->load)
        ok =
            rn_model_load(model, s->load) == RN_OK || complain("%s", rn_model_error(model));
    else
        ok = ok && train(model, learned, s);
    ok = ok && tag_all(program, out, batches, held, kind);
    free(kind);
    rn_batches_free(batches);
    rn_program_free(program);
    rn_graph_free(g);
    return ok;
}

enum { PAGE_LINES = 56 };

/* The first lines of a file, coloured as predicted. */
static bool draw(const settings *s, const page *file, const unsigned char *kind,
                 const unsigned char *right)
{
    picture p;
    int line = 0, lines = 1;

    for (const char *c = file->bytes; *c && lines < PAGE_LINES; c++) lines += *c == '\n';
    picture_begin(&p, 720, 50 + 15 * lines);
    for (int k = 0; k < SPACE; k++)
        picture_text(&p, 10 + 95.0 * k, 20, 13, "start", colour[k], "%s", kind_name[k]);
    picture_code_begin(&p, 10, 46);
    for (int i = 0, n; i < file->count && line < PAGE_LINES; i += n) {
        n = 1;
        if (file->bytes[i] == '\n') {
            picture_code_end(&p);
            picture_code_begin(&p, 10, 46 + 15.0 * ++line);
            continue;
        }
        while (file->bytes[i + n] && file->bytes[i + n] != '\n' && kind[i + n] == kind[i] &&
               right[i + n] == right[i])
            n++;
        picture_code_span(&p, colour[kind[i]], kind[i] != right[i], file->bytes + i, n);
    }
    picture_code_end(&p);
    return picture_end(&p, s);
}

/* Counts the errors, and draws the file with most of them among those that fit on a page.
 */
static bool report(const settings *s, const sources *c)
{
    int64_t total[KINDS] = {0}, wrong[KINDS] = {0}, all = 0, errors = 0;
    int shown = -1, most = -1;

    for (int i = 0; i < c->files.count; i++) {
        const page *file = &c->files.at[i];
        int here = 0;
        for (int k = 0; k < file->count && file->held; k++) {
            const int kind = c->kind[i][k], is_wrong = c->guess[i][k] != kind;
            total[kind]++;
            wrong[kind] += is_wrong;
            here += is_wrong;
        }
        if (file->held && file->count < 2600 && here > most) shown = i, most = here;
    }
    for (int k = 0; k < KINDS; k++) {
        printf("  %-12s %6lld of %7lld wrong\n", kind_name[k], (long long)wrong[k],
               (long long)total[k]);
        all += total[k];
        errors += wrong[k];
    }
    printf("held out: %.2f %% of %lld characters right\n",
           100.0 * (double)(all - errors) / (double)all, (long long)all);
    if (shown < 0) return true;
    printf("%s, of the short files the one with most errors\n", c->files.at[shown].path);
    return draw(s, &c->files.at[shown], c->guess[shown], c->kind[shown]);
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
    sources c;
    windows learned = {.at = NULL}, held = {.at = NULL};
    int status;

    if (!settings_read(&s, "tagger",
                       "Learns which characters of C sources are comments, names, numbers "
                       "and so on.",
                       argc, argv, &status))
        return status;
    rn_model *model = rn_model_new((uint64_t)s.seed);
    const bool ok = sources_read(&c, &s) &&
                    windows_make(&learned, &c, false, STRIDE_LEARN, s.data) &&
                    windows_make(&held, &c, true, STRIDE, s.data) &&
                    predict(model, &learned, &held, &s) && report(&s, &c);
    rn_model_free(model);
    free(learned.at);
    free(held.at);
    sources_free(&c);
    return finish(ok);
}
