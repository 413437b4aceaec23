/* SPDX-License-Identifier: MIT */
/* The pieces of files that textclass learns to tell apart. */
#ifndef TEXTCLASS_H
#define TEXTCLASS_H

#include "example.h"

/* Most characters of a piece; the languages. */
enum { STEPS = 160, LANGUAGES = 5, MARKDOWN = 3 };
extern const char *const language[LANGUAGES];

typedef struct piece {
    const char *at;
    int length;
} piece;

/* Those of the files to train on and of those held out, by language. */
typedef struct pieces {
    library files;
    piece *learn[LANGUAGES], *held[LANGUAGES];
    int learns[LANGUAGES], helds[LANGUAGES];
} pieces;

/* Reads the sources in a folder. pieces_free in any case. */
bool pieces_read(pieces *all, const settings *s);
void pieces_free(pieces *all);

#endif
