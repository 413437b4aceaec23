/* SPDX-License-Identifier: MIT */
/*
 * tagger -- many to many, aligned: what each character of C source belongs to.
 *
 *   e = embed[characters]     [T, B] -> [T, B, 32]
 *   h = LSTM(e)               in both directions, [T, B, 2 H]
 *   softmax(W h + b)          [T, B, 8]: comment, string, number, keyword, ...
 *
 * The labels are those of a lexer (tagger_data.c), so they are exact. It learns from short
 * pieces of a text, and then labels pages. The last third of the text is held out.
 */
#include "tagger.h"

#include <stdlib.h>

enum { CODES = 128, PIECE = 256, PAGE = 2048 };

static const char *const kind_name[KINDS] = {
    "comment", "string", "number", "keyword", "name", "directive", "punctuation", "space"};
static const char *const colour[KINDS] = {"#2e8b57", "#b8860b", "#6a4fb3", "#0b6fb8",
                                          "#222222", "#d1495b", "#888888", "#dddddd"};

static rn_tensor network(rn_fit_graph *g)
{
    rn_tensor code = rn_fit_input(g, "code"), kind = rn_fit_input(g, "kind");
    rn_sequence h =
        rn_lstm(g->scope, "rnn", rn_embedding(g->scope, "embed", code, CODES, 32),
                (rn_recurrent_options){.units = ((const settings *)g->user)->units,
                                       .bidirectional = true,
                                       .lengths = g->lengths});
    rn_tensor scores = rn_linear(g->scope, "out", h.outputs, KINDS);

    g->per_step = true;
    g->prediction = rn_transpose(rn_argmax(scores, -1, false));
    return rn_cross_entropy_with(scores, kind, (rn_loss_options){.mask = rn_fit_mask(g)});
}

/* ---- the held-out text: its characters, their kinds, and those that the network says ----
 */

static int count_errors(const int32_t *kind, const int32_t *said, int count)
{
    int wrong = 0;

    for (int i = 0; i < count; i++) wrong += said[i] != kind[i];
    return wrong;
}

static void print_result(const int32_t *kind, const int32_t *said, int count)
{
    int right[KINDS] = {0}, all[KINDS] = {0};

    for (int i = 0; i < count; i++) {
        all[kind[i]]++;
        right[kind[i]] += said[i] == kind[i];
    }
    for (int k = 0; k < KINDS; k++) {
        if (all[k] == 0) continue;
        printf("  %-12s %6.2f %% of %7d right\n", kind_name[k], 100.0 * right[k] / all[k],
               all[k]);
    }
    printf("held out: %.2f %% of %d characters right\n",
           100 - 100.0 * count_errors(kind, said, count) / count, count);
}

/* The lines of a page, coloured as predicted; errors are underlined. */
static bool draw(const settings *s, const char *at, const int32_t *kind,
                 const int32_t *said)
{
    picture p;
    int line = 0, lines = 1;

    for (int i = 0; i < PAGE; i++) lines += at[i] == '\n';
    picture_begin(&p, 720, 50 + 15 * lines);
    for (int k = 0; k < SPACE; k++)
        picture_text(&p, 10 + 95.0 * k, 20, 13, "start", colour[k], "%s", kind_name[k]);
    picture_code_begin(&p, 10, 46);
    for (int i = 0, n; i < PAGE; i += n) {
        n = 1;
        if (at[i] == '\n') {
            picture_code_end(&p);
            picture_code_begin(&p, 10, 46 + 15.0 * ++line);
            continue;
        }
        while (i + n < PAGE && at[i + n] != '\n' && said[i + n] == said[i] &&
               kind[i + n] == kind[i])
            n++;
        picture_code_span(&p, colour[said[i]], said[i] != kind[i], at + i, n);
    }
    picture_code_end(&p);
    return picture_end(&p, s);
}

static bool report(const settings *s, const char *text, const int32_t *kind,
                   const int32_t *said, int pages)
{
    int worst = 0, most = -1;

    print_result(kind, said, pages * PAGE);
    for (int i = 0; i < pages; i++) {
        const int wrong = count_errors(kind + i * PAGE, said + i * PAGE, PAGE);
        if (wrong > most) worst = i, most = wrong;
    }
    printf("page %d of %d has most errors: %d\n", worst + 1, pages, most);
    worst *= PAGE;
    return draw(s, text + worst, kind + worst, said + worst);
}

/* ---- all of it ---- */

static bool run(settings *s, const char *text, int count)
{
    static const rn_field fields[] = {{"code", .type = RN_I32}, {"kind", .type = RN_I32}};
    int32_t *code = (int32_t *)calloc((size_t)count * 3 + 1, sizeof *code);
    int32_t *kind = code + count, *said = kind + count;
    const int pieces = count / 3 * 2 / PIECE, cut = pieces * PIECE;
    const int pages = (count - cut) / PAGE;

    if (!code) return complain("out of memory");
    lex(text, count, kind);
    for (int i = 0; i < count; i++) code[i] = (unsigned char)text[i] < CODES ? text[i] : 0;
    const void *const first[] = {code, kind}, *const last[] = {code + cut, kind + cut};
    const rn_arrays arrays[] = {{fields, 2, first, pieces, .steps = PIECE},
                                {fields, 2, last, pages, .steps = PAGE}};
    const rn_source learned = rn_source_arrays(&arrays[0]),
                    held = rn_source_arrays(&arrays[1]);
    rn_model *model = rn_model_new((uint64_t)s->seed);
    rn_trainer *t = learn(s, model, network, s, &learned);
    const bool ok = t && predict(t, s, &held, said, (size_t)pages * PAGE * sizeof *said) &&
                    report(s, text + cut, kind + cut, said, pages);

    rn_trainer_free(t);
    rn_model_free(model);
    free(code);
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
    int status, count;

    if (!settings_read(&s, "tagger",
                       "Learns which characters of a C source are comments, names, "
                       "numbers and so on.",
                       argc, argv, &status))
        return status;
    char *text = file_read(s.data, &count);
    bool ok = text != NULL;
    if (ok && count < 4 * PAGE)
        ok = complain("%s: %d bytes are too few: %d are needed", s.data, count, 4 * PAGE);
    ok = ok && run(&s, text, count);
    free(text);
    return finish(ok);
}
