/* SPDX-License-Identifier: MIT */
/*
 * What the example programs of the output modes share:
 *
 *   example.c          the command line, messages, random numbers
 *   example_fit.c      training with rn_fit
 *   example_data.c     reading the files of a folder
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
} settings;

/* False if the program must end with *status. The name begins every message. */
bool settings_read(settings *s, const char *name, const char *about, int argc, char **argv,
                   int *status);

extern const char *program_name;

/* Prints "name: " and a message to the standard error. Returns false. */
bool complain(const char *format, ...) RN_PRINTF(1, 2);

/* OUT with an ending; free() it. NULL if out of memory. */
char *output_path(const settings *s, const char *ending);

/* The exit status, after a message if the output cannot be written. */
int finish(bool ok);

/* ---- random numbers ---- */

void random_seed(int seed);
int random_below(int limit); /* 0 .. limit - 1 */

/* Depends on the text alone, so a split by it stays when other items come or go. */
uint32_t text_hash(const char *text);

/* ---- training ---- */

/* Trains for s->updates updates with rn_fit, a progress line, Adam, gradients of norm 1 at
 * most, and a rate that rises over the first twentieth and falls along a cosine; saves the
 * weights. With s->load it loads them instead. NULL after a message; else rn_trainer_free
 * it. */
rn_trainer *learn(const settings *s, rn_model *model, rn_fit_build build, void *user,
                  rn_batches *train);

/* ---- files ---- */

typedef struct page {
    char *path; /* within the folder */
    char *bytes;
    int count;
    bool held; /* one file in three, by its path */
} page;

typedef struct library {
    page *at;
    int count;
} library;

/* Reads all files of a folder and the folders in it whose name has one of these endings, in
 * order of their paths. Endings are separated by blanks. */
bool library_read(library *l, const char *folder, const char *endings);
void library_free(library *l);

/* The whole file with a 0 after it; NULL after a message. */
char *file_read(const char *path, int *count);

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

/* Says where a picture of the library is, or that it cannot be written. */
bool picture_written(const char *path, rn_status status);

#endif
