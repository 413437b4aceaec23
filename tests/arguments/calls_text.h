/* SPDX-License-Identifier: MIT */
/* Calls of what reads text and tables. */
#ifndef RN_TEST_CALLS_TEXT_H
#define RN_TEST_CALLS_TEXT_H

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls_data.h"

static bool one_in(rn_test_world *w, size_t n)
{
    return rn_test_draw(w, n) == 0;
}

/* A file of its own, or one that cannot be. */
static const char *text_file(rn_test_world *w, char own[64])
{
    static const char csv[] = "a,\"b/c\"\n1,\"x y\"\n,\303\251\n-2.5,z z";
    FILE *file;

    snprintf(own, 64, "/tmp/rondo-arguments-%ld", (long)getpid());
    if (one_in(w, 8)) return path(w);
    file = fopen(own, "wb");
    cr_assert(file && fwrite(csv, 1, sizeof csv - 1, file) == sizeof csv - 1);
    fclose(file);
    return own;
}

/* ---- vocabularies ---- */

static rn_vocabulary *a_vocabulary(rn_test_world *w)
{
    rn_vocabulary_options o = {.split = DRAW(w, rn_splitting, RN_CHARACTERS, RN_WORDS,
                                             RN_BYTES, RN_WHOLE, RN_WHOLE, RN_WORDS),
                               .lower = bit(w),
                               .replace = bit(w),
                               .marks = DRAW(w, int, 0, 15, 2, 3, 2, 0, 8)};

    if (one_in(w, 8)) return NULL;
    if (one_in(w, 8)) o.split = (rn_splitting)axis(w);
    if (one_in(w, 8)) o.marks = (int)number(w);
    if (one_in(w, 4)) o.least = number(w);
    if (one_in(w, 4)) o.largest = number(w);
    rn_vocabulary *v = rn_vocabulary_new(o);
    if (bit(w)) rn_vocabulary_add(v, "x y z", 5);
    return v;
}

static const char *some_text(rn_test_world *w, size_t *bytes)
{
    const char *text = name(w);

    *bytes = text ? strlen(text) : rn_test_draw(w, 5);
    return text;
}

static void use_vocabulary(rn_test_world *w, rn_vocabulary *v)
{
    int32_t index[4] = {0, -1, INT32_MAX, 1};
    char to[8];
    size_t bytes;

    rn_vocabulary_count(v);
    const char *text = some_text(w, &bytes);
    rn_vocabulary_find(v, text, bytes);
    rn_vocabulary_encode(v, text, bytes, one_in(w, 4) ? NULL : index,
                         DRAW(w, int64_t, 0, 4, 2, -1, INT64_MIN));
    rn_vocabulary_decode(v, one_in(w, 4) ? NULL : index, DRAW(w, int64_t, 4, 0, 1, -1),
                         one_in(w, 4) ? NULL : to, DRAW(w, size_t, 8, 0, 1));
    rn_vocabulary_mark(v, (rn_mark)number(w));
    rn_vocabulary_times(v, (int32_t)number(w));
    rn_vocabulary_token(v, (int32_t)number(w), bit(w) ? &bytes : NULL);
}

static void vocabulary(rn_test_world *w)
{
    char own[64] = "";
    size_t bytes;
    rn_vocabulary *v = a_vocabulary(w);
    rn_model *model = a_model(w);

    for (int i = 0; i < 4; i++) {
        const char *text = some_text(w, &bytes), *file = NULL;
        const rn_status status[] = {rn_vocabulary_add(v, text, bytes), RN_OK, RN_OK};
        status_is(status[0], rn_vocabulary_error(v), v);
        switch (rn_test_draw(w, 7)) {
        case 0:
            rn_vocabulary_add_token(v, text, bytes, number(w));
            break;
        case 1:
            rn_vocabulary_add_file(v, file = text_file(w, own));
            break;
        case 2:
            rn_vocabulary_keep(v, model, name(w));
            break;
        case 3:
            rn_vocabulary_from(v, model, name(w));
            break;
        case 4:
            rn_vocabulary_load(v, file = text_file(w, own));
            break;
        case 5:
            rn_vocabulary_save(v, path(w));
            break;
        default:
            use_vocabulary(w, v);
        }
        if (file) remove(own);
    }
    status_is(rn_vocabulary_complete(v), rn_vocabulary_error(v), v);
    rn_vocabulary_free(v);
}

static void tokens(rn_test_world *w)
{
    size_t bytes;
    rn_tokens t = {.next = some_text(w, &bytes),
                   .split = (rn_splitting)DRAW(w, int, 0, 1, 2, 3, -1),
                   .replace = bit(w)};

    if (t.next) t.end = t.next + bytes;
    for (int i = 0; i < 1000 && rn_tokens_next(one_in(w, 8) ? NULL : &t); i++)
        cr_assert(t.bytes <= 700);
}

/* ---- sources ---- */

static void use_source(rn_test_world *w, rn_source s)
{
    double to[64];

    if (s.count < 0) {
        cr_assert(s.error(s.self)[0]);
        return;
    }
    for (int k = 0; k < 8; k++) {
        const int64_t i = number(w), steps = DRAW(w, int64_t, 0, 1, 2, -1, 60);
        s.length(s.self, i);
        if (!s.read(s.self, i, axis(w), number(w), steps, one_in(w, 8) ? NULL : to))
            cr_assert(s.error(s.self)[0]);
    }
}

static void text_of(rn_test_world *w)
{
    char own[64] = "";
    const char *texts[] = {"x y", name(w)};
    const size_t lengths[] = {3, texts[1] ? strlen(texts[1]) : 0};
    rn_vocabulary *v = a_vocabulary(w);
    rn_text *text;

    switch (rn_test_draw(w, 3)) {
    case 0:
        text = rn_text_lines(text_file(w, own), v);
        break;
    case 1:
        text = rn_text_stream(text_file(w, own), v);
        break;
    default:
        text = rn_text_list(one_in(w, 8) ? NULL : texts, bit(w) ? lengths : NULL,
                            DRAW(w, int64_t, 2, 1, 0, -1, INT64_MIN), v);
    }
    use_source(w, rn_text_source(text));
    rn_text_free(text);
    rn_vocabulary_free(v);
    remove(own);
}

/* ---- tables ---- */

static rn_column a_column(rn_test_world *w, rn_vocabulary *v)
{
    rn_column c = {.name = bit(w) ? name(w) : NULL,
                   .number = DRAW(w, int, 0, 1, 0, -1, INT_MAX),
                   .vocabulary = one_in(w, 3) ? v : NULL,
                   .missing = (rn_missing)rn_test_draw(w, 4),
                   .fill = real(w),
                   .field = one_in(w, 4) ? name(w) : NULL};

    if (one_in(w, 4)) c.type = a_type(w);
    if (one_in(w, 16)) c.missing = (rn_missing)axis(w);
    return c;
}

static void table(rn_test_world *w)
{
    char own[64] = "";
    double to[64];
    size_t bytes;
    rn_vocabulary *v = a_vocabulary(w);
    const rn_column columns[] = {a_column(w, v), a_column(w, v)};
    const rn_column *c = one_in(w, 8) ? NULL : columns;
    const int count = DRAW(w, int, 1, 2, 1, 0, -1, INT_MIN);
    rn_table *t = rn_table_open(
        text_file(w, own), (rn_table_options){.delimiter = DRAW(w, char, 0, ',', ';', '"'),
                                              .headless = bit(w),
                                              .missing = one_in(w, 4) ? name(w) : NULL,
                                              .replace = bit(w)});

    if (one_in(w, 16)) {
        rn_table_free(t);
        t = NULL;
    }
    cr_assert(rn_table_rows(t) >= 0 && rn_table_columns(t) >= 0);
    rn_table_name(t, axis(w));
    if (one_in(w, 4)) rn_table_find(t, name(w));
    if (one_in(w, 4)) rn_table_text(t, number(w), axis(w), bit(w) ? &bytes : NULL);
    if (one_in(w, 4)) status_is(rn_table_add(t, c, count), rn_table_error(t), t);
    if (bit(w))
        status_is(rn_table_read(t, c, count, a_type(w), one_in(w, 8) ? NULL : to,
                                DRAW(w, int64_t, 64, 2, 0, -1, INT64_MIN)),
                  rn_table_error(t), t);
    use_source(w, rn_table_source(t, c, count));
    rn_table_free(t);
    rn_vocabulary_free(v);
    remove(own);
}

static void npy(rn_test_world *w)
{
    static const double data[64];
    char message[100] = "";
    const rn_shape shape = a_shape(w);

    rn_npy *n = rn_npy_read(path(w), (rn_allocator){NULL, NULL}, bit(w) ? message : NULL,
                            DRAW(w, size_t, 100, 0, 5));
    cr_assert(!n);
    rn_npy_free(n);
    status_is(rn_npy_write(path(w), a_type(w), shape,
                           rn_shape_count(shape) <= 64 && bit(w) ? data : NULL, message,
                           sizeof message),
              message, true);
}

#endif
