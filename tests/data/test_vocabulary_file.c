/* SPDX-License-Identifier: MIT */
/* Vocabularies saved and loaded, in files and in models; and each error of a file. */
#include "io/io_support.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "rondo/text.h"

static void same(rn_vocabulary *a, rn_vocabulary *b)
{
    cr_assert_str_eq(rn_vocabulary_error(b), "");
    cr_assert_eq(rn_vocabulary_count(a), rn_vocabulary_count(b));
    for (int32_t i = 0; i < rn_vocabulary_count(a); i++) {
        size_t x, y;
        const char *token = rn_vocabulary_token(a, i, &x);
        const char *other = rn_vocabulary_token(b, i, &y);
        cr_assert(x == y && !memcmp(token, other, x), "token %d", i);
        cr_assert_eq(rn_vocabulary_times(a, i), rn_vocabulary_times(b, i));
    }
    for (int i = 1; i < 16; i *= 2)
        cr_assert_eq(rn_vocabulary_mark(a, (rn_mark)i), rn_vocabulary_mark(b, (rn_mark)i));
}

/* Saves, loads, and saves again; keeps in a model that is saved and loaded too. */
static void goes_round(rn_vocabulary *v)
{
    rn_vocabulary *loaded = rn_vocabulary_new((rn_vocabulary_options){0}),
                  *kept = rn_vocabulary_new((rn_vocabulary_options){0});
    rn_model *model = rn_model_new(1), *other = rn_model_new(2);
    rn_graph *g = rn_graph_new();
    size_t x, y;

    cr_assert_eq(rn_vocabulary_save(v, "v"), RN_OK, "%s", rn_vocabulary_error(v));
    cr_assert_eq(rn_vocabulary_load(loaded, "v"), RN_OK, "%s", rn_vocabulary_error(loaded));
    same(v, loaded);
    cr_assert_eq(rn_vocabulary_save(loaded, "w"), RN_OK);
    char *first = rn_test_read("v", &x), *second = rn_test_read("w", &y);
    cr_assert(x == y && !memcmp(first, second, x));
    cr_assert(rn__utf8_valid(first, x));
    free(first);
    free(second);

    rn_weight(rn_root(g, model), "w", rn_shape(2), (rn_init){0});
    rn_weight(rn_root(g, other), "w", rn_shape(2), (rn_init){0});
    cr_assert_eq(rn_vocabulary_keep(v, model, "words"), RN_OK, "%s",
                 rn_vocabulary_error(v));
    cr_assert_eq(rn_model_save(model, "m"), RN_OK, "%s", rn_model_error(model));
    cr_assert_eq(rn_model_load(other, "m"), RN_OK, "%s", rn_model_error(other));
    cr_assert_eq(rn_vocabulary_from(kept, other, "words"), RN_OK, "%s",
                 rn_vocabulary_error(kept));
    same(v, kept);
    rn_vocabulary_free(loaded);
    rn_vocabulary_free(kept);
    rn_graph_free(g);
    rn_model_free(model);
    rn_model_free(other);
}

Test(vocabulary_file, goes_round)
{
    rn_test_directory d = rn_test_directory_new();

    for (int split = RN_CHARACTERS; split <= RN_WHOLE; split++)
        for (int marks = 0; marks < 16; marks += 5) {
            rn_vocabulary *v =
                rn_vocabulary_new((rn_vocabulary_options){.split = (rn_splitting)split,
                                                          .lower = marks == 5,
                                                          .replace = marks != 5,
                                                          .marks = marks});
            const char text[] = "a\\b \t\r\n\x01\x7f \303\251 <padding> \\x41 \0#";
            rn_vocabulary_add(v, text, sizeof text - 1);
            if (split == RN_BYTES) rn_vocabulary_add(v, "\xff\xfe\xc3", 3);
            if (split == RN_WHOLE) rn_vocabulary_add(v, "", 0);
            if (split == RN_WHOLE) rn_vocabulary_add(v, "\\padding", 8);
            goes_round(v);
            rn_vocabulary_free(v);
        }
    rn_test_directory_free(&d);
}

/* A text that a person could have written. */
Test(vocabulary_file, format)
{
    rn_test_directory d = rn_test_directory_new();
    const char text[] = "\xEF\xBB\xBFrondo-vocabulary 1 words lower\r\n\\padding\r\n"
                        "\\unknown\r\nthe\t12\r\ncat\n\\x41\\t\t3";
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){.split = RN_BYTES});

    rn_test_write("v", text, sizeof text - 1);
    cr_assert_eq(rn_vocabulary_load(v, "v"), RN_OK, "%s", rn_vocabulary_error(v));
    cr_assert_eq(rn_vocabulary_count(v), 5);
    cr_assert_eq(rn_vocabulary_find(v, "THE", 3), 2);
    cr_assert_eq(rn_vocabulary_times(v, 2), 12);
    cr_assert_eq(rn_vocabulary_find(v, "cat", 3), 3);
    cr_assert_str_eq(rn_vocabulary_token(v, 4, NULL), "a\t");
    cr_assert_eq(rn_vocabulary_find(v, "dog", 3), 1);
    rn_vocabulary_free(v);
    rn_test_directory_free(&d);
}

static void refused(const char *text, size_t bytes, const char *message)
{
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){0});

    rn_test_write("v", text, bytes);
    cr_assert_neq(rn_vocabulary_load(v, "v"), RN_OK, "%s", text);
    cr_assert_str_eq(rn_vocabulary_error(v), message);
    rn_vocabulary_free(v);
}

#define HEAD                   "rondo-vocabulary 1 words\n"
#define REFUSED(text, message) refused(text, sizeof text - 1, message)

Test(vocabulary_file, malformed)
{
    rn_test_directory d = rn_test_directory_new();
    const char none[] =
        "v:1:1: not a vocabulary: its first line is not \"rondo-vocabulary 1 ..\"";

    REFUSED("", none);
    REFUSED("rondo-vocabulary 2 words\na\n", none);
    REFUSED("rondo-vocabulary 1 letters\na\n",
            "v:1:20: not characters, words, bytes or whole");
    REFUSED("rondo-vocabulary 1 words upper\na\n", "v:1:25: an unknown option");
    REFUSED(HEAD, "v:2:1: no tokens");
    REFUSED(HEAD "a\n\\q\t1\n", "v:3:1: a bad escape");
    REFUSED(HEAD "a\n\303\251\\x4", "v:3:2: a bad escape");
    REFUSED(HEAD "a\n\\x4G\n", "v:3:1: a bad escape");
    REFUSED(HEAD "a\\", "v:2:2: a bad escape");
    REFUSED(HEAD "a\t\n", "v:2:3: a bad count");
    REFUSED(HEAD "a\t1b\n", "v:2:4: a bad count");
    REFUSED(HEAD "a\t-1\n", "v:2:3: a bad count");
    REFUSED(HEAD "a\t99999999999999999999\n", "v:2:21: a bad count");
    REFUSED(HEAD "a\t1\t2\n", "v:2:4: a bad count");
    REFUSED(HEAD "a\t1\nb\na\n", "v:4:1: a duplicate token");
    REFUSED(HEAD "a\t1\n\nb\n", "v:3:1: an empty line");
    REFUSED(HEAD "a\t1\n\\padding\n", "v:3:1: a mark behind a token");
    REFUSED(HEAD "\\unknown\n\\padding\na\n", "v:3:9: a mark again, or in the wrong order");
    REFUSED(HEAD "\\end\n\\end\na\n", "v:3:5: a mark again, or in the wrong order");
    REFUSED(HEAD "a\nb\x01\n", "v:3:2: a control character");
    REFUSED(HEAD "a\nb\xff\n", "v:3:2: invalid UTF-8");
    REFUSED(HEAD "a\0b\n", "v:2:2: a control character");
    rn_test_directory_free(&d);
}

Test(vocabulary_file, other_errors)
{
    rn_test_directory d = rn_test_directory_new();
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){0});
    rn_model *model = rn_model_new(1);

    cr_assert_eq(rn_vocabulary_from(v, model, "x"), RN_INVALID);
    cr_assert_str_eq(rn_vocabulary_error(v),
                     "vocabulary: from: the model has no text \"vocabulary/x\"");
    rn_vocabulary_free(v);

    v = rn_vocabulary_new((rn_vocabulary_options){0});
    cr_assert_eq(rn_vocabulary_load(v, "none"), RN_IO);
    cr_assert_str_eq(rn_vocabulary_error(v),
                     "none: cannot be opened: No such file or directory");
    rn_vocabulary_free(v);

    v = rn_vocabulary_new((rn_vocabulary_options){0});
    rn_model_set_text(model, "vocabulary/x", "rondo-vocabulary 1 bytes\n\\q");
    cr_assert_eq(rn_vocabulary_from(v, model, "x"), RN_BAD_FILE);
    cr_assert_str_eq(rn_vocabulary_error(v), "vocabulary/x:2:1: a bad escape");
    rn_vocabulary_free(v);

    v = rn_vocabulary_new((rn_vocabulary_options){0});
    rn_vocabulary_add(v, "abc", 3);
    cr_assert_eq(rn_vocabulary_load(v, "none"), RN_IO);
    rn_vocabulary_free(v);
    v = rn_vocabulary_new((rn_vocabulary_options){0});
    rn_vocabulary_add(v, "abc", 3);
    cr_assert_eq(rn_vocabulary_save(v, "no/where"), RN_IO);
    cr_assert(strstr(rn_vocabulary_error(v), "no/where: cannot be written"));
    cr_assert_eq(rn_vocabulary_count(v), 3);
    cr_assert_eq(rn_vocabulary_save(v, "elsewhere"), RN_OK);
    cr_assert_str_empty(rn_vocabulary_error(v));
    cr_assert_eq(rn_vocabulary_save(v, "no/where"), RN_IO);
    cr_assert_eq(rn_vocabulary_add(v, "d", 1), RN_INVALID);
    cr_assert_null(strstr(rn_vocabulary_error(v), "no/where"));
    rn_vocabulary_free(v);
    rn_model_free(model);
    rn_test_directory_free(&d);
}
