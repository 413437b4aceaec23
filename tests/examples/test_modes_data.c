/* SPDX-License-Identifier: MIT */
/* The data that the examples of the output modes read and make: digits, labels of C
 * sources, dates in words. */
#include "digits.h"
#include "tagger.h"
#include "translate.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- digits ---- */

enum { IMAGES = 40 };

/* Level k of image i of the file. */
static int level(int64_t i, int64_t k)
{
    return (int)((i + 3 * k) % LEVELS);
}

static void read_digits(digits *d, double share, uint64_t seed)
{
    char path[] = "/tmp/rondo_digits_XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");

    cr_assert_not_null(file);
    for (int i = 0; i < IMAGES; i++) {
        fprintf(file, "%d ", i < 20 ? 7 : i % 5 * 2);
        for (int k = 0; k < PIXELS; k++) fputc("0123456789abcdefg"[level(i, k)], file);
        fputc('\n', file);
    }
    fclose(file);
    const bool ok = digits_read(d, path, share, seed);
    remove(path);
    cr_assert(ok && d->count == IMAGES);
}

/* The image of the file with these levels. Two of one first level are LEVELS apart. */
static int find(const int32_t *pixel, int label)
{
    for (int i = pixel[0]; i < IMAGES; i += LEVELS)
        if (label == (i < 20 ? 7 : i % 5 * 2)) return i;
    return -1;
}

Test(modes_data, digits)
{
    digits d;
    int seen[2][CLASSES] = {{0}};

    read_digits(&d, 0.25, 1);
    cr_assert(d.learn.count == 30 && d.held.count == 10 && d.train == 30);
    for (int i = 0; i < IMAGES; i++) {
        const int from = find(&d.pixel[i * PIXELS], d.label[i]);
        cr_assert_geq(from, 0);
        for (int k = 0; k < PIXELS; k++)
            cr_assert_eq(d.pixel[i * PIXELS + k], level(from, k));
        seen[i >= d.train][d.label[i]]++;
    }
    cr_assert(seen[1][7] == 5 && seen[0][7] == 15, "not each class has its share");
    for (int k = 0; k < CLASSES; k += 2) cr_assert(seen[0][k] == 3 && seen[1][k] == 1);

    const rn_source held = rn_source_arrays(&d.held);
    int32_t row[COLUMNS], label;
    cr_assert(held.read(held.self, 9, 0, 7, 1, row) &&
              held.read(held.self, 9, 1, 0, 1, &label));
    cr_assert_arr_eq(row, &d.pixel[39 * PIXELS + 56], sizeof row);
    cr_assert_eq(label, d.label[39]);
    digits_free(&d);
    /* All of them, in the order of the file. */
    read_digits(&d, 0, 1);
    for (int i = 0; i < IMAGES; i++) cr_assert_eq(d.pixel[i * PIXELS + 5], level(i, 5));
    digits_free(&d);
}

/* Each image is there in all nine places, on a background of zeros. */
Test(modes_data, moved_digits)
{
    digits d;

    read_digits(&d, 0.25, 1);
    const rn_source source = digits_moved(&d);
    cr_assert_eq(source.count, 9 * d.train);
    for (int64_t i = 0; i < d.train; i++) {
        int32_t all[9][PIXELS], label, found = 0;
        for (int m = 0; m < 9; m++) {
            cr_assert(source.read(source.self, 9 * i + m, 0, 0, 3, all[m]));
            cr_assert(source.read(source.self, 9 * i + m, 0, 3, 5, all[m] + 24));
            cr_assert(source.read(source.self, 9 * i + m, 1, 0, 1, &label));
            cr_assert_eq(label, d.label[i]);
        }
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                int32_t wanted[PIXELS] = {0};
                for (int r = 0; r < ROWS; r++)
                    for (int c = 0; c < COLUMNS; c++)
                        if (r + dy >= 0 && r + dy < ROWS && c + dx >= 0 && c + dx < COLUMNS)
                            wanted[(r + dy) * COLUMNS + c + dx] =
                                d.pixel[i * PIXELS + r * COLUMNS + c];
                for (int m = 0; m < 9; m++) found += !memcmp(all[m], wanted, sizeof wanted);
            }
        cr_assert_eq(found, 9);
    }
    digits_free(&d);
}

/* ---- labels of sources ---- */

/* A letter for each kind, in its order. */
static const char letters[] = "csnkidp ";

/* Each line of a source, and below it the kinds of its characters. */
static const char *const lines[][2] = {
    {"#include <a/b.h> /* it */\n", "dddddddd sssssss cccccccc "},
    {"# define F(x) x##_2 //1\n", "dddddddd ipip ippii ccc "},
    {"if (a<b->c) return 0x1e+2;\n", "kk pipippip kkkkkk nnnnpnp "},
    {"int9 = .5e-3f + 1.0p*x1[7];\n", "iiii p nnnnnn p nnnnpiipnpp "},
    {"char *s = \"a\\\"/*\", c = '\\'';\n", "kkkk pi p sssssssp i p ssssp "},
    {"x = \"no end\n", "i p sssssss "},
    {"y /= 3; /* two\n", "i pp np cccccc "},
    {" lines */ long\n", "ccccccccc kkkk "},
    {"while_ _Bool /* no end", "iiiiii kkkkk ccccccccc"},
};

Test(modes_data, lexer)
{
    enum { LINES = sizeof lines / sizeof *lines };
    char source[600] = "", wanted[600] = "", got[600];
    int32_t kind[600];

    for (int i = 0; i < LINES; i++) {
        strcat(source, lines[i][0]);
        strcat(wanted, lines[i][1]);
    }
    const int count = (int)strlen(source);
    lex(source, count, kind);
    for (int i = 0; i < count; i++) got[i] = letters[kind[i]];
    got[count] = 0;
    /* A new line within a comment belongs to it. */
    const char *at = strstr(source, "two\n");
    wanted[at + 3 - source] = 'c';
    cr_assert_str_eq(got, wanted, "\n%s\n%s\n%s", source, got, wanted);
}

/* ---- dates ---- */

/* The value of a word of a number below 100: 1..20, 30, .., 90; 0 for others. */
static int value_of(const char *word)
{
    static const char *const ones[] = {
        "one",     "two",     "three",     "four",     "five",     "six",      "seven",
        "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};
    static const char *const tens[] = {"thirty",  "forty",  "fifty", "sixty",
                                       "seventy", "eighty", "ninety"};

    for (int i = 0; i < 20; i++)
        if (!strcmp(word, ones[i])) return i + 1;
    for (int i = 0; i < 7; i++)
        if (!strcmp(word, tens[i])) return 30 + 10 * i;
    return 0;
}

static bool is_ordinal(const char *word)
{
    const size_t n = strlen(word);

    return !strcmp(word + n - 2, "th") || !strcmp(word, "first") ||
           !strcmp(word, "second") || !strcmp(word, "third");
}

/* The year: its words are the last ones, after the month and the day. */
static int year_of(char *const *word, int count)
{
    int year = 0, part = 0;

    for (int i = 0; i < count; i++) {
        const int value = value_of(word[i]);
        if (!strcmp(word[i], "thousand")) {
            year = part * 1000, part = 0;
        } else if (!strcmp(word[i], "hundred") || !strcmp(word[i], "oh")) {
            year = part * 100, part = 0;
        } else if (value && part >= 20 && part % 10 == 0 && value < 10) {
            part += value; /* twenty one */
        } else if (value && part) {
            year = part * 100, part = value;
        } else {
            part += value;
        }
    }
    return year + part;
}

static void check_date(const char *text, const char *date)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    char copy[80], *word[20];
    int year, month, day, count = 0, after = 0, named = 0;

    cr_assert_eq(sscanf(date, "%4d-%2d-%2d", &year, &month, &day), 3);
    cr_assert(strlen(date) == 10 && year >= 1500 && year < 2100 && month >= 1 &&
              month <= 12 && day >= 1 && day <= 31);
    strcpy(copy, text);
    for (char *at = strtok(copy, " "); at; at = strtok(NULL, " ")) word[count++] = at;
    for (int k = 0; k < count; k++) {
        named += !strcmp(word[k], months[month - 1]);
        if (is_ordinal(word[k]) || !strcmp(word[k], months[month - 1])) after = k + 1;
    }
    cr_assert(count <= 12 && named == 1, "%s: %s", date, text);
    cr_assert_eq(year_of(word + after, count - after), year, "%s: %s", date, text);
}

Test(modes_data, dates)
{
    static unsigned char seen[2][2200 * 13 * 32];
    rn_vocabulary *words = words_new(), *signs = signs_new();

    random_seed(5);
    for (int held = 0; held < 2; held++) {
        dates d;
        int32_t token[12];
        cr_assert(dates_make(&d, 10000, held, words, signs)); /* knows all words */
        for (int i = 0; i < d.count; i++) {
            const char *date = d.side[1][i];
            check_date(d.side[0][i], date);
            const int at = (atoi(date) * 13 + atoi(date + 5)) * 32 + atoi(date + 8);
            seen[held][at] = 1;
            cr_assert(!seen[!held][at], "%s is trained on and held out", date);
        }
        cr_assert(d.source.read(d.source.self, 7, 1, 0, 1, token));
        cr_assert(token[0] == rn_vocabulary_mark(signs, RN_MARK_BEGIN) &&
                  token[11] == rn_vocabulary_mark(signs, RN_MARK_END));
        cr_assert_str_eq(rn_vocabulary_token(signs, token[5], NULL), "-");
        dates_free(&d);
    }
    rn_vocabulary_free(words);
    rn_vocabulary_free(signs);
}
