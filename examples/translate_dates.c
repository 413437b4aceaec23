/* SPDX-License-Identifier: MIT */
/* Makes dates in words and digits. */
#include "translate.h"

#include <stdlib.h>
#include <string.h>

static const char *const months[] = {"january",   "february", "march",    "april",
                                     "may",       "june",     "july",     "august",
                                     "september", "october",  "november", "december"};
static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
static const char *const numbers[] = {
    "",         "one",     "two",     "three",     "four",     "five",    "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
static const char *const tens[] = {"",      "",      "twenty",  "thirty", "forty",
                                   "fifty", "sixty", "seventy", "eighty", "ninety"};
static const char *const ordinals[] = {
    "",          "first",     "second",      "third",      "fourth",
    "fifth",     "sixth",     "seventh",     "eighth",     "ninth",
    "tenth",     "eleventh",  "twelfth",     "thirteenth", "fourteenth",
    "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"};

static void say(char *text, const char *word)
{
    if (*text && *word) strcat(text, " ");
    strcat(text, word);
}

static void say_number(char *text, int n)
{
    if (n >= 20) say(text, tens[n / 10]);
    say(text, numbers[n >= 20 ? n % 10 : n]);
}

static void say_day(char *text, int day)
{
    if (day % 10 == 0 && day >= 20) return say(text, day == 20 ? "twentieth" : "thirtieth");
    if (day > 20) say(text, tens[day / 10]);
    say(text, ordinals[day > 20 ? day % 10 : day]);
}

static void say_year(char *text, int year)
{
    const int rest = year % 100;

    if (year / 100 == 20 && (rest < 10 || random_below(2))) {
        say(text, "two thousand");
        if (rest > 0 && random_below(2)) say(text, "and");
        return say_number(text, rest);
    }
    say_number(text, year / 100);
    if (rest < 10) say(text, rest == 0 ? "hundred" : "oh");
    say_number(text, rest);
}

static void make(char *words, char *date, bool held)
{
    int year, month, day;

    do {
        year = 1500 + random_below(600);
        month = random_below(12);
        day = 1 + random_below(days[month]);
        snprintf(date, 80, "%04d-%02d-%02d", year, month + 1, day);
    } while ((text_hash(date) % 10 == 0) != held);

    const bool month_first = random_below(2), article = random_below(2);
    *words = 0;
    if (month_first) say(words, months[month]);
    if (article) say(words, "the");
    say_day(words, day);
    if (!month_first && random_below(2)) say(words, "of");
    if (!month_first) say(words, months[month]);
    say_year(words, year);
}

rn_vocabulary *words_new(void)
{
    rn_vocabulary *v = rn_vocabulary_new(
        (rn_vocabulary_options){.split = RN_WORDS, .marks = RN_MARK_PADDING});
    char text[80];

    for (int i = 0; i < 100; i++) {
        strcpy(text, "the of and oh hundred thousand");
        if (i < 12) say(text, months[i]);
        if (i >= 1 && i <= 31) say_day(text, i);
        say_number(text, i);
        rn_vocabulary_add(v, text, strlen(text));
    }
    return v;
}

rn_vocabulary *signs_new(void)
{
    const int marks = RN_MARK_PADDING | RN_MARK_BEGIN | RN_MARK_END;
    rn_vocabulary *v =
        rn_vocabulary_new((rn_vocabulary_options){.split = RN_CHARACTERS, .marks = marks});

    rn_vocabulary_add(v, "0123456789-", 11);
    return v;
}

bool dates_make(dates *d, int count, bool held, rn_vocabulary *words, rn_vocabulary *signs)
{
    *d = (dates){.count = count};
    d->text = (char(*)[2][80])calloc((size_t)count, sizeof *d->text);
    for (int k = 0; k < 2; k++) {
        d->side[k] = (const char **)calloc((size_t)count, sizeof *d->side[k]);
        if (!d->text || !d->side[k]) return complain("out of memory");
    }
    for (int i = 0; i < count; i++) {
        make(d->text[i][0], d->text[i][1], held);
        for (int k = 0; k < 2; k++) d->side[k][i] = d->text[i][k];
    }
    for (int k = 0; k < 2; k++)
        d->texts[k] = rn_text_list(d->side[k], NULL, count, k ? signs : words);
    d->pairs = (rn_pairs){.first = rn_text_source(d->texts[0]),
                          .second = rn_text_source(d->texts[1]),
                          .target = "date",
                          .lengths = "length"};
    d->source = rn_source_pairs(&d->pairs);
    return d->source.count >= 0 || complain("%s", d->source.error(&d->pairs));
}

void dates_free(dates *d)
{
    for (int k = 0; k < 2; k++) {
        rn_text_free(d->texts[k]);
        free(d->side[k]);
    }
    free(d->text);
}
