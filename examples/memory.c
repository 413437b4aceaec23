/* SPDX-License-Identifier: MIT */
/*
 * memory -- trains a recurrent network on a classic task that needs a long memory, and
 * reports how it does on new sequences. memory.h lists the parts of the program.
 */
#include "memory.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { USAGE_STATUS = 2 };

static const task *const tasks[] = {&task_adding, &task_order, &task_copy,
                                    &task_parity, &task_reber, &task_digits};
enum { TASKS = sizeof tasks / sizeof *tasks };

bool complain(const char *format, ...)
{
    va_list arguments;

    fputs("memory: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return false;
}

/* ---- the command line ---- */

typedef struct option {
    const char *name, *help;
    size_t at;
    bool real;
    double least, most;
} option;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"--units", "units of the layer", AT(units), false, 1, 4096},
    {"--weights", "at most so many weights, instead of --units", AT(weights), false, 20,
     1e8},
    {"--steps", "longest length in training", AT(steps), false, 2, 100000},
    {"--shortest", "shortest length in training", AT(shortest), false, 1, 100000},
    {"--first", "longest length at the start, 0: as at the end", AT(first), false, 0,
     100000},
    {"--test-steps", "longest length of held-out sequences", AT(test_steps), false, 2, 1e6},
    {"--test-shortest", "their shortest length", AT(test_shortest), false, 1, 1e6},
    {"--batch", "sequences of an update", AT(batch), false, 1, 65536},
    {"--updates", "updates", AT(updates), false, 1, 1e9},
    {"--tests", "held-out sequences", AT(tests), false, 1, 1e6},
    {"--seed", "of everything that is random", AT(seed), false, 0, 1e9},
    {"--rate", "learning rate of Adam", AT(rate), true, 1e-9, 10},
    {"--clip", "largest norm of the gradient, 0 for any", AT(clip), true, 0, 1e9},
    {"--forget", "bias of the LSTM's forget gate at first", AT(forget), true, -100, 100},
    {"--chrono",
     "gates that keep 1 to so many steps at first; 0: no such gates, -1: as many as "
     "the longest length",
     AT(chrono), true, -1, 1e9},
};
enum { OPTIONS = sizeof options / sizeof *options };

static void print_help(void)
{
    puts("usage: memory TASK [options]\n");
    for (int i = 0; i < TASKS; i++) printf("  %-16s %s\n", tasks[i]->name, tasks[i]->about);
    puts("\n  --cell           rnn, lstm, gru or mgu");
    for (int i = 0; i < OPTIONS; i++)
        printf("  %-16s %s\n", options[i].name, options[i].help);
    puts("  --help           this text");
}

static bool set(settings *s, const option *o, const char *value)
{
    char *end;
    const double number = strtod(value, &end);

    if (!*value || *end || !(number >= o->least && number <= o->most) ||
        (!o->real && number != floor(number)))
        return complain("%s: %s is not a %snumber from %g to %g", o->name, value,
                        o->real ? "" : "whole ", o->least, o->most);
    if (o->real)
        *(double *)(void *)((char *)s + o->at) = number;
    else
        *(int64_t *)(void *)((char *)s + o->at) = (int64_t)number;
    return true;
}

static bool set_any(settings *s, const char *name, const char *value)
{
    if (!value) return complain("%s: its value is missing", name);
    if (strcmp(name, "--cell") == 0) {
        s->cell = value;
        return !strcmp(value, "rnn") || !strcmp(value, "lstm") || !strcmp(value, "gru") ||
               !strcmp(value, "mgu") || complain("no such cell: %s", value);
    }
    for (int i = 0; i < OPTIONS; i++)
        if (strcmp(options[i].name, name) == 0) return set(s, &options[i], value);
    return complain("no such option: %s; --help lists them", name);
}

static bool choose(settings *s, const char *name)
{
    *s = (settings){.cell = "lstm",
                    .units = 64,
                    .batch = 64,
                    .tests = 2000,
                    .seed = 1,
                    .rate = 2e-3,
                    .clip = 1,
                    .forget = 1};
    for (int i = 0; i < TASKS; i++)
        if (strcmp(tasks[i]->name, name) == 0) s->task = tasks[i];
    if (!s->task) return complain("no such task: %s; --help lists them", name);
    s->task->defaults(s);
    return true;
}

static bool settings_read(settings *s, int argc, char **argv)
{
    const settings zero = {.task = NULL};

    *s = zero;
    if (argc < 2) return complain("which task? --help lists them");
    if (!choose(s, argv[1])) return false;
    for (int i = 2; i < argc; i += 2)
        if (!set_any(s, argv[i], argv[i + 1])) return false;
    if (!s->shortest || s->shortest > s->steps) s->shortest = s->steps;
    if (s->first > s->steps) s->first = s->steps;
    if (!s->test_shortest) s->test_shortest = s->test_steps ? s->test_steps : s->shortest;
    if (!s->test_steps) s->test_steps = s->steps;
    if (s->test_shortest > s->test_steps) s->test_shortest = s->test_steps;
    if (s->chrono < 0) s->chrono = (double)s->steps;
    const int64_t lengths[] = {s->shortest, s->first ? s->first : s->steps,
                               s->test_shortest};
    for (int i = 0; i < 3; i++)
        if (lengths[i] < s->task->least)
            return complain("%lld steps are too few: %lld are needed",
                            (long long)lengths[i], (long long)s->task->least);
    network_size(s);
    return s->units > 0 || complain("--weights: too few");
}

/* ---- the report ---- */

static void print_range(int64_t shortest, int64_t longest)
{
    if (shortest < longest) printf("%lld to ", (long long)shortest);
    printf("%lld steps", (long long)longest);
}

static void print_plan(const settings *s)
{
    printf("task      %s: %s, ", s->task->name, s->task->about);
    print_range(s->shortest, s->steps);
    printf("%s\n", s->first ? ", shorter ones first" : "");
    printf("gates     ");
    if (s->chrono > 0 && strcmp(s->cell, "rnn") != 0)
        printf("keep 1 to %g steps at first\n", s->chrono);
    else if (strcmp(s->cell, "lstm") == 0)
        printf("forget bias %g\n", s->forget);
    else
        printf("biases 0\n");
}

static void print_result(const settings *s, const outcome *r)
{
    printf("training  %lld updates of %lld sequences in %.0f s, %.1f s of processor time",
           (long long)s->updates, (long long)s->batch, r->seconds, r->processor);
    if (s->first && r->full >= 0)
        printf("\n          all lengths from update %lld on", (long long)r->full);
    if (r->full < 0) printf("\n          only up to %lld steps", (long long)r->longest);
    printf("\nheld out  %lld sequences of ", (long long)s->tests);
    print_range(s->test_shortest, s->test_steps);
    printf("\n          %s %.6f, a guess has %.4f\n          %.2f %% without an error\n",
           s->task->classes == 1 ? "squared error" : "cross entropy", r->loss,
           s->task->guess(s->test_steps), 100 * r->right);
}

int main(int argc, char **argv)
{
    settings s;
    outcome r = {.loss = 0};

    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) return print_help(), 0;
    if (!settings_read(&s, argc, argv)) return USAGE_STATUS;
    print_plan(&s);
    if (!train(&s, &r)) return 1;
    print_result(&s, &r);
    if (fflush(stdout) != 0 || ferror(stdout))
        return complain("the standard output cannot be written"), 1;
    return 0;
}
