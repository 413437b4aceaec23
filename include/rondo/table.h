/* SPDX-License-Identifier: MIT */
/*
 * Tables: CSV files and NumPy's .npy files.
 *
 *     rn_table *csv = rn_table_open("reviews.csv", (rn_table_options){0});
 *     rn_column columns[] = {{"text", .vocabulary = words},
 *                            {"label", .vocabulary = labels}};
 *     rn_table_add(csv, columns, 2);                        counts words and labels
 *     rn_source source = rn_table_source(csv, columns, 2);  each row is a sequence
 *     if (source.count < 0) puts(rn_table_error(csv));      the one check
 */
#ifndef RONDO_TABLE_H
#define RONDO_TABLE_H

#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- CSV, RFC 4180 ----
 *
 * Fields are separated by commas. One that contains commas, line ends or quotes is in
 * quotes, and quotes in it are doubled. Records end with LF or CR LF; empty lines are
 * skipped, and so is a byte order mark. All records have the same number of fields. The
 * text is UTF-8.
 *
 * Errors have the file, the line and the column in it, both counted from 1. The first error
 * stays on the table; what is called after that does nothing and returns the same status.
 */

typedef struct rn_table_options {
    char delimiter; /* ASCII; 0: ',' */
    bool headless;  /* the first record is a row; otherwise it has the columns' names */
    const char *missing; /* what stands for a missing number beside an empty field: words
                            separated by blanks; NULL: "NA N/A NaN nan null NULL None" */
    bool replace;        /* invalid UTF-8 becomes U+FFFD; otherwise it is an error */
    rn_allocator allocator;
} rn_table_options;

typedef struct rn_table rn_table;

/* Opens a file and reads it once, which finds all errors in its form: ragged rows, a quote
 * that is not closed or not doubled, a CR without LF, NUL bytes, invalid UTF-8. Files of at
 * most 128 MB are kept in memory; larger ones are read as needed, and then in memory are at
 * most 5 MB of them, or the longest row; and an index of 8 bytes a row. The file must not
 * change. NULL if out of memory. Free with rn_table_free. */
RN_API rn_table *rn_table_open(const char *path, rn_table_options options);
RN_API void rn_table_free(rn_table *table);

/* The first error's message, or that of rn_table_find until the next call, or "". */
RN_API const char *rn_table_error(const rn_table *table);

/* The numbers of rows and columns; 0 after an error. */
RN_API int64_t rn_table_rows(const rn_table *table);
RN_API int rn_table_columns(const rn_table *table);

/* The name of a column, "" without a header; NULL: no such column. */
RN_API const char *rn_table_name(const rn_table *table, int column);

/* The number of the column of that name. -1: there is none, or not one; rn_table_error then
 * has a message that lists the nearest names. This error does not stay on the table. */
RN_API int rn_table_find(rn_table *table, const char *name);

/* A field's text, without its quotes and with a 0 behind it; valid until the next call with
 * the same table. NULL with an error: no such row or column; RN_IO; RN_NO_MEMORY. */
RN_API const char *rn_table_text(rn_table *table, int64_t row, int column, size_t *bytes);

/* What becomes of missing values. */
typedef enum rn_missing {
    RN_MISSING_REFUSED,  /* an error */
    RN_MISSING_CONSTANT, /* `fill`, which may be NaN */
    RN_MISSING_MEAN,     /* the mean of the column's other values */
    RN_MISSING_PREVIOUS  /* the value above; an error in the first row */
} rn_missing;

/* A column, and how it is read:
 *
 * without a vocabulary: numbers, decimal with a point in every locale, rounded to the
 *   nearest double, and then to the type. Blanks around them are skipped. Infinities and
 *   hexadecimal numbers are errors, and so are fractions and large numbers for i32.
 * with a vocabulary that splits with RN_WHOLE: classes, the indices of the whole texts. An
 *   empty one is missing: an error, or with another value of `missing` the class "".
 * with another vocabulary: tokens, between the marks that it has for begin and end. */
typedef struct rn_column {
    const char *name;          /* in the header; NULL: `number` counts */
    int number;                /* from 0 */
    rn_vocabulary *vocabulary; /* must live as long as sources that use it */
    rn_type type;              /* of numbers: RN_F32, RN_F64 or RN_I32 */
    rn_missing missing;
    double fill;
    const char *field; /* name of the source's field; NULL: the column's name, or without a
                          header "column" and the number */
} rn_column;

/* Adds the texts of the columns that have vocabularies to them, in one pass. The words of
 * the first column of words are kept for the next source that reads them, in 4 bytes each,
 * if they take at most 128 MB. Errors are those of rn_vocabulary_add and of columns that do
 * not exist. */
RN_API rn_status rn_table_add(rn_table *table, const rn_column *columns, int count);

/* Reads columns of numbers and classes to `to`, row-major [rows, count], all of the type
 * `type`: RN_F32, RN_F64, or RN_I32, which cannot have means; `capacity` is the number of
 * elements of `to`. RN_BAD_FILE: a field is not a number or missing; RN_BAD_VALUE: no such
 * class; RN_INVALID: no such column, too little capacity, a column of tokens. */
RN_API rn_status rn_table_read(rn_table *table, const rn_column *columns, int count,
                               rn_type type, void *to, int64_t capacity);

/* The rows as sequences. A column of tokens is a field with a value for each step, of which
 * there may be one; numbers and classes are fields with one value (`once`), without axes;
 * RN_MISSING_PREVIOUS is an error, because rows are read in any order. This reads the table
 * once, and keeps the values and the indices of tokens in memory, if they take at most 128
 * MB; a row is then not read again. A value that cannot be read is an error when a batch
 * needs it. The table must live as long. Not valid (count -1) after an error. */
RN_API rn_source rn_table_source(rn_table *table, const rn_column *columns, int count);

/* ---- .npy ---- */

/* An array from a file; free it with rn_npy_free. */
typedef struct rn_npy {
    rn_type type;
    rn_shape shape;
    void *data; /* row-major, aligned to 64 bytes */
    rn_allocator allocator;
} rn_npy;

/* Reads an array: versions 1 to 3, either byte order; float32, float64, int32 and bool as
 * they are, int64, uint8 and int8 as i32. Fortran order is converted. NULL with a message,
 * truncated to `capacity`: other types, among them float16, complex numbers, strings and
 * objects; int64 outside of i32, with its index; more than RN_RANK_MAX axes; a file that is
 * malformed, too short or too long. */
RN_API rn_npy *rn_npy_read(const char *path, rn_allocator allocator, char *message,
                           size_t capacity);
RN_API void rn_npy_free(rn_npy *npy);

/* Writes an array as version 1.0, little-endian, atomically (see file.h). `message`,
 * `capacity` and the result are as for rn_file_write; also RN_INVALID: no such type or
 * shape. */
RN_API rn_status rn_npy_write(const char *path, rn_type type, rn_shape shape,
                              const void *data, char *message, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
