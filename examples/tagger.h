/* SPDX-License-Identifier: MIT */
/* What the characters of a C source belong to: the labels that tagger learns. */
#ifndef TAGGER_H
#define TAGGER_H

#include "example.h"

enum { CODES = 128 }; /* characters: ASCII, and 0 for all others */

enum kind { COMMENT, STRING, NUMBER, KEYWORD, NAME, DIRECTIVE, PUNCTUATION, SPACE, KINDS };

/* Writes the kind of each of the `count` characters. Literals of strings and characters are
 * strings, and so is the name of a header in <>. A directive is # and the word after it. A
 * 0 follows the text. */
void lex(const char *at, int count, int32_t *kind);

/* Files that are held out, or the others, as sequences of at most so many characters. */
typedef struct pieces {
    int32_t *code, *kind; /* of all characters, end to end */
    int64_t *offsets;
    const page **file; /* of each sequence */
    const void *data[2];
    rn_arrays arrays;
    rn_source source;
} pieces;

/* False: no such files, or out of memory. pieces_free in any case. */
bool pieces_make(pieces *p, const library *l, bool held, int most);
void pieces_free(pieces *p);

#endif
