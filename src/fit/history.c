/* SPDX-License-Identifier: MIT */
/* A table of numbers: columns by name, rows added at the end. */
#include "fit/history.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "kernel/ieee.h"

enum { NAME = 200, ROWS_MAX = 1 << 30, COLUMNS_MAX = 1 << 16 };

rn_history *rn_history_new(void)
{
    return rn_history_new_using((rn_allocator){NULL, NULL});
}

rn_history *rn_history_new_using(rn_allocator allocator)
{
    rn_history *h = (rn_history *)rn__new(allocator, sizeof *h);

    if (h) h->allocator = allocator;
    return h;
}

void rn_history_free(rn_history *h)
{
    if (!h) return;
    for (int i = 0; i < h->columns; i++) {
        rn__free(h->allocator, h->column[i].name);
        rn__free(h->allocator, h->column[i].value);
    }
    rn__free(h->allocator, h->column);
    rn__free(h->allocator, h);
}

rn_status rn__history_fail(rn_history *h, rn_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(h->error, sizeof h->error, format, arguments);
    va_end(arguments);
    return status;
}

const char *rn_history_error(const rn_history *h)
{
    return h ? h->error : "history: there is none";
}

/* ---- writing ---- */

static rn_status no_memory(rn_history *h)
{
    return rn__history_fail(h, RN_NO_MEMORY, "history: out of memory");
}

static bool grow(rn_history *h)
{
    const int64_t capacity = h->capacity ? 2 * h->capacity : 16;

    if (capacity > ROWS_MAX) return false;
    for (int i = 0; i < h->columns; i++) {
        double *value = (double *)rn__resize(h->allocator, h->column[i].value,
                                             (size_t)capacity * sizeof *value);
        if (!value) return false;
        h->column[i].value = value;
    }
    h->capacity = capacity;
    return true;
}

rn_status rn_history_row(rn_history *h)
{
    if (!h) return RN_INVALID;
    if (h->rows == h->capacity && !grow(h)) return no_memory(h);
    for (int i = 0; i < h->columns; i++) h->column[i].value[h->rows] = NAN;
    h->rows++;
    return RN_OK;
}

int rn__history_find(const rn_history *h, const char *name)
{
    for (int i = 0; i < h->columns; i++)
        if (!strcmp(h->column[i].name, name)) return i;
    return -1;
}

/* What is wrong with a name; NULL: nothing. */
static const char *fault_of(const char *name)
{
    if (!name || !*name) return "no name";
    if (strlen(name) > NAME || !rn__utf8_valid(name, strlen(name)))
        return "a name that is too long or not UTF-8";
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7F || *name == ',' || *name == '"')
            return "a comma, a quote or a control character in a name";
    return NULL;
}

static bool add(rn_history *h, const char *name)
{
    rn__column *all = (rn__column *)rn__resize(h->allocator, h->column,
                                               (size_t)(h->columns + 1) * sizeof *all);
    if (!all) return false;
    h->column = all;

    rn__column c = {
        rn__copy_string(h->allocator, name),
        (double *)rn__allocate(h->allocator, (size_t)h->capacity * sizeof(double))};
    if (!c.name || !c.value) {
        rn__free(h->allocator, c.name);
        rn__free(h->allocator, c.value);
        return false;
    }
    for (int64_t i = 0; i < h->rows; i++) c.value[i] = NAN;
    all[h->columns++] = c;
    return true;
}

rn_status rn_history_set(rn_history *h, const char *column, double value)
{
    if (!h) return RN_INVALID;
    const char *why = h->rows == 0 ? "there is no row yet" : fault_of(column);
    if (why) return rn__history_fail(h, RN_INVALID, "history_set: %s", why);

    int i = rn__history_find(h, column);
    if (i < 0) {
        i = h->columns;
        if (i == COLUMNS_MAX || !add(h, column)) return no_memory(h);
    }
    h->column[i].value[h->rows - 1] = value;
    return RN_OK;
}

/* ---- reading ---- */

int64_t rn_history_rows(const rn_history *h)
{
    return h ? h->rows : 0;
}

int rn_history_columns(const rn_history *h)
{
    return h ? h->columns : 0;
}

const char *rn_history_name(const rn_history *h, int column)
{
    return h && column >= 0 && column < h->columns ? h->column[column].name : NULL;
}

double rn_history_at(const rn_history *h, int64_t row, const char *column)
{
    const int i = h && column ? rn__history_find(h, column) : -1;

    if (i < 0) return NAN;
    if (row < 0) row += h->rows;
    return row >= 0 && row < h->rows ? h->column[i].value[row] : NAN;
}
