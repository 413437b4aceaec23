/* SPDX-License-Identifier: MIT */
/*
 * What the example programs of the output modes share:
 *
 *   example.c          the command line, messages, files, random numbers
 *   example_fit.c      training with rn_fit
 *   digits_data.c      reading the digits
 *   example_picture.c  pictures as SVG
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "digits.h"

#include <stdio.h>

/* ---- the command line ---- */

/* Each program sets its defaults. */
typedef struct settings {
    const char *data; /* a file or folder; NULL: the program makes its data */
    const char *out;  /* writes OUT.safetensors and OUT.svg */
    const char *load; /* trained weights; NULL: it trains */
    int units, batch, updates, seed;
    double rate;
    char weights[600], picture[600]; /* OUT.safetensors and OUT.svg, set by settings_read */
} settings;

/* False if the program must end with *status. The name begins every message. */
bool settings_read(settings *s, const char *name, const char *about, int argc, char **argv,
                   int *status);

extern const char *program_name;

/* Prints "name: " and a message to the standard error. Returns false. */
bool complain(const char *format, ...) RN_PRINTF(1, 2);

/* The whole file with a 0 after it; NULL after a message. */
char *file_read(const char *path, int *count);

/* The exit status, after a message if the output cannot be written. */
int finish(bool ok);

/* ---- random numbers ---- */

void random_seed(int seed);
int random_below(int limit); /* 0 .. limit - 1 */

/* Depends on the text alone, so a split by it stays when other items come or go. */
uint32_t text_hash(const char *text);

/* ---- training ---- */

/* Trains on a source for s->updates updates with rn_fit: a progress line, Adam, gradients
 * of norm 1 at most, and a rate that rises over the first twentieth and falls along a
 * cosine; saves the weights. With s->load it loads them instead. NULL after a message; else
 * rn_trainer_free it. */
rn_trainer *learn(const settings *s, rn_model *model, rn_fit_build build, void *user,
                  const rn_source *source);

/* rn_evaluate and rn_predict on a source. False after a message. */
bool evaluate(rn_trainer *t, const settings *s, const rn_source *source, double *loss);
bool predict(rn_trainer *t, const settings *s, const rn_source *source, void *to,
             size_t bytes);

/* ---- pictures ---- */

/* It must stay in its place until picture_end. */
typedef struct picture {
    FILE *file; /* NULL: out of memory */
    char *bytes;
    size_t count;
} picture;

/* Coordinates begin at the left and top. Colours are as in CSS. */
void picture_begin(picture *p, int width, int height);
void picture_box(picture *p, double x, double y, double width, double height,
                 const char *colour);
/* The anchor is "start", "middle" or "end". */
void picture_text(picture *p, double x, double y, int size, const char *anchor,
                  const char *colour, const char *format, ...) RN_PRINTF(7, 8);

/* An image of 8 x 8 grey levels 0 .. 16, dark on light. */
void picture_digit(picture *p, double x, double y, double scale, const int32_t *pixel);

/* A line of source text: spans of `count` characters between begin and end. */
void picture_code_begin(picture *p, double x, double y);
void picture_code_span(picture *p, const char *colour, bool underlined, const char *bytes,
                       int count);
void picture_code_end(picture *p);

/* Writes OUT.svg and frees the picture. */
bool picture_end(picture *p, const settings *s);

/* Says where a picture of the library is, OUT.svg, or that it cannot be written. */
bool picture_written(const settings *s, rn_status status);

#endif
