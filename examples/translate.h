/* SPDX-License-Identifier: MIT */
/* Dates in English words and in digits. */
#ifndef TRANSLATE_H
#define TRANSLATE_H

#include "example.h"

/* Pairs of texts, such as "the third of march nineteen oh four" and "1904-03-03", as a
 * source: tokens, once the date between marks for begin and end, and its length. */
typedef struct dates {
    int count;
    char (*text)[2][80];
    const char **side[2]; /* [count], of `text` */
    rn_text *texts[2];
    rn_pairs pairs;
    rn_source source;
} dates;

/* All words of dates, and all characters of digits: the same in every run. */
rn_vocabulary *words_new(void);
rn_vocabulary *signs_new(void);

/* Makes dates between 1500 and 2099, at random and in words at random: one date in ten is
 * held out. dates_free in any case. */
bool dates_make(dates *d, int count, bool held, rn_vocabulary *words, rn_vocabulary *signs);
void dates_free(dates *d);

#endif
