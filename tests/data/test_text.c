/* SPDX-License-Identifier: MIT */
/* Splitting text, and text as sequences. */
#include "io/io_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/split.h"
#include "golden/data_tables.h"
#include "golden_strings.h"

/* ---- splitting ---- */

static void gives(const char *text, size_t bytes, rn_splitting split, const char *golden,
                  int count)
{
    rn_tokens t = {.next = text, .end = text + bytes, .split = split, .replace = true};

    for (int i = 0; i < count; i++) {
        size_t length;
        const char *expected = golden_next(&golden, &length);
        cr_assert(rn_tokens_next(&t), "token %d of %d", i, count);
        cr_assert(t.bytes == length && !memcmp(t.token, expected, length),
                  "token %d: \"%.*s\" instead of \"%.*s\"", i, (int)t.bytes, t.token,
                  (int)length, expected);
    }
    cr_assert(!rn_tokens_next(&t) && !t.bad);
    cr_assert_eq(t.next, text + bytes);
}

Test(text, words_as_by_python)
{
    gives(golden_text, golden_text_bytes, RN_WORDS, golden_words, golden_words_count);
}

Test(text, replaced_as_by_python)
{
    gives(golden_bad, golden_bad_bytes, RN_CHARACTERS, golden_replaced,
          golden_replaced_count);
}

/* Wherever a text is cut, the tokens of both parts are those of the whole. */
static void cut_anywhere(const char *text, size_t bytes, rn_splitting split)
{
    for (size_t cut = 0; cut <= bytes; cut++) {
        rn_tokens all = {
            .next = text, .end = text + bytes, .split = split, .replace = true};
        rn_tokens part = all;
        part.end = text + cut;
        while (rn__split_next(&part, false)) {
            cr_assert(rn_tokens_next(&all));
            cr_assert(all.bytes == part.bytes && all.next == part.next);
        }
        part.end = text + bytes;
        while (rn__split_next(&part, true)) {
            cr_assert(rn_tokens_next(&all));
            cr_assert(all.bytes == part.bytes && all.next == part.next, "cut at %zu", cut);
        }
        cr_assert(!rn_tokens_next(&all));
    }
}

Test(text, cut_anywhere)
{
    cut_anywhere(golden_text, golden_text_bytes, RN_WORDS);
    cut_anywhere(golden_text, golden_text_bytes, RN_CHARACTERS);
    cut_anywhere(golden_bad, golden_bad_bytes, RN_WORDS);
    cut_anywhere(golden_bad, golden_bad_bytes, RN_CHARACTERS);
}

Test(text, bytes_and_whole)
{
    rn_tokens t = {.next = "a\xff", .split = RN_BYTES};
    t.end = t.next + 2;
    cr_assert(rn_tokens_next(&t) && *t.token == 'a' && t.bytes == 1);
    cr_assert(rn_tokens_next(&t) && *t.token == '\xff');
    cr_assert(!rn_tokens_next(&t) && !t.bad);

    t = (rn_tokens){.next = "", .split = RN_WHOLE};
    t.end = t.next;
    cr_assert(rn_tokens_next(&t) && t.bytes == 0);
    cr_assert(!rn_tokens_next(&t));
    cr_assert(!rn_tokens_next(NULL));
}

Test(text, invalid_stops)
{
    rn_tokens t = {.next = "ab \xe2\x82", .split = RN_WORDS};
    t.end = t.next + 5;
    cr_assert(rn_tokens_next(&t) && t.bytes == 2);
    cr_assert(!rn_tokens_next(&t) && t.bad && t.end - t.next == 2);
}

/* ---- sequences ---- */

static const char lines[] = "the cat\r\nsat on the mat\n\nno end: cat";

static rn_vocabulary *words_of(const char *text, int marks)
{
    rn_vocabulary *v =
        rn_vocabulary_new((rn_vocabulary_options){.split = RN_WORDS, .marks = marks});

    rn_vocabulary_add(v, text, strlen(text));
    cr_assert_eq(rn_vocabulary_complete(v), RN_OK, "%s", rn_vocabulary_error(v));
    return v;
}

/* Every part of sequence i is what encoding its text gives. */
static void reads(rn_source s, rn_vocabulary *v, int64_t i, const char *text)
{
    int32_t expected[1000], got[1000];
    const int32_t begin = rn_vocabulary_mark(v, RN_MARK_BEGIN),
                  end = rn_vocabulary_mark(v, RN_MARK_END);
    int64_t n = 0;

    if (begin >= 0) expected[n++] = begin;
    n += rn_vocabulary_encode(v, text, strlen(text), expected + n, 900);
    if (end >= 0) expected[n++] = end;
    cr_assert_eq(s.length(s.self, i), n);
    const int64_t step = n > 20 ? 7 : 1;
    for (int64_t first = 0; first <= n; first += step)
        for (int64_t steps = 0; first + steps <= n; steps += step) {
            got[steps] = -7;
            cr_assert(s.read(s.self, i, 0, first, steps, got), "%s", s.error(s.self));
            cr_assert_eq(memcmp(got, expected + first, (size_t)steps * 4), 0,
                         "sequence %lld, %lld + %lld", (long long)i, (long long)first,
                         (long long)steps);
            cr_assert_eq(got[steps], -7);
        }
}

static void lines_and_list(int marks)
{
    static const char *const all[] = {"the cat", "sat on the mat", "", "no end: cat"};
    rn_vocabulary *v = words_of(lines, marks);
    rn_text *text = rn_text_lines("lines", v), *list = rn_text_list(all, NULL, 4, v);
    rn_source s = rn_text_source(text), l = rn_text_source(list);

    cr_assert_eq(s.count, 4, "%s", rn_text_error(text));
    cr_assert_eq(l.count, 4, "%s", rn_text_error(list));
    cr_assert_str_eq(s.fields[0].name, "tokens");
    cr_assert_eq(s.fields[0].type, RN_I32);
    cr_assert_eq(s.fields[0].padding, 0);
    for (int i = 0; i < 4; i++) {
        reads(s, v, i, all[i]);
        reads(l, v, i, all[i]);
    }
    rn_text_free(text);
    rn_text_free(list);
    rn_vocabulary_free(v);
}

Test(text, lines_and_list)
{
    rn_test_directory d = rn_test_directory_new();

    rn_test_write("lines", lines, strlen(lines));
    lines_and_list(0);
    lines_and_list(RN_MARK_PADDING | RN_MARK_UNKNOWN | RN_MARK_BEGIN | RN_MARK_END);
    lines_and_list(RN_MARK_END);
    lines_and_list(RN_MARK_BEGIN);
    rn_test_directory_free(&d);
}

/* Indices that fit one byte, two, and neither. */
Test(text, vocabularies_of_many_sizes)
{
    static const int sizes[] = {200, 256, 257, 65536, 65537};
    const char *const all[] = {"t0 t199 t1", "t255", "t256 t255", "t65535", "t65536 t9"};

    for (int k = 0; k < 5; k++) {
        rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){.split = RN_WORDS});
        char token[16];

        for (int i = 0; i < sizes[k]; i++)
            rn_vocabulary_add_token(v, token, (size_t)sprintf(token, "t%d", i), 70000 - i);
        rn_text *list = rn_text_list(all, NULL, k + 1, v);
        for (int i = 0; i <= k; i++) reads(rn_text_source(list), v, i, all[i]);
        rn_text_free(list);
        rn_vocabulary_free(v);
    }
}

Test(text, stream_reads_any_part)
{
    rn_test_directory d = rn_test_directory_new();
    rn_vocabulary *v = words_of(golden_text, RN_MARK_BEGIN);

    rn_test_write("text", "\xEF\xBB\xBF", 3);
    rn_test_write("text", golden_text, golden_text_bytes);
    rn_text *text = rn_text_stream("text", v);
    rn_source s = rn_text_source(text);
    cr_assert_eq(s.count, 1, "%s", rn_text_error(text));
    reads(s, v, 0, golden_text);
    rn_text_free(text);
    rn_vocabulary_free(v);
    rn_test_directory_free(&d);
}

/* Longer than a block, with words across its ends; rows read on in turns. */
Test(text, long_stream)
{
    enum { BYTES = 700000, ROWS = 5, STEPS = 1000 };
    rn_test_directory d = rn_test_directory_new();
    char *data = (char *)malloc(BYTES + 1);
    int32_t *all = (int32_t *)malloc(BYTES * sizeof *all), part[STEPS];

    for (size_t i = 0; i < BYTES; i++)
        data[i] = i * i % 7 == 2 ? ' ' : (char)('a' + i * 31 / 7 % 3);
    data[BYTES] = 0;
    rn_test_write("text", data, BYTES);
    rn_vocabulary *v = rn_vocabulary_new(
        (rn_vocabulary_options){.split = RN_WORDS, .marks = RN_MARK_UNKNOWN});
    cr_assert_eq(rn_vocabulary_add_file(v, "text"), RN_OK);
    const int64_t n = rn_vocabulary_encode(v, data, BYTES, all, BYTES);
    rn_text *text = rn_text_stream("text", v);
    rn_source s = rn_text_source(text);
    cr_assert_eq(s.count, 1, "%s", rn_text_error(text));
    cr_assert_eq(s.length(s.self, 0), n);
    const int64_t row = n / ROWS;
    cr_assert_gt(row, STEPS);
    for (int64_t t = 0; t + STEPS <= row; t += STEPS)
        for (int64_t b = 0; b < ROWS; b++) {
            cr_assert(s.read(s.self, 0, 0, b * row + t, STEPS, part));
            cr_assert_eq(memcmp(part, all + b * row + t, sizeof part), 0);
        }
    rn_text_free(text);
    rn_vocabulary_free(v);
    free(data);
    free(all);
    rn_test_directory_free(&d);
}

/* ---- errors ---- */

static void refused(rn_text *text, const char *message)
{
    rn_source s = rn_text_source(text);

    cr_assert_eq(s.count, -1);
    cr_assert_str_eq(rn_text_error(text), message);
    cr_assert_str_eq(s.error(s.self), message);
    rn_text_free(text);
}

Test(text, errors)
{
    rn_test_directory d = rn_test_directory_new();
    rn_vocabulary *v = words_of("a b", 0);
    rn_vocabulary *whole =
        rn_vocabulary_new((rn_vocabulary_options){.split = RN_WHOLE, .marks = 2});
    const char *const texts[] = {"a", "b\n\303\251 a c", "a \xff"}, *const missing[] = {
                                                                        NULL};
    int32_t got[9];

    rn_test_write("bad", "a b\na \303\251\xc3z\n", 10);
    refused(rn_text_lines("bad", v), "bad:2:4: invalid UTF-8: byte 0xC3");
    refused(rn_text_stream("bad", v), "bad:2:4: invalid UTF-8: byte 0xC3");
    refused(rn_text_lines("none", v), "none: cannot be opened: No such file or directory");
    refused(rn_text_lines(NULL, v), "text: no path");
    refused(rn_text_lines("bad", NULL), "text: no vocabulary");
    refused(rn_text_list(texts, NULL, 3, v), "text 2:1:3: invalid UTF-8: byte 0xFF");
    refused(rn_text_list(texts, NULL, -1, v), "text: a negative count");
    refused(rn_text_list(NULL, NULL, 1, v), "text: no texts");
    refused(rn_text_list(missing, NULL, 1, v), "text: a text of the list is NULL");
    refused(rn_text_stream("bad", whole),
            "text: a stream needs characters, words or bytes");
    cr_assert_str_eq(rn_text_error(NULL), "text: NULL");
    cr_assert_eq(rn_text_source(NULL).count, -1);

    rn_text *text = rn_text_list(texts, NULL, 2, v);
    rn_source s = rn_text_source(text);
    cr_assert(s.read(s.self, 0, 0, 0, 1, got));
    cr_assert(!s.read(s.self, 1, 0, 0, 4, got));
    cr_assert_str_eq(rn_text_error(text),
                     "text 1:2:1: not in the vocabulary: \"\303\251\"");
    rn_text_free(text);
    rn_test_write("lines", "a\nb\na b c d\n", 12);
    text = rn_text_lines("lines", v);
    s = rn_text_source(text);
    cr_assert(!s.read(s.self, 2, 0, 0, 4, got));
    cr_assert_str_eq(rn_text_error(text), "lines:3:5: not in the vocabulary: \"c\"");
    cr_assert_eq(rn_text_source(text).count, -1);
    rn_text_free(text);
    text = rn_text_lines("lines", v);
    s = rn_text_source(text);
    cr_assert(!s.read(s.self, 2, 0, 3, 2, got));
    cr_assert_str_eq(rn_text_error(text), "text: read: no such sequence, field or steps");
    rn_text_free(text);
    rn_vocabulary_free(v);
    rn_vocabulary_free(whole);
    rn_test_directory_free(&d);
}
