/* SPDX-License-Identifier: MIT */
/* The command line, messages, files and random numbers of the examples. */
#include "example.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char *program_name = "example";

bool complain(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s: ", program_name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return false;
}

int finish(bool ok)
{
    if (ok && (fflush(stdout) != 0 || ferror(stdout)))
        ok = complain("the standard output cannot be written");
    return ok ? 0 : 1;
}

char *file_read(const char *path, int *count)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL, part[4096];
    size_t size = 0, got;
    FILE *to = open_memstream(&bytes, &size);

    errno = file ? 0 : errno;
    while (file && to && (got = fread(part, 1, sizeof part, file)) > 0)
        fwrite(part, 1, got, to);
    const int why = errno;
    const bool bad = !file || ferror(file);
    if (file) fclose(file);
    if (!to || fclose(to) != 0 || size > 1 << 28 || bad) {
        complain("%s: %s", path, bad ? strerror(why) : "out of memory");
        free(bytes);
        return NULL;
    }
    *count = (int)size;
    return bytes;
}

/* ---- the command line ---- */

typedef enum kind { WHOLE, REAL, WORDS } kind;

static const struct option {
    const char *name, *argument, *help;
    kind kind;
    size_t at;
    double least, most;
} known[] = {
    {"--units", "N", "units of a recurrent layer", WHOLE, offsetof(settings, units), 1,
     4096},
    {"--batch", "N", "sequences side by side", WHOLE, offsetof(settings, batch), 1, 4096},
    {"--updates", "N", "updates of the weights", WHOLE, offsetof(settings, updates), 1,
     1e9},
    {"--rate", "X", "learning rate at the start", REAL, offsetof(settings, rate), 1e-9, 10},
    {"--seed", "N", "of everything that is random", WHOLE, offsetof(settings, seed), 0,
     2e9},
    {"--out", "NAME", "writes NAME.safetensors and NAME.svg", WORDS,
     offsetof(settings, out), 0, 0},
    {"--load", "FILE", "trained weights, instead of training", WORDS,
     offsetof(settings, load), 0, 0},
};
enum { OPTIONS = sizeof known / sizeof *known };

static void print_help(const settings *s, const char *about)
{
    printf("usage: %s [options]%s\n\n%s\n\n", program_name, s->data ? " [data]" : "",
           about);
    for (int i = 0; i < OPTIONS; i++) {
        const char *at = (const char *)s + known[i].at;
        char left[32];

        snprintf(left, sizeof left, "%s %s", known[i].name, known[i].argument);
        printf("  %-15s %s", left, known[i].help);
        if (known[i].kind == WHOLE) printf(" (%d)", *(const int *)(const void *)at);
        if (known[i].kind == REAL) printf(" (%g)", *(const double *)(const void *)at);
        if (known[i].kind == WORDS && *(const char *const *)(const void *)at)
            printf(" (%s)", *(const char *const *)(const void *)at);
        putchar('\n');
    }
    puts("  --help          this text");
}

static bool set(settings *s, const struct option *o, const char *value)
{
    char *at = (char *)s + o->at, *end = NULL;

    if (o->kind == WORDS) {
        *(const char **)(void *)at = value;
        return *value || complain("%s: a name is needed", o->name);
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
        *(int *)(void *)at = (int)number;
    else
        *(double *)(void *)at = number;
    return true;
}

/* A name that cannot be written is noticed before the training. */
static bool name_outputs(settings *s)
{
    const size_t room = sizeof s->weights;
    char why[700];

    snprintf(s->picture, room, "%s.svg", s->out);
    if (snprintf(s->weights, room, "%s.safetensors", s->out) >= (int)room)
        return complain("--out: the name is too long");
    if ((!s->load && rn_file_check(s->weights, why, sizeof why) != RN_OK) ||
        rn_file_check(s->picture, why, sizeof why) != RN_OK)
        return complain("%s", why);
    return true;
}

static bool read_all(settings *s, int argc, char **argv)
{
    const char *no_data = s->data;

    for (int i = 1; i < argc; i++) {
        const struct option *o = NULL;
        for (int k = 0; k < OPTIONS && !o; k++)
            if (strcmp(known[k].name, argv[i]) == 0) o = &known[k];
        if (!o && argv[i][0] != '-' && no_data && s->data == no_data) {
            s->data = argv[i];
            continue;
        }
        if (!o)
            return complain(argv[i][0] == '-' ? "no such option: %s; --help lists them"
                                              : "one argument too many: %s",
                            argv[i]);
        if (++i == argc) return complain("%s: %s is missing", o->name, o->argument);
        if (!set(s, o, argv[i])) return false;
    }
    return true;
}

bool settings_read(settings *s, const char *name, const char *about, int argc, char **argv,
                   int *status)
{
    program_name = name;
    *status = 0;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) return print_help(s, about), false;
    *status = 2;
    if (!read_all(s, argc, argv)) return false;
    *status = 1;
    random_seed(s->seed);
    return name_outputs(s);
}

/* ---- random numbers ---- */

static uint64_t random_state;

void random_seed(int seed)
{
    random_state = (uint64_t)seed;
}

/* SplitMix64; Steele, Lea and Flood 2014. */
static uint64_t random_bits(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

int random_below(int limit)
{
    return (int)(random_bits() % (uint64_t)limit);
}

/* FNV-1a, with its bits mixed at the end. */
uint32_t text_hash(const char *text)
{
    uint32_t hash = 2166136261u;

    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 16777619u;
    hash = (hash ^ hash >> 16) * 0x7feb352du;
    hash = (hash ^ hash >> 15) * 0x846ca68bu;
    return hash ^ hash >> 16;
}
