/* SPDX-License-Identifier: MIT */
/*
 * charlm -- a language model of characters. The parts of the program, a file each:
 *
 *   charlm.c           what the program does in which order, and its report
 *   charlm_settings.c  the command line
 *   charlm_text.c      reading text, its vocabulary, what is trained on and held out
 *   charlm_network.c   the model and its loss as functions
 *   charlm_train.c     the training by rn_fit, with a callback of its own
 *   charlm_ngram.c     counted models to compare with
 *   charlm_sample.c    writing new text
 *   charlm_file.c      the description of the network
 *   charlm_output.c    the names of the files, and whether they may be written
 */
#ifndef CHARLM_H
#define CHARLM_H

#include <rondo.h>
#include <stdio.h>

/* ---- settings ---- */

typedef struct settings {
    const char *text; /* the file to learn from */
    const char *cell;
    int64_t layers, hidden, embed, batch, steps, sample, seed;
    double rate, clip, dropout, epochs, seconds, temperature;
    const char *out, *load, *prompt, *tensorboard;
    bool force; /* overwrite files that charlm did not write */
    bool resume;
} settings;

/* Reads the command line. False if the program must end with *status. */
bool settings_read(settings *s, int argc, char **argv, int *status);

/* Prints "charlm: " and a message to the standard error. Returns false. */
bool complain(const char *format, ...) RN_PRINTF(1, 2);

/* ---- text ---- */

enum { BYTES = 256, UNKNOWN = 0 };
#define VOCABULARY "charlm" /* its name among the texts of a model */

/* Characters are bytes; those that the training part does not have are unknown. */
extern const rn_vocabulary_options vocabulary_options;

typedef struct text {
    int32_t *at; /* indices of the vocabulary */
    int64_t count;
    const void *data; /* the rest: as a source of batches */
    rn_arrays arrays;
    rn_source source;
} text;

/* The text is split into STRETCHES equal stretches, and the last tenth of each is held out.
 * The rest is joined to the training part, the held-out pieces to the held-out part. A
 * round of the training is a ROUNDS-th of a pass. */
enum { STRETCHES = 32, HELD_OUT_OF = 10, ROUNDS = 64 };

typedef struct corpus {
    rn_vocabulary *vocabulary;
    text train, held;
    text some; /* what rounds measure: the first ROUNDS-th of each held-out piece */
} corpus;

/* False after a message. Must be freed, even after a failure. */
bool corpus_read(corpus *c, const char *path);
void corpus_free(corpus *c);

/* Batches x, and y: the characters that follow. The text must stay where it is. */
rn_batches *text_streams(text *t, rn_streams_options options);

/* ---- network ---- */

/* The description of a network besides its weights. */
typedef struct network {
    char cell[8];
    int64_t layers, hidden, embed, tokens;
    double dropout;
} network;

network network_of(const settings *s, int64_t tokens);

/* The loss in nats per character. */
rn_tensor network_loss(rn_fit_graph *g);

/* Reads character by character: the logits of the next one. */
typedef struct reader {
    rn_graph *graph;
    rn_program *program;
    rn_tensor x, logits;
} reader;

/* False after a message. */
bool reader_new(reader *r, rn_model *model, const network *n);
void reader_free(reader *r);
bool reader_read(reader *r, int32_t character, float *logits, size_t bytes);

/* ---- training ---- */

#define CURVE_TITLE "Predicting the next character"
#define MILLIONS    "millions of characters"

typedef struct training {
    const settings *settings;
    corpus *corpus;
    const network *network;
    rn_model *model;
    rn_trainer *trainer;
    rn_batches *train, *some, *held;
    int64_t steps, round;      /* of the training, 0: no limit; of a round */
    int64_t begun;             /* the step that this run began with */
    rn_progress *progress;     /* of this run */
    double before;             /* seconds of runs that were resumed */
    double seconds, measuring; /* so far; measuring is a part of the seconds */
    double stepped;            /* the seconds of the last step */
    double recent;             /* loss, of late */
    int64_t characters;        /* trained on, counting repetitions */
    rn_training did;           /* at the end */
    bool planned, interrupted;
} training;

/* False after a message. Must be freed, even after a failure. */
bool training_begin(training *t, const settings *s, corpus *c, const network *n);
void training_free(training *t);

/* Trains until it is done or interrupted, saving checkpoints; the model is then the best
 * one, and saved. */
bool training_run(training *t);

/* Called when it has begun: prints what is trained, and writes the network's description.
 */
bool training_plan(const training *t);

/* Characters that training reads in a second. */
double training_speed(const training *t);

/* Bits per character of the held-out text, or of the part that rounds measure. */
bool training_measure(training *t, bool all, double *bits);

/* ---- counted models ---- */

/* Bits per character of a text under the unigram, bigram and trigram models of the training
 * text. */
bool ngrams_measure(const corpus *c, const text *t, double bits[3]);

/* ---- samples ---- */

/* Prints the prompt and `count` characters with which the model continues it. */
bool sample(rn_model *model, const network *n, rn_vocabulary *v, const settings *s,
            FILE *to);

/* ---- files ---- */

typedef enum output { WEIGHTS, SETTINGS, PICTURE, CHECKPOINT } output;
enum { OUTPUTS = 4 };

/* <name>.safetensors, .txt, .svg, or -checkpoint.safetensors; name may end with that of the
 * weights already. free() it. NULL after a message. */
char *output_path(const char *name, output which);

/* Whether they may be written. False after a message. */
bool outputs_check(const settings *s);

/* Writes the description. */
bool network_save(const network *n, const char *name);

/* Prints its name and that of the weights. */
bool network_say(const char *name);

/* Reads the description of the network whose weights are in `path`; or from the text
 * itself: false if it is not one. */
bool network_read(network *n, const char *path);
bool network_parse(network *n, const char *path);

#endif
