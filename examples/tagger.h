/* SPDX-License-Identifier: MIT */
/* What the characters of a C source belong to: the labels that tagger learns. */
#ifndef TAGGER_H
#define TAGGER_H

#include "example.h"

enum kind { COMMENT, STRING, NUMBER, KEYWORD, NAME, DIRECTIVE, PUNCTUATION, SPACE, KINDS };

/* Writes the kind of each of the `count` characters. Literals of strings and characters are
 * strings, and so is the name of a header in <>. A directive is # and the word after it. A
 * 0 follows the text. */
void lex(const char *at, int count, int32_t *kind);

#endif
