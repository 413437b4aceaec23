/* SPDX-License-Identifier: MIT */
/*
 * tagger -- many to many, aligned: what each character of C source belongs to.
 *
 *   e = embed[characters]     [T, B] -> [T, B, 32]
 *   h = LSTM(e)               in both directions, [T, B, 2 H]
 *   softmax(W h + b)          [T, B, 8]: comment, string, number, keyword, ...
 *
 * The labels are those of a lexer (tagger_lexer.c), so they are exact. Sources are read in
 * windows; the first and last MARGIN characters of a window are context only, unless the
 * file begins or ends there. A third of the files is held out, by their names.
 */
#include "tagger.h"
#include "example.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 256, MARGIN = 32, CODES = 128, IGNORED = -1 };
static const char *const kind_name[KINDS] = {
    "comment", "string", "number", "keyword", "name", "directive", "punctuation", "space"};
static const char *const colour[KINDS] = {"#2e8b57", "#b8860b", "#6a4fb3", "#0b6fb8",
                                          "#222222", "#d1495b", "#888888", "#dddddd"};

typedef struct sources {
    library files;
    unsigned char **kind; /* of each file's characters */
    int *learn, learns;   /* files to train on */
} sources;

static bool sources_read(sources *c, const settings *s)
{
    *c = (sources){.learns = 0};
    if (!library_read(&c->files, s->data, ".c .h")) return false;
    const size_t count = (size_t)c->files.count + 1;
    c->kind = (unsigned char **)calloc(count, sizeof *c->kind);
    c->learn = (int *)calloc(count, sizeof *c->learn);
    bool ok = (c->kind && c->learn) || complain("out of memory");

    for (int i = 0; i < c->files.count && ok; i++) {
        const page *file = &c->files.at[i];
        c->kind[i] = (unsigned char *)calloc((size_t)file->count + 1, 1);
        ok = c->kind[i] || complain("out of memory");
        if (ok) lex(file->bytes, file->count, c->kind[i]);
        if (!file->held && file->count > 0) c->learn[c->learns++] = i;
    }
    return ok && ((c->learns > 0 && c->learns < c->files.count) ||
                  complain("%s: too few C sources: some are held out", s->data));
}

static void sources_free(sources *c)
{
    for (int i = 0; i < c->files.count && c->kind; i++) free(c->kind[i]);
    free(c->kind);
    free(c->learn);
    library_free(&c->files);
}

/* ---- the network ---- */

static rn_tensor tag(rn_scope s, const job *j, int units)
{
    rn_sequence h =
        rn_lstm(s, "rnn", rn_embedding(s, "embed", j->x, CODES, 32),
                (rn_recurrent_options){
                    .units = units, .bidirectional = true, .lengths = j->lengths});

    return rn_linear(s, "out", h.outputs, KINDS);
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
        j->out = tag(scope, j, s->units);
    }
    n->learn.y = rn_input(n->learn.graph, "y", RN_I32, rn_shape(STEPS, s->batch));
    n->learn.out = rn_cross_entropy_ignoring(n->learn.out, n->learn.y, IGNORED);
    n->use.out = rn_argmax(n->use.out, -1, false);
    return network_compile(n, s);
}

/* Column b of the input: the window of a file that begins at a character. */
static void place(job *j, int batch, int b, const page *file, int from)
{
    int32_t *x = (int32_t *)j->x_data;
    const int length = file->count - from < STEPS ? file->count - from : STEPS;

    for (int t = 0; t < length; t++) {
        const unsigned char byte = (unsigned char)file->bytes[from + t];
        x[t * batch + b] = byte < CODES ? byte : 0;
    }
    j->lengths_data[b] = length;
}

/* Whether character `at` counts in the window. */
static bool counts(const page *file, int from, int at)
{
    return at < file->count && (at - from >= MARGIN || from == 0) &&
           (at - from < STEPS - MARGIN || from + STEPS >= file->count);
}

static void fill(job *learn, const settings *s, const void *data)
{
    const sources *c = (const sources *)data;
    int32_t *y = (int32_t *)learn->y_data;

    for (int b = 0; b < s->batch; b++) {
        const int i = c->learn[random_below(c->learns)];
        const page *file = &c->files.at[i];
        const int most = file->count - STEPS, from = most > 0 ? random_below(most + 1) : 0;
        place(learn, s->batch, b, file, from);
        for (int t = 0; t < STEPS; t++)
            y[t * s->batch + b] =
                counts(file, from, from + t) ? c->kind[i][from + t] : IGNORED;
    }
}

/* ---- the held-out files ---- */

/* Tags a whole file. */
static bool predict(job *use, const settings *s, const page *file, unsigned char *kind)
{
    const int stride = STEPS - 2 * MARGIN, windows = (file->count + stride - 1) / stride;

    for (int w = 0; w < windows; w += s->batch) {
        const int some = windows - w < s->batch ? windows - w : s->batch;
        for (int b = 0; b < some; b++) place(use, s->batch, b, file, (w + b) * stride);
        if (!job_run(use)) return false;
        for (int b = 0; b < some; b++)
            for (int t = 0, from = (w + b) * stride; t < STEPS; t++)
                if (counts(file, from, from + t))
                    kind[from + t] =
                        (unsigned char)((const int32_t *)use->out_data)[t * s->batch + b];
    }
    return true;
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

typedef struct result {
    int64_t total[KINDS], wrong[KINDS];
    int shown, errors; /* the file with most errors among those that fit on a page */
    unsigned char *page;
} result;

static bool measure(job *use, const settings *s, const sources *c, int i, result *r)
{
    const page *file = &c->files.at[i];
    const unsigned char *right = c->kind[i];
    unsigned char *kind = (unsigned char *)calloc((size_t)file->count + 1, 1);
    int errors = 0;

    if (!kind) return complain("out of memory");
    const bool ok = predict(use, s, file, kind);
    for (int k = 0; k < file->count && ok; k++) {
        r->total[right[k]]++;
        r->wrong[right[k]] += kind[k] != right[k];
        errors += kind[k] != right[k];
    }
    if (ok && file->count < 2600 && (!r->page || errors > r->errors)) {
        free(r->page);
        r->page = kind;
        r->shown = i;
        r->errors = errors;
    } else {
        free(kind);
    }
    return ok;
}

static bool report(network *n, const settings *s, const sources *c)
{
    result r = {.page = NULL};
    int64_t all = 0, errors = 0;
    bool ok = true;

    for (int i = 0; i < c->files.count && ok; i++)
        if (c->files.at[i].held) ok = measure(&n->use, s, c, i, &r);
    for (int k = 0; k < KINDS && ok; k++) {
        printf("  %-12s %6lld of %7lld wrong\n", kind_name[k], (long long)r.wrong[k],
               (long long)r.total[k]);
        all += r.total[k];
        errors += r.wrong[k];
    }
    if (ok)
        printf("held out: %.2f %% of %lld characters right\n",
               100.0 * (double)(all - errors) / (double)all, (long long)all);
    if (ok && r.page) {
        printf("%s, of the short files the one with most errors\n",
               c->files.at[r.shown].path);
        ok = draw(s, &c->files.at[r.shown], r.page, c->kind[r.shown]);
    }
    free(r.page);
    return ok;
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
    network n = {.model = NULL};
    sources c;
    int status;

    if (!settings_read(&s, "tagger",
                       "Learns which characters of C sources are comments, names, numbers "
                       "and so on.",
                       argc, argv, &status))
        return status;
    bool ok = sources_read(&c, &s) && build(&n, &s) && network_learn(&n, &s, fill, &c) &&
              report(&n, &s, &c);
    network_free(&n);
    sources_free(&c);
    return finish(ok);
}
