/* SPDX-License-Identifier: MIT */
/* Each error of a table has its message. */
#include "io/io_support.h"

#include <stdio.h>
#include <string.h>

#include "rondo/table.h"

static void form(const char *text, size_t bytes, const char *message)
{
    rn_test_write("t", text, bytes);
    rn_table *t = rn_table_open("t", (rn_table_options){0});

    cr_assert_str_eq(rn_table_error(t), message);
    cr_assert_eq(rn_table_rows(t), 0);
    cr_assert_eq(rn_table_columns(t), 0);
    cr_assert_null(rn_table_text(t, 0, 0, NULL));
    rn_table_free(t);
}

#define FORM(text, message) form(text, sizeof text - 1, message)

Test(table_errors, form)
{
    rn_test_directory d = rn_test_directory_new();

    FORM("", "t: no records");
    FORM("\n\r\n", "t: no records");
    FORM("a,b\n1,2\n1\n", "t:3:1: a row of 1 fields, the first one has 2");
    FORM("a,b\n1,2\n1,2,3\n", "t:3:1: a row of 3 fields, the first one has 2");
    FORM("a,b\n1,2\n1,\"2\n3,4\n", "t:3:3: a quote that is not closed");
    FORM("a,b\n\303\2511,x\"2\n", "t:2:5: a quote in a field without quotes");
    FORM("a,b\n\"1\"x,2\n", "t:2:4: text behind a closing quote");
    FORM("a,b\n\"1\n2\"\"\" ,2\n", "t:3:5: text behind a closing quote");
    FORM("a,b\n1,2\r3,4\n", "t:2:4: a CR without LF");
    FORM("a,b\n1,2\r", "t:2:4: a CR without LF");
    FORM("a,b\n1,\0\n", "t:2:3: a NUL byte");
    FORM("a,b\n1,\"x\0\"\n", "t:2:5: a NUL byte");
    FORM("a,\"b\0\"\n1,2\n", "t:1:5: a NUL byte");
    FORM("a,b\n\303\251\xff,2\n", "t:2:2: invalid UTF-8: byte 0xFF");
    FORM("a,\xed\xa0\x80\n1,2\n", "t:1:3: invalid UTF-8: byte 0xED");
    rn_test_directory_free(&d);
}

Test(table_errors, opening)
{
    rn_test_directory d = rn_test_directory_new();
    rn_table *t = rn_table_open(NULL, (rn_table_options){0});

    cr_assert_str_eq(rn_table_error(t), "table: open: no path");
    rn_table_free(t);
    t = rn_table_open("none", (rn_table_options){0});
    cr_assert_str_eq(rn_table_error(t),
                     "none: cannot be opened: No such file or directory");
    rn_table_free(t);
    t = rn_table_open(".", (rn_table_options){0});
    cr_assert_str_eq(rn_table_error(t), ".: is a directory, not a regular file");
    rn_table_free(t);
    t = rn_table_open("none", (rn_table_options){.delimiter = '"'});
    cr_assert_str_eq(rn_table_error(t), "table: not a delimiter: byte 0x22");
    rn_table_free(t);
    cr_assert_str_eq(rn_table_error(NULL), "table: NULL");
    rn_test_directory_free(&d);
}

/* What reading and a source of one column give. */
static void reads(const char *text, rn_column column, rn_type type, rn_status expected,
                  const char *message)
{
    double to[16];

    rn_test_write("t", text, strlen(text));
    rn_table *t = rn_table_open("t", (rn_table_options){0});
    cr_assert_str_eq(rn_table_error(t), "");
    cr_assert_eq(rn_table_read(t, &column, 1, type, to, 16), expected, "%s", message);
    cr_assert_str_eq(rn_table_error(t), message);
    /* It stays. */
    cr_assert_eq(rn_table_read(t, &(rn_column){.number = 0}, 1, RN_F64, to, 16), expected);
    cr_assert_eq(rn_table_source(t, &column, 1).count, -1);
    rn_table_free(t);
}

Test(table_errors, numbers)
{
    rn_test_directory d = rn_test_directory_new();
    const char text[] = "a,\"p\n\"\n1,2\n3,\"\"\n4,\"\n1,5\"\n1e40,0.5\n";
    const rn_column p = {.name = "p\n"}, q = {.number = 1, .missing = RN_MISSING_CONSTANT};

    reads(text, p, RN_F64, RN_BAD_FILE, "t:4:4: column \"p?\": a missing value");
    reads(text, q, RN_F64, RN_BAD_FILE, "t:5:4: column \"p?\": not a number: \"?1,5\"");
    reads("x\n1\n12abc\n", (rn_column){.name = "x"}, RN_F32, RN_BAD_FILE,
          "t:3:1: column \"x\": not a number: \"12abc\"");
    reads("x\n1\n  inf\n", (rn_column){.name = "x"}, RN_F32, RN_BAD_FILE,
          "t:3:3: column \"x\": not a number: \"inf\"");
    reads("x\n1\n1e999\n", (rn_column){.name = "x"}, RN_F64, RN_BAD_FILE,
          "t:3:1: column \"x\": not a number: \"1e999\"");
    reads("x\n1\n-1e40\n", (rn_column){.name = "x"}, RN_F32, RN_BAD_FILE,
          "t:3:1: column \"x\": does not fit f32: -1e+40");
    reads("x\n1\n1.5\n", (rn_column){.name = "x"}, RN_I32, RN_BAD_FILE,
          "t:3:1: column \"x\": does not fit i32: 1.5");
    reads("x\n1\n2147483648\n", (rn_column){.name = "x"}, RN_I32, RN_BAD_FILE,
          "t:3:1: column \"x\": does not fit i32: 2147483648");
    reads("x\nNA\n1\n", (rn_column){.name = "x", .missing = RN_MISSING_PREVIOUS}, RN_F64,
          RN_BAD_FILE, "t:2:1: column \"x\": a missing value, and none above");
    reads("x,y\nNA,\n,\n", (rn_column){.name = "x", .missing = RN_MISSING_MEAN}, RN_F64,
          RN_BAD_FILE, "t: column 0 has no values, so no mean");
    reads("x\n1\n", (rn_column){.name = "x", .missing = RN_MISSING_MEAN}, RN_I32,
          RN_INVALID, "t: a mean is not i32");
    reads("x\n1\n", (rn_column){.name = "x", .missing = (rn_missing)9}, RN_F64, RN_INVALID,
          "t: no such way to fill: 9");
    reads("x\n1\n", (rn_column){.name = "x"}, RN_BOOL, RN_INVALID,
          "t: numbers are f32, f64 or i32");
    reads("x\n1\n", (rn_column){.name = "x", .type = RN_BOOL}, RN_F64, RN_INVALID,
          "t: numbers are f32, f64 or i32");
    reads("x\n1\n", (rn_column){.number = 1}, RN_F64, RN_INVALID, "t: no column 1 of 1");
    rn_test_directory_free(&d);
}

Test(table_errors, names)
{
    rn_test_directory d = rn_test_directory_new();

    reads("price,size,weight,prize,x,x\n1,1,1,1,1,1\n", (rn_column){.name = "prise"},
          RN_F64, RN_INVALID,
          "t: no column \"prise\"; the nearest: \"price\", \"prize\", \"size\"");
    reads("x,x\n1,2\n", (rn_column){.name = "x"}, RN_F64, RN_INVALID,
          "t: columns 0 and 1 are both named \"x\"");
    rn_test_write("t", "1,2\n", 4);
    rn_table *t = rn_table_open("t", (rn_table_options){.headless = true});
    cr_assert_eq(rn_table_find(t, "x"), -1);
    cr_assert_str_eq(rn_table_error(t), "t: no header, so columns have no names");
    cr_assert_eq(rn_table_find(t, NULL), -1);
    cr_assert_str_eq(rn_table_error(t), "t: no name");
    rn_table_free(t);
    t = rn_table_open("t", (rn_table_options){.headless = true});
    cr_assert_null(rn_table_text(t, 1, 0, NULL));
    cr_assert_str_eq(rn_table_error(t), "t: no row 1 of 1");
    rn_table_free(t);
    t = rn_table_open("t", (rn_table_options){.headless = true});
    cr_assert_null(rn_table_text(t, 0, 2, NULL));
    cr_assert_str_eq(rn_table_error(t), "t: no column 2 of 2");
    rn_table_free(t);
    rn_test_directory_free(&d);
}

/* A column that is looked for in vain is no error of the table. */
Test(table_errors, not_found)
{
    rn_test_directory d = rn_test_directory_new();
    const rn_column x = {.name = "x"}, z = {.name = "z"};
    double to[1] = {0};

    rn_test_write("t", "x,y\n1,b\n", 8);
    rn_table *t = rn_table_open("t", (rn_table_options){0});
    cr_assert_eq(rn_table_find(t, "z"), -1);
    cr_assert_str_eq(rn_table_error(t), "t: no column \"z\"; the nearest: \"x\", \"y\"");
    cr_assert_eq(rn_table_rows(t), 1);
    cr_assert_eq(rn_table_find(t, "y"), 1);
    cr_assert_str_eq(rn_table_error(t), "");
    cr_assert_eq(rn_table_find(t, "z"), -1);
    cr_assert_eq(rn_table_read(t, &x, 1, RN_F64, to, 1), RN_OK);
    cr_assert(to[0] == 1);
    cr_assert_str_eq(rn_table_error(t), "");
    cr_assert_eq(rn_table_find(t, "z"), -1);
    cr_assert_str_eq(rn_table_text(t, 0, 1, NULL), "b");

    /* A later error has its own message, and stays. */
    cr_assert_eq(rn_table_find(t, "z"), -1);
    cr_assert_eq(rn_table_read(t, &(rn_column){.number = 1}, 1, RN_F64, to, 1),
                 RN_BAD_FILE);
    cr_assert_str_eq(rn_table_error(t), "t:2:3: column \"y\": not a number: \"b\"");
    cr_assert_eq(rn_table_find(t, "y"), -1);
    cr_assert_str_eq(rn_table_error(t), "t:2:3: column \"y\": not a number: \"b\"");
    rn_table_free(t);

    /* To read a column that does not exist is an error. */
    t = rn_table_open("t", (rn_table_options){0});
    cr_assert_eq(rn_table_read(t, &z, 1, RN_F64, to, 1), RN_INVALID);
    cr_assert_null(rn_table_text(t, 0, 1, NULL));
    rn_table_free(t);
    rn_test_directory_free(&d);
}

/* ---- vocabularies and sources ---- */

static rn_vocabulary *of(rn_splitting split, const char *text)
{
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){.split = split});

    if (text) rn_vocabulary_add(v, text, strlen(text));
    return v;
}

static void source(const char *text, const rn_column *columns, int count,
                   const char *message)
{
    rn_test_write("t", text, strlen(text));
    rn_table *t = rn_table_open("t", (rn_table_options){0});
    rn_source s = rn_table_source(t, columns, count);
    int32_t to[20];

    for (int64_t i = 0; i < s.count; i++)
        for (int k = 0; k < s.field_count; k++)
            s.read(s.self, i, k, 0, s.fields[k].once ? 1 : s.length(s.self, i), to);
    cr_assert_str_eq(rn_table_error(t), message);
    cr_assert_str_eq(s.error(s.self), message);
    rn_table_free(t);
}

Test(table_errors, sources)
{
    rn_test_directory d = rn_test_directory_new();
    rn_vocabulary *words = of(RN_WORDS, "a b"), *classes = of(RN_WHOLE, "yes"),
                  *empty = of(RN_WORDS, NULL);
    const rn_column both[] = {{"x", .vocabulary = words}, {"y", .vocabulary = classes}};
    const rn_column twice[] = {{"x", .vocabulary = words}, {"y", .vocabulary = words}};
    const rn_column previous = {"x", .missing = RN_MISSING_PREVIOUS},
                    mean = {"x", .missing = RN_MISSING_MEAN, .type = RN_I32},
                    none = {"x", .vocabulary = empty};

    source("x,y\na b,yes\n\"a\n b c\",yes\n", both, 2,
           "t:4:4: column \"x\": not in the vocabulary: \"c\"");
    /* The same if the table itself was counted. */
    rn_vocabulary *few =
        rn_vocabulary_new((rn_vocabulary_options){.split = RN_WORDS, .largest = 1});
    rn_test_write("t", "x\na\na b\n", 8);
    rn_table *t = rn_table_open("t", (rn_table_options){0});
    const rn_column x = {"x", .vocabulary = few};
    int32_t to[2] = {-1, -1};
    cr_assert_eq(rn_table_add(t, &x, 1), RN_OK);
    rn_source s = rn_table_source(t, &x, 1);
    cr_assert(s.count == 2 && s.read(s.self, 0, 0, 0, 1, to) && to[0] == 0);
    cr_assert(s.length(s.self, 1) == 2 && !s.read(s.self, 1, 0, 0, 2, to));
    cr_assert_str_eq(rn_table_error(t),
                     "t:3:3: column \"x\": not in the vocabulary: \"b\"");
    rn_table_free(t);
    rn_vocabulary_free(few);
    rn_test_write("t2", "x,y\n1,2\n3,z\n", 12);
    t = rn_table_open("t2", (rn_table_options){0});
    const rn_column numbers[] = {{"x", .type = RN_I32}, {"y", .type = RN_I32}};
    s = rn_table_source(t, numbers, 2);
    cr_assert_eq(s.count, 2);
    cr_assert(s.read(s.self, 0, 1, 0, 1, to) && to[0] == 2);
    cr_assert(s.read(s.self, 1, 0, 0, 1, to) && to[0] == 3);
    cr_assert(!s.read(s.self, 1, 1, 0, 1, to));
    cr_assert_str_eq(rn_table_error(t), "t2:3:3: column \"y\": not a number: \"z\"");
    rn_table_free(t);
    source("x,y\na b,yes\na,no\n", both, 2, "t:3:3: column \"y\": no such class: \"no\"");
    source("x,y\na b,yes\na,\n", both, 2, "t:3:3: column \"y\": a missing value");
    source("x,y\na,a\n", twice, 2, "t: columns 0 and 1 both have tokens");
    source("x\n1\n", &previous, 1, "t: a source cannot fill with the previous value");
    source("x\n1\n", &mean, 1, "t: a mean is not i32");
    source("x\n1\n", &none, 1, "t: column \"x\": vocabulary: no tokens");
    source("x\n\" \"\n", &none, 1, "t: column \"x\": vocabulary: no tokens");
    source("x\n1\n", NULL, 1, "t: no columns");
    source("x\n1\n", both, 0, "t: no columns");
    rn_vocabulary_free(words);
    rn_vocabulary_free(classes);
    rn_vocabulary_free(empty);
    cr_assert_eq(rn_table_source(NULL, both, 2).count, -1);
    cr_assert_eq(rn_table_read(NULL, both, 2, RN_F64, NULL, 0), RN_INVALID);
    cr_assert_eq(rn_table_add(NULL, both, 2), RN_INVALID);
    rn_test_directory_free(&d);
}

Test(table_errors, adding)
{
    rn_test_directory d = rn_test_directory_new();
    rn_vocabulary *classes = of(RN_WHOLE, NULL), *done = of(RN_WORDS, "a");
    double to[4];

    rn_test_write("t", "x,y\na,yes\nb,\n", 13);
    rn_table *t = rn_table_open("t", (rn_table_options){0});
    rn_column y = {"y", .vocabulary = classes};
    cr_assert_eq(rn_table_add(t, &y, 1), RN_BAD_FILE);
    cr_assert_str_eq(rn_table_error(t), "t:3:3: column \"y\": a missing value");
    rn_table_free(t);

    t = rn_table_open("t", (rn_table_options){0});
    y.missing = RN_MISSING_CONSTANT;
    cr_assert_eq(rn_table_add(t, &y, 1), RN_OK);
    cr_assert_eq(rn_table_read(t, &y, 1, RN_F64, to, 2), RN_OK, "%s", rn_table_error(t));
    cr_assert(to[0] == 0 && to[1] == 1);
    cr_assert_eq(rn_table_read(t, &y, 1, RN_F64, to, 1), RN_INVALID);
    cr_assert_str_eq(rn_table_error(t), "t: 2 rows of 1 columns do not fit an array of 1");
    rn_table_free(t);

    t = rn_table_open("t", (rn_table_options){0});
    rn_vocabulary_complete(done);
    cr_assert_eq(rn_table_add(t, &(rn_column){.name = "x", .vocabulary = done}, 1),
                 RN_INVALID);
    cr_assert_str_eq(rn_table_error(t),
                     "t: column \"x\": vocabulary: add: it is complete already");
    rn_table_free(t);

    rn_vocabulary *words = of(RN_WORDS, "a");
    t = rn_table_open("t", (rn_table_options){0});
    cr_assert_eq(
        rn_table_read(t, &(rn_column){.name = "x", .vocabulary = words}, 1, RN_F64, to, 4),
        RN_INVALID);
    cr_assert_str_eq(rn_table_error(t), "t: a column of tokens has no numbers");
    rn_table_free(t);
    rn_vocabulary_free(words);
    rn_vocabulary_free(classes);
    rn_vocabulary_free(done);
    rn_test_directory_free(&d);
}
