/* SPDX-License-Identifier: MIT */
/* Vocabularies: counting, order, marks, look-up. */
#include "io/io_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rondo/text.h"

static rn_vocabulary *of(rn_vocabulary_options options, const char *text)
{
    rn_vocabulary *v = rn_vocabulary_new(options);

    rn_vocabulary_add(v, text, strlen(text));
    return v;
}

/* All tokens in the order of their indices, as "a b c". */
static void has(rn_vocabulary *v, const char *expected)
{
    char all[400] = "";

    for (int32_t i = 0; i < rn_vocabulary_count(v); i++) {
        size_t bytes;
        const char *token = rn_vocabulary_token(v, i, &bytes);
        cr_assert_eq(strlen(token), bytes);
        strcat(strcat(all, i ? " " : ""), token);
    }
    cr_assert_str_eq(all, expected);
}

Test(vocabulary, order_is_count_then_bytes)
{
    rn_vocabulary *v =
        of((rn_vocabulary_options){.split = RN_WORDS}, "b aa a B b z aa \303\251 b");

    has(v, "b aa B a z \303\251");
    cr_assert_eq(rn_vocabulary_times(v, 0), 3);
    cr_assert_eq(rn_vocabulary_times(v, 1), 2);
    cr_assert_eq(rn_vocabulary_times(v, 2), 1);
    cr_assert_eq(rn_vocabulary_times(v, 6), 0);
    cr_assert_eq(rn_vocabulary_find(v, "aa", 2), 1);
    cr_assert_eq(rn_vocabulary_find(v, "aa", 1), 3);
    cr_assert_eq(rn_vocabulary_find(v, "c", 1), -1);
    cr_assert_null(rn_vocabulary_token(v, 6, NULL));
    cr_assert_null(rn_vocabulary_token(v, -1, NULL));
    rn_vocabulary_free(v);
}

Test(vocabulary, marks_come_first)
{
    static const char *const names[] = {"<padding>", "<unknown>", "<begin>", "<end>"};
    rn_vocabulary_options o = {.split = RN_WHOLE};

    for (o.marks = 0; o.marks < 16; o.marks++) {
        rn_vocabulary *v = of(o, "<unknown>");
        int32_t next = 0;
        for (int i = 0; i < 4; i++) {
            const int32_t mark = rn_vocabulary_mark(v, (rn_mark)(1 << i));
            cr_assert_eq(mark, o.marks & 1 << i ? next : -1);
            if (mark < 0) continue;
            cr_assert_str_eq(rn_vocabulary_token(v, next++, NULL), names[i]);
        }
        /* A text that is spelled like a mark is no mark. */
        cr_assert_eq(rn_vocabulary_find(v, "<unknown>", 9), next);
        cr_assert_eq(rn_vocabulary_find(v, "<end>", 5),
                     rn_vocabulary_mark(v, RN_MARK_UNKNOWN));
        cr_assert_eq(rn_vocabulary_mark(v, (rn_mark)3), -1);
        cr_assert_eq(rn_vocabulary_count(v), next + 1);
        rn_vocabulary_free(v);
    }
}

Test(vocabulary, least_and_largest)
{
    rn_vocabulary_options o = {.split = RN_CHARACTERS, .lower = true};
    rn_vocabulary *v = of(o, "aAbBcC\303\204a");

    has(v, "a b c \303\204");
    rn_vocabulary_free(v);
    o.least = 2;
    has(v = of(o, "aAbBcd"), "a b");
    rn_vocabulary_free(v);
    o.largest = 3;
    o.marks = RN_MARK_PADDING | RN_MARK_UNKNOWN;
    has(v = of(o, "abbAcd"), "<padding> <unknown> a");
    rn_vocabulary_free(v);
}

/* Many tokens, so that all tables grow; compared with counting in plain loops. */
Test(vocabulary, many_tokens)
{
    enum { N = 5000, RANGE = 3000 };
    static int64_t times[RANGE];
    char token[40];
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){.split = RN_WORDS});

    for (int i = 0; i < N; i++) {
        const int k = (int)((int64_t)i * i % RANGE);
        const int length = snprintf(token, sizeof token, "%dtoken%d", k, k % 13 * 1111);
        times[k]++;
        cr_assert_eq(rn_vocabulary_add(v, token, (size_t)length), RN_OK);
    }
    int64_t before = INT64_MAX, sum = 0;
    for (int32_t i = 0; i < rn_vocabulary_count(v); i++) {
        size_t bytes;
        const char *text = rn_vocabulary_token(v, i, &bytes);
        const int64_t own = rn_vocabulary_times(v, i);
        cr_assert_eq(own, times[atoi(text)]);
        cr_assert_leq(own, before);
        cr_assert_eq(rn_vocabulary_find(v, text, bytes), i);
        before = own;
        sum += own;
    }
    cr_assert_eq(sum, N);
    rn_vocabulary_free(v);
}

/* The order of the texts does not matter, nor how they are added. */
Test(vocabulary, same_in_any_way)
{
    rn_test_directory d = rn_test_directory_new();
    const char *const lines[] = {"x y z", "y z", "z w' \303\251t\303\251"};
    rn_vocabulary_options o = {.split = RN_WORDS};
    rn_vocabulary *a = rn_vocabulary_new(o), *b = rn_vocabulary_new(o),
                  *c = rn_vocabulary_new(o);
    char all[80] = "\xEF\xBB\xBF";

    for (int i = 0; i < 3; i++) {
        rn_vocabulary_add(a, lines[i], strlen(lines[i]));
        rn_vocabulary_add(b, lines[2 - i], strlen(lines[2 - i]));
        strcat(strcat(all, lines[i]), "\r\n");
    }
    rn_test_write("text", all, strlen(all));
    cr_assert_eq(rn_vocabulary_add_file(c, "text"), RN_OK);
    has(a, "z y ' w x \303\251t\303\251");
    has(b, "z y ' w x \303\251t\303\251");
    has(c, "z y ' w x \303\251t\303\251");
    rn_vocabulary_free(a);
    rn_vocabulary_free(b);
    rn_vocabulary_free(c);

    /* Whole lines. */
    o.split = RN_WHOLE;
    a = rn_vocabulary_new(o);
    rn_test_write("text", "b\r\na\nb", 6);
    cr_assert_eq(rn_vocabulary_add_file(a, "text"), RN_OK);
    has(a, "b a");
    rn_vocabulary_free(a);
    rn_test_directory_free(&d);
}

Test(vocabulary, encode_and_decode)
{
    rn_vocabulary *v = of(
        (rn_vocabulary_options){
            .split = RN_WORDS, .lower = true, .marks = RN_MARK_PADDING | RN_MARK_UNKNOWN},
        "the cat, the cat the");
    int32_t index[200];
    char text[80];

    cr_assert_eq(rn_vocabulary_encode(v, "The dog, the CAT", 16, index, 200), 5);
    const int32_t expected[] = {2, 1, 4, 2, 3};
    cr_assert_eq(memcmp(index, expected, sizeof expected), 0);
    cr_assert_eq(rn_vocabulary_encode(v, "The dog, the CAT", 16, index, 2), 5);
    cr_assert_eq(rn_vocabulary_encode(v, "The dog, the CAT", 16, NULL, 0), 5);
    cr_assert_eq(rn_vocabulary_encode(v, "a \xff", 3, index, 200), -1);
    cr_assert_str_eq(rn_vocabulary_error(v), "");

    const int32_t some[] = {0, 2, 1, -1, 99, 4, 3, 0};
    cr_assert_eq(rn_vocabulary_decode(v, some, 8, text, sizeof text), 19);
    cr_assert_str_eq(text, "the <unknown> , cat");
    cr_assert_eq(rn_vocabulary_decode(v, some, 8, text, 6), 19);
    cr_assert_str_eq(text, "the <");
    cr_assert_eq(rn_vocabulary_decode(v, some, 8, NULL, 0), 19);
    rn_vocabulary_free(v);

    v = of((rn_vocabulary_options){.split = RN_BYTES}, "\xff\x01"
                                                       "a\xff");
    cr_assert_eq(rn_vocabulary_encode(v, "a\xff\x01", 3, index, 200), 3);
    cr_assert(index[0] == 2 && index[1] == 0 && index[2] == 1);
    cr_assert_eq(rn_vocabulary_decode(v, index, 3, text, sizeof text), 3);
    cr_assert_str_eq(text, "a\xff\x01");
    cr_assert_eq(rn_vocabulary_encode(v, "b", 1, index, 200), -1);
    rn_vocabulary_free(v);
}

/* More than the room that counts tokens beyond the caller's. */
Test(vocabulary, encode_long)
{
    char text[1001];
    int32_t index[1000];
    rn_vocabulary *v = of((rn_vocabulary_options){.split = RN_CHARACTERS}, "ab");

    for (int i = 0; i < 1000; i++) text[i] = i % 3 ? 'a' : 'b';
    for (int64_t room = 0; room < 1001; room += 37) {
        index[room < 1000 ? room : 0] = -5;
        cr_assert_eq(rn_vocabulary_encode(v, text, 1000, index, room), 1000);
        cr_assert_eq(index[room < 1000 ? room : 0], -5);
        for (int64_t i = 0; i < room; i++) cr_assert_eq(index[i], i % 3 ? 0 : 1);
    }
    rn_vocabulary_free(v);
}

/* Encoding and counting, which take many tokens at once, find what splitting finds. */
Test(vocabulary, tokens_as_when_split_one_by_one)
{
    static const char *const pieces[] = {"a",        "Be",           " ",  "  ", "'",
                                         "\303\251", "\342\200\231", "12", ",",  "\n",
                                         "abcdefg",  "ABCDEFGH",     "x",  "\t"};
    enum { PIECES = sizeof pieces / sizeof *pieces };
    uint64_t state = 7;

    for (int i = 0; i < 2000; i++) {
        char *text = (char *)malloc(160);
        size_t bytes = 0;
        int32_t got[100], n = 0;

        for (int k = 0; k < i % 19; k++) {
            state = state * UINT64_C(6364136223846793005) + 1;
            const char *piece = pieces[(state >> 33) % PIECES];
            memcpy(text + bytes, piece, strlen(piece));
            bytes += strlen(piece);
        }
        text = (char *)realloc(text, bytes + 1); /* no byte more, for the sanitizer */
        text = (char *)realloc(text, bytes ? bytes : 1);
        rn_vocabulary_options o = {
            .split = RN_WORDS, .lower = i % 2, .marks = RN_MARK_UNKNOWN};
        rn_vocabulary *many = rn_vocabulary_new(o), *single = rn_vocabulary_new(o);
        rn_tokens t = {.next = text, .end = text + bytes, .split = RN_WORDS};
        rn_vocabulary_add(many, text, bytes);
        while (rn_tokens_next(&t)) rn_vocabulary_add_token(single, t.token, t.bytes, 1);
        cr_assert_eq(rn_vocabulary_count(many), rn_vocabulary_count(single));
        for (int32_t k = 0; k < rn_vocabulary_count(many); k++) {
            cr_assert_str_eq(rn_vocabulary_token(many, k, NULL),
                             rn_vocabulary_token(single, k, NULL));
            cr_assert_eq(rn_vocabulary_times(many, k), rn_vocabulary_times(single, k));
        }
        const int64_t count = rn_vocabulary_encode(many, text, bytes, got, 100);
        t = (rn_tokens){.next = text, .end = text + bytes, .split = RN_WORDS};
        for (; rn_tokens_next(&t); n++)
            cr_assert_eq(got[n], rn_vocabulary_find(many, t.token, t.bytes));
        cr_assert_eq(count, n);
        rn_vocabulary_free(many);
        rn_vocabulary_free(single);
        free(text);
    }
}

static void fails(rn_vocabulary *v, rn_status expected, const char *message)
{
    cr_assert_eq(rn_vocabulary_complete(v), expected);
    cr_assert_str_eq(rn_vocabulary_error(v), message);
    cr_assert_eq(rn_vocabulary_count(v), 0);
    cr_assert_eq(rn_vocabulary_find(v, "a", 1), -1);
    rn_vocabulary_free(v);
}

Test(vocabulary, errors)
{
    rn_test_directory d = rn_test_directory_new();
    rn_vocabulary_options o = {.split = RN_WORDS};
    rn_vocabulary *v;

    fails(rn_vocabulary_new(o), RN_INVALID, "vocabulary: no tokens");
    fails(of(o, "a\nb \xc3("), RN_BAD_VALUE,
          "vocabulary: add: line 2, column 3: invalid UTF-8: byte 0xC3");
    v = of(o, "a");
    rn_vocabulary_complete(v);
    rn_vocabulary_add(v, "b", 1);
    fails(v, RN_INVALID, "vocabulary: add: it is complete already");
    v = rn_vocabulary_new(o);
    rn_vocabulary_add(v, NULL, 1);
    fails(v, RN_INVALID, "vocabulary: add: NULL");
    v = rn_vocabulary_new(o);
    rn_vocabulary_add_token(v, "a", 1, -1);
    fails(v, RN_INVALID, "vocabulary: add_token: a negative count");
    v = rn_vocabulary_new(o);
    rn_vocabulary_add_file(v, "none");
    fails(v, RN_IO, "none: cannot be opened: No such file or directory");
    rn_test_write("bad", "one\n\303\251\303\251 \xff", 10);
    v = rn_vocabulary_new(o);
    rn_vocabulary_add_file(v, "bad");
    fails(v, RN_BAD_FILE, "bad:2:4: invalid UTF-8: byte 0xFF");
    o.split = RN_WHOLE;
    v = rn_vocabulary_new(o);
    rn_vocabulary_add_file(v, "bad");
    fails(v, RN_BAD_FILE, "bad:2:4: invalid UTF-8: byte 0xFF");
    o.largest = 1;
    o.marks = 3;
    fails(of(o, "a"), RN_INVALID, "vocabulary: fewer indices than marks");
    o.marks = 16;
    fails(of(o, "a"), RN_INVALID, "vocabulary: no such marks: 16");
    o.marks = 0, o.least = -1;
    fails(of(o, "a"), RN_INVALID, "vocabulary: least or largest is negative");
    o.split = (rn_splitting)7;
    fails(of(o, "a"), RN_INVALID, "vocabulary: no such way to split: 7");
    cr_assert_str_eq(rn_vocabulary_error(NULL), "vocabulary: NULL");
    rn_test_directory_free(&d);
}
