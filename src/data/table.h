/* SPDX-License-Identifier: MIT */
/* The internals of a table. */
#ifndef RN_DATA_TABLE_H
#define RN_DATA_TABLE_H

#include "kernel/ieee.h"

#include "data/csv.h"
#include "data/kept.h"
#include "data/vocabulary.h"
#include "data/window.h"
#include "rondo/table.h"

/* The words of a column, as the vocabulary found them that counted them. It is theirs if
 * the vocabulary has the memo too: two objects that exist cannot be mistaken for others. */
typedef struct rn__memo {
    const rn_vocabulary *vocabulary;
    int column;
    rn__kept kept;
    rn__range row[];
} rn__memo;

struct rn_table {
    rn_allocator allocator;
    rn_table_options options;
    char *missing; /* the words, a copy */
    rn_status status;
    rn__fault fault;
    bool quiet; /* errors are not recorded, but for want of memory */
    rn__window window;
    rn__csv csv;

    int columns;     /* -1: not known yet */
    char *name_pool; /* names with a 0 behind each, one after the other; NULL: headless */
    const char **name;
    size_t *offset; /* of the rows, and the end of the file */
    int64_t rows, capacity;
    bool header; /* it has been read */

    rn__record record; /* of `row`, which begins at row_start */
    int64_t row;       /* -1: none */
    const char *row_start;
    char *scratch; /* text without doubled quotes or with U+FFFD */
    size_t scratch_room;
    struct rn__rows *sources;
    rn__memo *memo; /* of rn_table_add, for rn_table_source; NULL: none */
};

bool rn__table_fail(rn_table *table, rn_status status, const char *format, ...)
    RN_PRINTF(3, 4);
bool rn__table_no_memory(rn_table *table);

/* The same in a field of the current row, `skip` bytes behind its start. */
bool rn__table_bad(rn_table *table, int column, size_t skip, rn_status status,
                   const char *format, ...) RN_PRINTF(5, 6);

/* Makes the row the current one. */
bool rn__table_row(rn_table *table, int64_t row);

/* "column "name"", or its number. */
enum { RN__NAMED = RN__SHOWN + 16 };
const char *rn__table_named(const rn_table *table, int column, char text[RN__NAMED]);

/* The error of a vocabulary is one of the table. */
bool rn__table_vocabulary(rn_table *table, int column, const rn_vocabulary *v);

/* The text of a field of the current row, valid until the next call; NULL: no memory. */
const char *rn__table_cell(rn_table *table, int column, size_t *bytes);

/* The column that is meant; -1 with an error. */
int rn__table_column(rn_table *table, const rn_column *column);

/* ---- columns as they are read ---- */

typedef struct rn__picked {
    rn_column c;
    int number;   /* of the column */
    double value; /* what a missing one becomes */
    bool known;   /* there is such a value */
    bool gaps;    /* there were missing ones for the mean */
    double sum;   /* of the values before, if the mean is wanted */
    int64_t counted;
} rn__picked;

/* Checks the columns and finds their numbers; rn__free the result. NULL after an error. */
rn__picked *rn__table_pick(rn_table *table, const rn_column *columns, int count);

/* Frees the memo. */
void rn__table_forget(rn_table *table);

/* The number or class in the current row. NaN, with *missing, for a mean. */
bool rn__table_value(rn_table *table, rn__picked *column, double *value, bool *missing);

/* Stores a value of the current row as element `index` of an array; of element 0 any
 * address will do. */
bool rn__table_store(rn_table *table, const rn__picked *column, double value, rn_type type,
                     void *to, int64_t index);

/* Whether the mean of its values stands for missing ones. */
bool rn__table_averaged(const rn__picked *column);

/* The mean becomes what stands for missing values, and replaces the NaN among values that
 * were stored, one a row, so many bytes apart, unless `to` is NULL. */
bool rn__table_mean(rn_table *table, rn__picked *column, rn_type type, void *to,
                    size_t stride);

/* Frees a table's sources. */
void rn__table_sources_free(rn_table *table);

#endif
