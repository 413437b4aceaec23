/* SPDX-License-Identifier: MIT */
/* Makes dates in words and digits. */
#include "translate.h"

#include <string.h>

const char date_signs[] = "0123456789-";

const char *const date_words[VOCABULARY] = {
    "",          "one",       "two",         "three",      "four",       "five",
    "six",       "seven",     "eight",       "nine",       "ten",        "eleven",
    "twelve",    "thirteen",  "fourteen",    "fifteen",    "sixteen",    "seventeen",
    "eighteen",  "nineteen",  "twenty",      "thirty",     "forty",      "fifty",
    "sixty",     "seventy",   "eighty",      "ninety",     "first",      "second",
    "third",     "fourth",    "fifth",       "sixth",      "seventh",    "eighth",
    "ninth",     "tenth",     "eleventh",    "twelfth",    "thirteenth", "fourteenth",
    "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
    "thirtieth", "january",   "february",    "march",      "april",      "may",
    "june",      "july",      "august",      "september",  "october",    "november",
    "december",  "the",       "of",          "and",        "oh",         "hundred",
    "thousand"};
enum {
    TWENTY = 20,
    FIRST = 28,
    THIRTIETH = 48,
    JANUARY = 49,
    THE = 61,
    OF,
    AND,
    OH,
    HUNDRED,
    THOUSAND
};

static void say(date *d, int word)
{
    d->word[d->count++] = word;
}

static void say_number(date *d, int n)
{
    if (n <= TWENTY) return say(d, n);
    say(d, TWENTY + n / 10 - 2);
    if (n % 10) say(d, n % 10);
}

static void say_day(date *d, int day)
{
    if (day <= 20) return say(d, FIRST + day - 1);
    if (day == 30) return say(d, THIRTIETH);
    say(d, TWENTY + day / 10 - 2);
    say(d, FIRST + day % 10 - 1);
}

static void say_year(date *d, int year)
{
    const int rest = year % 100;

    if (year / 100 == 20 && (rest < 10 || random_below(2))) {
        say(d, 2), say(d, THOUSAND);
        if (rest > 0 && random_below(2)) say(d, AND);
        if (rest > 0) say_number(d, rest);
        return;
    }
    say_number(d, year / 100);
    if (rest == 0) return say(d, HUNDRED);
    if (rest < 10) say(d, OH);
    say_number(d, rest);
}

void make_date(date *d, bool held)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    char text[40];
    int year, month, day;

    do {
        year = 1500 + random_below(600);
        month = random_below(12);
        day = 1 + random_below(days[month]);
        snprintf(text, sizeof text, "%04d-%02d-%02d", year, month + 1, day);
    } while ((text_hash(text) % 10 == 0) != held);

    *d = (date){.count = 0};
    const int month_first = random_below(2), article = random_below(2);
    if (month_first) say(d, JANUARY + month);
    if (article) say(d, THE);
    say_day(d, day);
    if (!month_first && random_below(2)) say(d, OF);
    if (!month_first) say(d, JANUARY + month);
    say_year(d, year);
    for (int i = 0; i < TOKENS; i++)
        d->sign[i] =
            i == TOKENS - 1 ? END : (int32_t)(strchr(date_signs, text[i]) - date_signs);
}
