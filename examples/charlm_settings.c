/* SPDX-License-Identifier: MIT */
/* The command line of charlm. */
#include "charlm.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The text of this repository, which the build writes. */
#ifndef CHARLM_TEXT
#define CHARLM_TEXT "corpus.txt"
#endif

enum { USAGE_STATUS = 2 };

bool complain(const char *format, ...)
{
    va_list arguments;

    fputs("charlm: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return false;
}

/* ---- the options ---- */

typedef enum kind { WHOLE, REAL, WORDS, FLAG } kind;

typedef struct option {
    const char *name, *argument, *help;
    kind kind;
    size_t at;
    double least, most;
} option;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--cell", "NAME", "rnn, lstm or gru", WORDS, AT(cell), 0, 0},
    {"--layers", "N", "recurrent layers", WHOLE, AT(layers), 1, RN_LAYERS_MAX},
    {"--hidden", "N", "units of a layer", WHOLE, AT(hidden), 1, 65536},
    {"--embed", "N", "units of the embedding", WHOLE, AT(embed), 1, 65536},
    {"--batch", "N", "streams of text side by side", WHOLE, AT(batch), 1, 65536},
    {"--steps", "N", "steps that a gradient goes back", WHOLE, AT(steps), 1, 65536},
    {"--rate", "X", "learning rate at the start", REAL, AT(rate), 0, 10},
    {"--clip", "X", "largest norm of the gradient, 0 for any", REAL, AT(clip), 0, 1e9},
    {"--dropout", "X", "share of units dropped", REAL, AT(dropout), 0, 0.99},
    {"--epochs", "X", "passes over the text", REAL, AT(epochs), 0, 1e9},
    {"--seconds", "X", "time for training", REAL, AT(seconds), 0, 1e9},
    {"--seed", "N", "of everything that is random", WHOLE, AT(seed), 0, 9e15},
    {"--out", "NAME", "writes NAME.safetensors, NAME.txt, NAME.svg", WORDS, AT(out), 0, 0},
    {"--resume", "", "goes on with NAME-checkpoint.safetensors", FLAG, AT(resume), 0, 0},
    {"--tensorboard", "FOLDER", "writes event files there", WORDS, AT(tensorboard), 0, 0},
    {"--force", "", "writes over files that charlm did not make", FLAG, AT(force), 0, 0},
    {"--load", "FILE", "a trained model; samples without training", WORDS, AT(load), 0, 0},
    {"--sample", "N", "characters to write at the end", WHOLE, AT(sample), 0, 1e9},
    {"--prompt", "TEXT", "what a sample begins with", WORDS, AT(prompt), 0, 0},
    {"--temperature", "X", "below 1 safer, above 1 bolder", REAL, AT(temperature), 0, 100},
};
enum { OPTIONS = sizeof options / sizeof *options };

static const settings defaults = {.text = CHARLM_TEXT,
                                  .cell = "lstm",
                                  .layers = 2,
                                  .hidden = 192,
                                  .embed = 64,
                                  .batch = 16,
                                  .steps = 64,
                                  .sample = 500,
                                  .seed = 1,
                                  .rate = 4e-3,
                                  .clip = 1,
                                  .dropout = 0.1,
                                  .temperature = 0.7,
                                  .out = "charlm",
                                  .prompt = ""};

static void print_default(const option *o)
{
    const char *at = (const char *)&defaults + o->at;
    const char *const *words = (const char *const *)(const void *)at;

    if (o->kind == WHOLE)
        printf(" (%lld)", (long long)*(const int64_t *)(const void *)at);
    else if (o->kind == REAL && *(const double *)(const void *)at > 0)
        printf(" (%g)", *(const double *)(const void *)at);
    else if (o->kind == WORDS && *words && **words)
        printf(" (%s)", *words);
    putchar('\n');
}

static void print_help(void)
{
    puts("usage: charlm [options] [text file]\n\n"
         "Learns to predict the next character of a text, says how well it does on a part\n"
         "that it was not shown beside counted models, and writes some text of its own.\n"
         "Without a file the text is that of this repository. Ctrl-C ends the training\n"
         "early; what was learnt is kept.\n");
    for (int i = 0; i < OPTIONS; i++) {
        char left[32];
        snprintf(left, sizeof left, "%s %s", options[i].name, options[i].argument);
        printf("  %-20s %s", left, options[i].help);
        print_default(&options[i]);
    }
    puts("  --help               this text\n\n"
         "Without --epochs and --seconds it trains for 300 seconds; with both, until the\n"
         "first of them is over.");
}

/* ---- reading them ---- */

static bool set(settings *s, const option *o, const char *value)
{
    char *at = (char *)s + o->at, *end = NULL;

    if (o->kind == WORDS) {
        *(const char **)(void *)at = value;
        return true;
    }
    const double number =
        o->kind == WHOLE ? (double)strtoll(value, &end, 10) : strtod(value, &end);
    if (!*value || *end)
        return complain("%s: %s is not a %snumber", o->name, value,
                        o->kind == WHOLE ? "whole " : "");
    if (!(number >= o->least && number <= o->most))
        return complain("%s: %s is not within %g and %g", o->name, value, o->least,
                        o->most);
    if (o->kind == WHOLE)
        *(int64_t *)(void *)at = (int64_t)number;
    else
        *(double *)(void *)at = number;
    return true;
}

static const option *find(const char *name)
{
    for (int i = 0; i < OPTIONS; i++)
        if (strcmp(options[i].name, name) == 0) return &options[i];
    return NULL;
}

static bool check(settings *s)
{
    if (strcmp(s->cell, "rnn") && strcmp(s->cell, "lstm") && strcmp(s->cell, "gru"))
        return complain("--cell: %s is not rnn, lstm or gru", s->cell);
    if (!*s->out) return complain("--out: a name is needed");
    if (!(s->rate > 0)) return complain("--rate: it must be above 0");
    if (s->epochs == 0 && s->seconds == 0) s->seconds = 300;
    return true;
}

static bool read_all(settings *s, int argc, char **argv)
{
    bool named = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--bidirectional") == 0)
            return complain(
                "--bidirectional: a model that is to predict the next character "
                "cannot run backward, for then it would have seen it");
        if (argv[i][0] != '-') {
            if (named) return complain("one text file at most: %s", argv[i]);
            s->text = argv[i];
            named = true;
            continue;
        }
        const option *o = find(argv[i]);
        if (!o) return complain("no such option: %s; --help lists them", argv[i]);
        if (o->kind == FLAG) {
            *(bool *)(void *)((char *)s + o->at) = true;
            continue;
        }
        if (++i == argc) return complain("%s: %s is missing", o->name, o->argument);
        if (!set(s, o, argv[i])) return false;
    }
    return check(s);
}

bool settings_read(settings *s, int argc, char **argv, int *status)
{
    *s = defaults;
    *status = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") != 0) continue;
        print_help();
        return false;
    }
    if (read_all(s, argc, argv)) return true;
    *status = USAGE_STATUS;
    return false;
}
