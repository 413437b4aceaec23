/* SPDX-License-Identifier: MIT */
/* Dates in English words and in digits, and the network that translates them. */
#ifndef TRANSLATE_H
#define TRANSLATE_H

#include "example.h"

/* Most words of a date; signs with END; signs that there are, with END and BEGIN; words. */
enum { WORDS = 12, TOKENS = 11, END = 11, BEGIN = 12, SIGNS = 13, VOCABULARY = 67 };

extern const char date_signs[]; /* "0123456789-" */
extern const char *const date_words[VOCABULARY];

typedef struct date {
    int32_t word[WORDS], sign[TOKENS]; /* the last sign is END */
    int count;                         /* words */
} date;

/* A date between 1500 and 2099, at random and in words at random. One date in ten is held
 * out. */
void make_date(date *d, bool held);

/* Reads words (j->x) and the right signs `before` [T, B] -> logits [T, B, SIGNS], and the
 * attention to the words [T, B, WORDS]. */
rn_tensor teach(rn_scope s, const job *j, int units, rn_tensor before,
                rn_tensor *attention);

/* Reads words and what it chose itself -> signs, i32 [TOKENS + 1, B], or with a beam [..,
 * B, beam], the best first. */
rn_tensor decode(rn_scope s, const job *j, int units, int beam);

#endif
