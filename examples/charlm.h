/* SPDX-License-Identifier: MIT */
/*
 * charlm -- a language model of characters. The parts of the program, a file each:
 *
 *   charlm.c           what the program does in which order, and its report
 *   charlm_settings.c  the command line
 *   charlm_text.c      reading text, its vocabulary, what is trained on and held out
 *   charlm_network.c   the model as a function, and the graphs that are built with it
 *   charlm_train.c     the training, and measuring while it goes on
 *   charlm_budget.c    how the time is shared between them
 *   charlm_ngram.c     counted models to compare with
 *   charlm_sample.c    writing new text
 *   charlm_file.c      saving and loading
 *   charlm_output.c    the names of the files, and whether they may be written
 */
#ifndef CHARLM_H
#define CHARLM_H

#include <rondo.h>
#include <signal.h>
#include <stdio.h>

/* ---- settings ---- */

typedef struct settings {
    const char *text; /* the file to learn from */
    const char *cell;
    int64_t layers, hidden, embed, batch, steps, sample, seed;
    double rate, clip, dropout, epochs, seconds, temperature;
    const char *out, *load, *prompt;
    bool force; /* overwrite files that charlm did not write */
} settings;

/* Reads the command line. False if the program must end with *status. */
bool settings_read(settings *s, int argc, char **argv, int *status);

/* Prints "charlm: " and a message to the standard error. Returns false. */
bool complain(const char *format, ...) RN_PRINTF(1, 2);

/* ---- text ---- */

enum { BYTES = 256, UNKNOWN = 0 };

/* Characters as numbers: 0 is any byte that the training part does not have, the others
 * are its bytes in order. */
typedef struct vocabulary {
    int size;
    int32_t code[BYTES];
    unsigned char byte[BYTES + 1];
} vocabulary;

typedef struct text {
    int32_t *at; /* codes */
    int64_t count;
} text;

/* The text is split into STRETCHES equal stretches, and the last tenth of each is held out.
 * The rest is joined to the training part, the held-out pieces to the held-out part. */
enum { STRETCHES = 32, HELD_OUT_OF = 10 };

typedef struct corpus {
    vocabulary vocabulary;
    text train, held;
} corpus;

bool corpus_read(corpus *c, const char *path);
void corpus_free(corpus *c);

/* Splits a text in that way. False if out of memory. */
bool text_split(const text *whole, text *most, text *rest);
void text_free(text *t);

/* ---- network ---- */

/* The description of a network besides its weights. */
typedef struct network {
    char cell[8];
    int64_t layers, hidden, embed;
    double dropout;
    vocabulary vocabulary;
} network;

network network_of(const settings *s, const vocabulary *v);

/* A compiled graph that runs the network over x [steps, batch]. */
typedef struct runner {
    rn_graph *graph;
    rn_program *program;
    rn_tensor x, y; /* characters, and the following ones; y is null for sampling */
    rn_tensor out;  /* the loss; the logits for sampling */
    int64_t steps, batch;
    int32_t *x_data, *y_data;
} runner;

/* Targets with this value do not count. */
enum { IGNORED = -1 };

/* Three graphs over one model: for training, measuring, and reading logits step by step.
 * False after a message. */
bool runner_train(runner *r, rn_model *model, const network *n, const settings *s);
bool runner_measure(runner *r, rn_model *model, const network *n, int64_t batch);
bool runner_sample(runner *r, rn_model *model, const network *n);
void runner_free(runner *r);

/* Feeds x_data, and y_data if there is a y, and runs. False after a message. */
bool runner_run(runner *r);

/* A text is measured in parallel streams, each from its start for some steps, or
 * completely. */
typedef struct part {
    int64_t stream;     /* characters of a stream */
    int64_t steps;      /* characters that are read of it */
    int64_t characters; /* characters predicted, after measuring */
    int64_t whole;      /* characters predicted in the whole text */
} part;

/* A part of about `characters` of the text, in whole runs, at least one. */
part part_of(const runner *r, const text *t, int64_t characters);

/* Whether character `at` of the text is predicted in the part. */
bool part_has(const part *p, int64_t at);

/* Bits per character of the part, with the state kept along each stream. At the time
 * `until` the part is cut to what was measured, at least one run. */
bool measure(runner *r, rn_model *model, const text *t, part *p, const rn_progress *clock,
             double until, double *bits);

/* ---- time ---- */

typedef struct budget {
    double learning, measuring; /* seconds so far */
    int64_t learnt;             /* characters so far */
    double measured;            /* characters a second in the last measurement; 0: none
                                   yet */
} budget;

void budget_learnt(budget *b, double seconds, int64_t characters);
void budget_measured(budget *b, double seconds, int64_t characters);

/* The total of seconds; characters that training reads in a second. */
double budget_seconds(const budget *b);
double budget_speed(const budget *b);

/* Whether the speed of measuring is known yet. */
bool budget_knows(const budget *b);

/* How long measuring may take now (`last`: at the end); and how much text that is. */
double budget_allows(const budget *b, bool last);
int64_t budget_characters(const budget *b, bool last);

/* ---- training ---- */

enum { CURVE_POINTS = 200 };
#define CURVE_TITLE "Predicting the next character"

/* Bits per character against millions of characters seen, and the share of the training at
 * which the next point is due. */
typedef struct curve {
    double x[CURVE_POINTS], y[CURVE_POINTS];
    int64_t points;
    double next;
} curve;

typedef struct training {
    const settings *settings;
    const corpus *corpus;
    rn_model *model;
    runner learn, measure;
    rn_progress *progress;
    budget budget;
    int64_t largest;           /* part measured in the middle, in characters; 0: none yet */
    int64_t runs, runs_a_pass; /* done, and in one pass over the text */
    double done;               /* fraction of the training that is done, 0 to 1 */
    double loss, recent;       /* nats: summed since the last point; of late */
    int64_t loss_runs;
    curve learnt, held;
} training;

/* False after a message. Must be freed, even after a failure. */
bool training_begin(training *t, const settings *s, const corpus *c, const network *n);
void training_free(training *t);

/* Trains until it is done or *stop is set. */
bool training_run(training *t, const volatile sig_atomic_t *stop);

/* Bits per character of as much of the held-out text as the time allows, or of all of it;
 * added as a point to its curve. */
bool training_measure(training *t, bool all, part *p, double *bits);

/* Millions of characters that were trained on, counting repetitions. */
double training_millions(const training *t);

/* ---- counted models ---- */

/* Bits per character of a part of the held-out text under the unigram, bigram and trigram
 * models of the training text. */
bool ngrams_measure(const corpus *c, const part *p, double bits[3]);

/* ---- samples ---- */

/* Prints the prompt and `count` characters with which the model continues it. */
bool sample(rn_model *model, const network *n, const settings *s, FILE *to);

/* ---- files ---- */

typedef enum output { WEIGHTS, SETTINGS, PICTURE } output;
enum { OUTPUTS = 3 };

/* <name>.safetensors, <name>.txt or <name>.svg; name may end with that of the weights
 * already. free() it. NULL after a message. */
char *output_path(const char *name, output which);

/* Whether they may be written. False after a message. */
bool outputs_check(const settings *s);

/* Writes the weights, and the rest of the network as text. */
bool network_save(const network *n, rn_model *model, const char *name);

/* Prints the names of those files. */
bool network_say(const char *name);

/* Reads the description of the network whose weights are in `path`; or from the text
 * itself: false if it is not one. */
bool network_read(network *n, const char *path);
bool network_parse(network *n, const char *path);

#endif
