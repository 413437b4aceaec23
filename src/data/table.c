/* SPDX-License-Identifier: MIT */
/* Tables: opening, and the fields of a row. */
#include "data/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "data/split.h"

/* ---- errors ---- */

bool rn__table_fail(rn_table *table, rn_status status, const char *format, ...)
{
    char text[sizeof table->fault.message];
    va_list arguments;

    if (table->status != RN_OK || table->quiet) return false;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table->fault.message[0] = 0; /* that of rn_table_find */
    table->status =
        rn__fault_set(&table->fault, status,
                      table->window.path ? table->window.path : "table", "%s", text);
    return false;
}

bool rn__table_no_memory(rn_table *table)
{
    table->quiet = false;
    return rn__table_fail(table, RN_NO_MEMORY, "out of memory");
}

static bool bad_at(rn_table *table, size_t position, rn_status status, const char *text)
{
    if (table->status != RN_OK) return false;
    table->fault.message[0] = 0;
    table->status =
        rn__window_fault(&table->window, position, &table->fault, status, "%s", text);
    return false;
}

bool rn__table_bad(rn_table *table, int column, size_t skip, rn_status status,
                   const char *format, ...)
{
    const size_t position = table->offset[table->row] + skip +
                            (size_t)(table->record.cell[column].at - table->row_start);
    char text[300], full[400], name[RN__NAMED];
    va_list arguments;

    if (table->quiet) return false;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(full, sizeof full, "%s: %s", rn__table_named(table, column, name), text);
    return bad_at(table, position, status, full);
}

/* ---- the first reading ---- */

/* The number of bytes of an empty line, 0 if it is none, -1 if that is not clear yet. */
static int empty_line(const char *at, const char *end, bool last)
{
    if (*at == '\n') return 1;
    if (*at != '\r') return 0;
    if (at + 1 == end) return last ? 0 : -1;
    return at[1] == '\n' ? 2 : 0;
}

static bool check_text(rn_table *t, const rn__record *r, const char *at, size_t position)
{
    const char *end = r->next, *zero = (const char *)memchr(at, 0, (size_t)(end - at));

    if (zero) return bad_at(t, position + (size_t)(zero - at), RN_BAD_FILE, "a NUL byte");
    if (t->options.replace || rn__utf8_valid(at, (size_t)(end - at))) return true;
    rn_tokens k = {.next = at, .end = end, .split = RN_CHARACTERS};
    char why[RN__SHOWN + 40];
    rn__split_skip(&k, true, INT64_MAX);
    k.token = NULL;
    return bad_at(t, position + (size_t)(k.next - at), RN_BAD_FILE, rn__bad_why(&k, why));
}

static bool grow(rn_table *t)
{
    if (t->rows + 1 < t->capacity) return true;
    const int64_t capacity = t->capacity ? 2 * t->capacity : 1024;
    size_t *offset =
        (size_t *)rn__resize(t->allocator, t->offset, (size_t)capacity * sizeof *offset);
    if (!offset) return rn__table_no_memory(t);
    t->offset = offset;
    t->capacity = capacity;
    return true;
}

/* Copies the header's names. */
static bool read_names(rn_table *t, const char *at)
{
    const rn_allocator a = t->allocator;
    const size_t bytes = 3 * (size_t)(t->record.next - at) + (size_t)t->columns + 1;
    char *pool = t->name_pool = (char *)rn__allocate(a, bytes);

    t->name = (const char **)rn__new(a, (size_t)t->columns * sizeof *t->name);
    if (!pool || !t->name) return rn__table_no_memory(t);
    for (int i = 0; i < t->columns; i++) {
        size_t length;
        const char *text = rn__table_cell(t, i, &length);
        if (!text) return false;
        t->name[i] = (const char *)memcpy(pool, text, length);
        pool[length] = 0;
        pool += length + 1;
    }
    return true;
}

/* The first record gives the number of columns. */
static bool read_first(rn_table *t, const char *at, const char *end, bool last)
{
    t->columns = t->record.count;
    t->record.cell =
        (rn__cell *)rn__new(t->allocator, (size_t)t->columns * sizeof *t->record.cell);
    if (!t->record.cell) return rn__table_no_memory(t);
    t->record.room = t->columns;
    rn__csv_read(&t->csv, at, end, last, &t->record);
    return t->options.headless || read_names(t, at);
}

static bool add_row(rn_table *t, const char *at, const char *end, bool last,
                    size_t position)
{
    const rn__record *r = &t->record;
    char text[100];

    if (!check_text(t, r, at, position)) return false;
    if (t->columns < 0) {
        if (!read_first(t, at, end, last)) return false;
        if (!t->options.headless) return true;
    }
    if (r->count != t->columns) {
        snprintf(text, sizeof text, "a row of %d fields, the first one has %d", r->count,
                 t->columns);
        return bad_at(t, position, RN_BAD_FILE, text);
    }
    if (!grow(t)) return false;
    t->offset[t->rows++] = position;
    return true;
}

static size_t scan(void *self, const char *start, size_t bytes, bool last, size_t from)
{
    rn_table *t = (rn_table *)self;
    const char *at = start, *end = start + bytes;

    while (at < end) {
        const int empty = empty_line(at, end, last);
        const size_t position = from + (size_t)(at - start);
        if (empty < 0) break;
        at += empty;
        if (empty) continue;
        if (!rn__csv_read(&t->csv, at, end, last, &t->record)) {
            if (!t->record.fault) break;
            bad_at(t, from + (size_t)(t->record.next - start), RN_BAD_FILE,
                   t->record.fault);
            return RN__STOP;
        }
        if (!add_row(t, at, end, last, position)) return RN__STOP;
        at = t->record.next;
    }
    return (size_t)(at - start);
}

static bool check_options(rn_table *t, const char *path)
{
    const char d = t->options.delimiter;

    if (!path) return rn__table_fail(t, RN_INVALID, "open: no path");
    if (d == '"' || d == '\r' || d == '\n' || (d & 0x80))
        return rn__table_fail(t, RN_INVALID, "not a delimiter: byte 0x%02X",
                              (unsigned)(unsigned char)d);
    return true;
}

rn_table *rn_table_open(const char *path, rn_table_options options)
{
    rn_table *t = (rn_table *)rn__new(options.allocator, sizeof *t);

    if (!t) return NULL;
    if (!options.delimiter) options.delimiter = ',';
    if (!options.missing) options.missing = "NA N/A NaN nan null NULL None";
    t->allocator = options.allocator;
    t->options = options;
    t->columns = -1;
    t->row = -1;
    t->csv = rn__csv_of(options.delimiter);
    if (!check_options(t, path)) return t;
    t->missing = rn__copy_string(t->allocator, options.missing);
    if (!t->missing) rn__table_no_memory(t);
    rn_status status = rn__window_open(&t->window, t->allocator, path, &t->fault);
    if (status == RN_OK) status = rn__window_keep(&t->window, &t->fault);
    if (status == RN_OK) status = rn__window_scan(&t->window, scan, t, &t->fault);
    if (t->status == RN_OK) t->status = status;
    if (t->status != RN_OK) return t;
    if (t->columns < 0)
        rn__table_fail(t, RN_BAD_FILE, "no records");
    else if (grow(t))
        t->offset[t->rows] = t->window.file.bytes;
    return t;
}

void rn_table_free(rn_table *t)
{
    if (!t) return;
    const rn_allocator a = t->allocator;
    rn__table_sources_free(t);
    rn__table_forget(t);
    rn__free(a, t->missing);
    rn__window_close(&t->window);
    rn__free(a, t->name_pool);
    rn__free(a, t->name);
    rn__free(a, t->offset);
    rn__free(a, t->record.cell);
    rn__free(a, t->scratch);
    rn__free(a, t);
}

/* ---- rows and fields ---- */

bool rn__table_row(rn_table *t, int64_t row)
{
    if (t->status != RN_OK) return false;
    t->fault.message[0] = 0;
    if (t->row == row) return true;
    if (row < 0 || row >= t->rows)
        return rn__table_fail(t, RN_INVALID, "no row %lld of %lld", (long long)row,
                              (long long)t->rows);
    const size_t from = t->offset[row], bytes = t->offset[row + 1] - from;
    const char *at = rn__window_take(&t->window, from, bytes, &t->fault);
    t->row = -1;
    if (!at) return t->status = t->window.status, false;
    if (!rn__csv_read(&t->csv, at, at + bytes, true, &t->record) ||
        t->record.count != t->columns)
        return rn__table_fail(t, RN_BAD_FILE, "the file changed after it was opened");
    t->row_start = at;
    t->row = row;
    return true;
}

static bool make_room(rn_table *t, size_t bytes)
{
    if (bytes <= t->scratch_room) return true;
    char *scratch = (char *)rn__resize(t->allocator, t->scratch, bytes);
    if (!scratch) return rn__table_no_memory(t);
    t->scratch = scratch;
    t->scratch_room = bytes;
    return true;
}

const char *rn__table_cell(rn_table *t, int column, size_t *bytes)
{
    const rn__cell *c = &t->record.cell[column];
    const bool replaced = t->options.replace && !rn__utf8_valid(c->at, c->bytes);
    size_t used = 0;

    *bytes = c->bytes;
    if (!c->doubled && !replaced) return c->at;
    if (c->bytes > SIZE_MAX / 4 || !make_room(t, 3 * c->bytes + 1)) return NULL;
    rn_tokens k = {.next = c->at,
                   .end = c->at + c->bytes,
                   .split = replaced ? RN_CHARACTERS : RN_BYTES,
                   .replace = true};
    while (rn__split_next(&k, true)) {
        memcpy(t->scratch + used, k.token, k.bytes);
        used += k.bytes;
        if (c->doubled && *k.token == '"') k.next++;
    }
    *bytes = used;
    return t->scratch;
}

const char *rn_table_text(rn_table *t, int64_t row, int column, size_t *bytes)
{
    size_t length = 0;

    if (bytes) *bytes = 0;
    if (!t || !rn__table_row(t, row)) return NULL;
    if (column < 0 || column >= t->columns) {
        rn__table_fail(t, RN_INVALID, "no column %d of %d", column, t->columns);
        return NULL;
    }
    const char *text = rn__table_cell(t, column, &length);
    if (!text || !make_room(t, length + 1)) return NULL;
    if (text != t->scratch) memcpy(t->scratch, text, length);
    t->scratch[length] = 0;
    if (bytes) *bytes = length;
    return t->scratch;
}
