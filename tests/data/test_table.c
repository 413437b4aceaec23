/* SPDX-License-Identifier: MIT */
/* Tables: fields as Python's csv reads them, numbers as pandas does, sources. */
#include "io/io_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/data_tables.h"
#include "golden_strings.h"
#include "rondo/table.h"

static rn_table *of(const char *text, size_t bytes, rn_table_options options)
{
    rn_test_write("t", text, bytes);
    rn_table *t = rn_table_open("t", options);
    cr_assert_str_eq(rn_table_error(t), "");
    return t;
}

static rn_table *plain(const char *text)
{
    return of(text, strlen(text), (rn_table_options){0});
}

/* ---- fields ---- */

static void cells_are(const char *text, size_t bytes, char delimiter)
{
    const char *golden = golden_cells;
    rn_table *t =
        of(text, bytes, (rn_table_options){.delimiter = delimiter, .headless = true});

    cr_assert_eq(rn_table_columns(t), 4);
    cr_assert_eq(rn_table_rows(t), golden_cells_count / 4);
    for (int i = 0; i < golden_cells_count; i++) {
        size_t length, own;
        const char *expected = golden_next(&golden, &length),
                   *cell = rn_table_text(t, i / 4, i % 4, &own);
        cr_assert(cell && own == length && !memcmp(cell, expected, own) && cell[own] == 0,
                  "row %d, column %d: \"%s\"", i / 4, i % 4, cell);
    }
    cr_assert_str_eq(rn_table_name(t, 0), "");
    rn_table_free(t);
}

Test(table, fields_as_by_python)
{
    rn_test_directory d = rn_test_directory_new();

    cells_are(golden_comma, golden_comma_bytes, 0);
    cells_are(golden_semicolon, golden_semicolon_bytes, ';');
    cells_are(golden_quoted, golden_quoted_bytes, ',');
    rn_test_directory_free(&d);
}

Test(table, forms)
{
    rn_test_directory d = rn_test_directory_new();
    rn_table *t = plain("\xEF\xBB\xBF\"na\"\"me\",b\r\n\r\n1,2\n\n\n\"3\",\"4\"");

    cr_assert_eq(rn_table_rows(t), 2);
    cr_assert_str_eq(rn_table_name(t, 0), "na\"me");
    cr_assert_null(rn_table_name(t, 2));
    cr_assert_null(rn_table_name(t, -1));
    cr_assert_eq(rn_table_find(t, "b"), 1);
    cr_assert_str_eq(rn_table_text(t, 1, 1, NULL), "4");
    cr_assert_str_eq(rn_table_text(t, 0, 0, NULL), "1");
    rn_table_free(t);

    t = plain("only a header");
    cr_assert_eq(rn_table_rows(t), 0);
    cr_assert_eq(rn_table_columns(t), 1);
    rn_table_free(t);

    rn_test_directory_free(&d);
}

Test(table, replaced)
{
    rn_test_directory d = rn_test_directory_new();
    rn_table *t =
        of("a\n\xff!\n\"\xe2\x82\"\"\"\n", 12, (rn_table_options){.replace = true});

    cr_assert_str_eq(rn_table_text(t, 0, 0, NULL), "\xEF\xBF\xBD!");
    cr_assert_str_eq(rn_table_text(t, 1, 0, NULL), "\xEF\xBF\xBD\"");
    rn_table_free(t);
    rn_test_directory_free(&d);
}

/* Rows that are longer than what is read at once, and the order of reading. */
Test(table, long_rows)
{
    enum { LONG = 600000 };
    rn_test_directory d = rn_test_directory_new();
    char *text = (char *)malloc(2 * LONG + 100);
    size_t used = 0, bytes;

    memcpy(text, "a,b\n", used = 4);
    for (int row = 0; row < 2; row++) {
        text[used++] = '"';
        memset(text + used, 'x' + row, LONG);
        text[used + LONG / 2] = '\n';
        used += LONG;
        memcpy(text + used, "\",1\n", 4);
        used += 4;
    }
    memcpy(text + used, "z,2\n", 4);
    rn_table *t = of(text, used + 4, (rn_table_options){0});
    cr_assert_eq(rn_table_rows(t), 3);
    for (int row = 2; row >= 0; row--) {
        const char *cell = rn_table_text(t, row, 0, &bytes);
        cr_assert_eq(bytes, row == 2 ? 1 : LONG);
        cr_assert_eq(*cell, 'x' + row);
        cr_assert_str_eq(rn_table_text(t, row, 1, NULL), row == 2 ? "2" : "1");
    }
    rn_table_free(t);
    free(text);
    rn_test_directory_free(&d);
}

/* ---- numbers ---- */

enum { ROWS = 30 };
static const rn_column abc[] = {{"a", .missing = RN_MISSING_CONSTANT, .fill = (double)NAN},
                                {"b", .missing = RN_MISSING_CONSTANT, .fill = (double)NAN},
                                {.number = 2, .missing = RN_MISSING_CONSTANT, .fill = -1}};

static void equal(const double *got, const double *expected, int count)
{
    for (int i = 0; i < count; i++)
        cr_assert((isnan(got[i]) && isnan(expected[i])) || got[i] == expected[i],
                  "%d: %.17g instead of %.17g", i, got[i], expected[i]);
}

Test(table, numbers_as_by_pandas)
{
    rn_test_directory d = rn_test_directory_new();
    double got[ROWS * 3], constant[ROWS * 3];
    rn_table *t = of(golden_numbers, golden_numbers_bytes, (rn_table_options){0});

    cr_assert_eq(rn_table_read(t, abc, 3, RN_F64, got, ROWS * 3), RN_OK, "%s",
                 rn_table_error(t));
    for (int i = 0; i < ROWS * 3; i++)
        constant[i] = i % 3 == 2 && isnan(golden_values[i]) ? -1 : golden_values[i];
    equal(got, constant, ROWS * 3);
    rn_table_free(t);
    rn_test_directory_free(&d);
}

Test(table, gaps_as_by_pandas)
{
    rn_test_directory d = rn_test_directory_new();
    double got[ROWS * 3], plain_values[ROWS * 3];
    float small[ROWS];
    rn_column columns[3];
    rn_table *t = of(golden_gaps, golden_gaps_bytes, (rn_table_options){0});

    for (int i = 0; i < 3; i++)
        columns[i] = (rn_column){.number = i, .missing = RN_MISSING_PREVIOUS};
    cr_assert_eq(rn_table_read(t, columns, 3, RN_F64, got, ROWS * 3), RN_OK, "%s",
                 rn_table_error(t));
    equal(got, golden_previous, ROWS * 3);

    rn_table_read(t, abc, 2, RN_F64, plain_values, ROWS * 3);
    for (int i = 0; i < 3; i++) columns[i].missing = RN_MISSING_MEAN;
    cr_assert_eq(rn_table_read(t, columns, 2, RN_F64, got, ROWS * 3), RN_OK);
    for (int i = 0; i < ROWS * 2; i++)
        if (!isnan(plain_values[i]))
            cr_assert_eq(got[i], plain_values[i]);
        else
            cr_assert_lt(fabs(got[i] / golden_mean[i % 2] - 1), 1e-12);
    cr_assert_eq(rn_table_read(t, columns + 1, 1, RN_F32, small, ROWS), RN_OK);
    for (int i = 0; i < ROWS; i++) cr_assert_eq(small[i], (float)got[2 * i + 1]);
    rn_table_free(t);
    rn_test_directory_free(&d);
}

Test(table, integers_classes_and_blanks)
{
    rn_test_directory d = rn_test_directory_new();
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){.split = RN_WHOLE});
    rn_column columns[] = {{"n", .missing = RN_MISSING_PREVIOUS},
                           {"class", .vocabulary = v}};
    int32_t got[8];
    const char text[] = "n;class\n 7 ;b\n?;a\n\t-3;b\n2147483647;\"x;y\"\n";
    rn_table *t =
        of(text, sizeof text - 1, (rn_table_options){.delimiter = ';', .missing = "  ? -"});

    cr_assert_eq(rn_table_add(t, columns, 2), RN_OK, "%s", rn_table_error(t));
    cr_assert_eq(rn_table_read(t, columns, 2, RN_I32, got, 8), RN_OK, "%s",
                 rn_table_error(t));
    const int32_t expected[] = {7, 0, 7, 1, -3, 0, INT32_MAX, 2};
    cr_assert_eq(memcmp(got, expected, sizeof got), 0);
    cr_assert_str_eq(rn_vocabulary_token(v, 2, NULL), "x;y");
    rn_table_free(t);
    rn_vocabulary_free(v);
    rn_test_directory_free(&d);
}

/* ---- sources ---- */

static const char reviews[] = "stars,text,label\n"
                              "5,\"good, \"\"really\"\" good\",yes\n"
                              ",bad,no\n"
                              "1,,no\n"
                              "4,\"good\nbad\",yes\n";

Test(table, source)
{
    rn_test_directory d = rn_test_directory_new();
    rn_vocabulary *words = rn_vocabulary_new((rn_vocabulary_options){
                      .split = RN_WORDS,
                      .marks = RN_MARK_UNKNOWN | RN_MARK_PADDING | RN_MARK_END}),
                  *labels = rn_vocabulary_new((rn_vocabulary_options){.split = RN_WHOLE});
    const rn_column columns[] = {{"text", .vocabulary = words, .field = "x"},
                                 {"label", .vocabulary = labels},
                                 {"stars", .missing = RN_MISSING_MEAN},
                                 {"stars", .missing = RN_MISSING_CONSTANT, .type = RN_I32,
                                  .fill = -2, .field = "n"}};
    static const char *const texts[] = {"good, \"really\" good", "bad", "", "good\nbad"};
    const int32_t label[] = {1, 0, 0, 1}, n[] = {5, -2, 1, 4};
    rn_table *t = plain(reviews);
    cr_assert_eq(rn_table_add(t, columns, 2), RN_OK, "%s", rn_table_error(t));
    rn_source s = rn_table_source(t, columns, 4);

    cr_assert_eq(s.count, 4, "%s", rn_table_error(t));
    cr_assert_eq(s.field_count, 4);
    cr_assert_str_eq(s.fields[0].name, "x");
    cr_assert_str_eq(s.fields[1].name, "label");
    cr_assert(!s.fields[0].once && s.fields[1].once && s.fields[2].once);
    cr_assert(s.fields[0].type == RN_I32 && s.fields[1].type == RN_I32);
    cr_assert(s.fields[2].type == RN_F32 && s.fields[3].type == RN_I32);
    for (int64_t i = 3; i >= 0; i--) {
        int32_t expected[20], got[20], class;
        float stars;
        int64_t length =
            rn_vocabulary_encode(words, texts[i], strlen(texts[i]), expected, 19);
        expected[length++] = rn_vocabulary_mark(words, RN_MARK_END);
        cr_assert_eq(s.length(s.self, i), length);
        for (int64_t first = 0; first <= length; first++) {
            cr_assert(s.read(s.self, i, 0, first, length - first, got), "%s",
                      s.error(s.self));
            cr_assert_eq(memcmp(got, expected + first, (size_t)(length - first) * 4), 0);
        }
        cr_assert(s.read(s.self, i, 1, 0, 1, &class) && class == label[i]);
        cr_assert(s.read(s.self, i, 3, 0, 1, &class) && class == n[i]);
        cr_assert(s.read(s.self, i, 2, 0, 1, &stars));
        cr_assert_eq(stars, i == 1 ? (float)(10.0 / 3) : (float)n[i]);
    }
    rn_table_free(t);
    rn_vocabulary_free(words);
    rn_vocabulary_free(labels);
    rn_test_directory_free(&d);
}

/* Reads a column, whose texts these are, with a vocabulary. */
static void rows_are(rn_table *t, rn_vocabulary *v, const char *name,
                     const char *const texts[3])
{
    rn_source s = rn_table_source(t, &(rn_column){.name = name, .vocabulary = v}, 1);

    cr_assert_eq(s.count, 3, "%s", rn_table_error(t));
    for (int64_t i = 0; i < 3; i++) {
        int32_t expected[9], got[9];
        const int64_t n = rn_vocabulary_encode(v, texts[i], strlen(texts[i]), expected, 9);
        cr_assert_eq(s.length(s.self, i), n);
        cr_assert(s.read(s.self, i, 0, 0, n, got), "%s", rn_table_error(t));
        cr_assert_eq(memcmp(got, expected, (size_t)n * sizeof *got), 0, "%d", (int)i);
    }
}

static rn_vocabulary *with(rn_table *t, rn_table *other, int64_t largest)
{
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){
        .split = RN_WORDS, .largest = largest, .marks = RN_MARK_UNKNOWN});
    const rn_column x = {.name = "x", .vocabulary = v};

    if (t) cr_assert_eq(rn_table_add(t, &x, 1), RN_OK);
    if (other) cr_assert_eq(rn_table_add(other, &x, 1), RN_OK);
    return v;
}

/* Words that a vocabulary counted in a table have its indices when it is complete, and no
 * others: of another table, of another vocabulary, in a second source. */
Test(table, words_counted_and_read)
{
    static const char *const one[] = {"b a a", "c a b", "d"},
                             *const two[] = {"d d d d d", "", "a e"},
                             *const numbers[] = {"1", "2", "3"};
    rn_test_directory d = rn_test_directory_new();
    rn_table *t = plain("x,y\nb a a,1\nc a b,2\nd,3\n"),
             *u = plain("x\nd d d d d\n\"\"\na e\n");

    for (int64_t largest = 0; largest < 5; largest++) {
        rn_vocabulary *v = with(t, NULL, largest), *both = with(t, u, largest);
        rows_are(t, v, "x", one);
        rows_are(t, both, "x", one);
        rows_are(u, both, "x", two);
        rows_are(u, both, "x", two);
        rn_vocabulary_free(both);
        rn_vocabulary_free(v);

        /* Likely to be where one was that the table knows. */
        v = with(t, NULL, largest);
        rn_vocabulary_free(v);
        v = with(NULL, NULL, largest);
        rn_vocabulary_add(v, "d d c", 5);
        rows_are(t, v, "x", one);
        rn_vocabulary_free(v);
        v = with(t, NULL, largest);
        rn_vocabulary_add(v, "d d d e e e", 11);
        rows_are(t, v, "x", one);
        rn_vocabulary_free(v);
        rn_vocabulary_free(with(t, NULL, largest));
        v = with(u, NULL, largest);
        rows_are(t, v, "x", one);
        rn_vocabulary_free(v);

        v = with(t, NULL, largest);
        rows_are(t, v, "y", numbers);
        rn_vocabulary_free(v);
    }
    rn_table_free(t);
    rn_table_free(u);
    rn_test_directory_free(&d);
}

/* From raw text to batches: what a script does. */
Test(table, batches)
{
    rn_test_directory d = rn_test_directory_new();
    rn_vocabulary *words = rn_vocabulary_new(
                      (rn_vocabulary_options){.split = RN_WORDS, .marks = RN_MARK_PADDING}),
                  *labels = rn_vocabulary_new((rn_vocabulary_options){.split = RN_WHOLE});
    const rn_column columns[] = {{"text", .vocabulary = words},
                                 {"label", .vocabulary = labels}};
    rn_table *t = plain(reviews);
    rn_table_add(t, columns, 2);
    rn_source s = rn_table_source(t, columns, 2);
    rn_batches *b = rn_batches_new(&s, (rn_batches_options){.batch = 4});
    rn_batch batch;

    cr_assert_eq(rn_batches_next(b, &batch), RN_OK, "%s", rn_batches_error(b));
    cr_assert(batch.steps == 6 && batch.sequences == 4);
    const int32_t *x = (const int32_t *)batch.data[0], *y = (const int32_t *)batch.data[1];
    const int32_t good = rn_vocabulary_find(words, "good", 4),
                  bad = rn_vocabulary_find(words, "bad", 3);
    cr_assert(x[0] == good && x[1] == bad && x[2] == 0 && x[3] == good);
    cr_assert(x[4 + 1] == 0 && x[4 + 3] == bad && x[5 * 4] == good);
    cr_assert(y[0] == 1 && y[1] == 0 && y[2] == 0 && y[3] == 1);
    cr_assert(batch.lengths[0] == 6 && batch.lengths[2] == 0);
    rn_batches_free(b);
    rn_table_free(t);
    rn_vocabulary_free(words);
    rn_vocabulary_free(labels);
    rn_test_directory_free(&d);
}
