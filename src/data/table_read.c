/* SPDX-License-Identifier: MIT */
/* Tables: numbers, classes, and whole columns. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "data/table.h"
#include "io/number.h"

static bool check(rn_table *t, const rn__picked *p)
{
    const rn_column *c = &p->c;

    if ((unsigned)c->missing > RN_MISSING_PREVIOUS)
        return rn__table_fail(t, RN_INVALID, "no such way to fill: %d", (int)c->missing);
    if ((unsigned)c->type > RN_I32)
        return rn__table_fail(t, RN_INVALID, "numbers are f32, f64 or i32");
    if (c->vocabulary && c->vocabulary->status != RN_OK)
        return rn__table_vocabulary(t, p->number, c->vocabulary);
    return true;
}

rn__picked *rn__table_pick(rn_table *t, const rn_column *columns, int count)
{
    if (t->status == RN_OK && (!columns || count <= 0))
        rn__table_fail(t, RN_INVALID, "no columns");
    if (t->status != RN_OK) return NULL;
    t->fault.message[0] = 0;
    rn__picked *picked =
        (rn__picked *)rn__new(t->allocator, (size_t)count * sizeof *picked);
    if (!picked) rn__table_no_memory(t);
    for (int i = 0; picked && i < count; i++) {
        picked[i].c = columns[i];
        picked[i].number = rn__table_column(t, &columns[i]);
        picked[i].value = columns[i].fill;
        picked[i].known = columns[i].missing == RN_MISSING_CONSTANT;
        if (picked[i].number >= 0 && check(t, &picked[i])) continue;
        rn__free(t->allocator, picked);
        return NULL;
    }
    return picked;
}

/* ---- fields ---- */

static bool is_missing(const rn_table *t, const char *text, size_t bytes)
{
    const char *word = t->missing;

    if (bytes == 0) return true;
    for (size_t length; *word; word += length) {
        word += strspn(word, " ");
        length = strcspn(word, " ");
        if (length == bytes && !memcmp(word, text, bytes)) return true;
    }
    return false;
}

static bool read_class(rn_table *t, const rn__picked *p, double *value)
{
    size_t bytes;
    const char *text = rn__table_cell(t, p->number, &bytes);
    char shown[RN__SHOWN];

    if (!text) return false;
    if (bytes == 0 && p->c.missing == RN_MISSING_REFUSED)
        return rn__table_bad(t, p->number, 0, RN_BAD_FILE, "a missing value");
    const int32_t index = rn_vocabulary_find(p->c.vocabulary, text, bytes);
    *value = index;
    return index >= 0 ||
           rn__table_bad(t, p->number, 0, RN_BAD_VALUE, "no such class: \"%s\"",
                         rn__shown(text, bytes, shown));
}

static bool fill(rn_table *t, rn__picked *p, double *value, bool *missing)
{
    *value = p->known ? p->value : (double)NAN;
    *missing = !p->known && p->c.missing == RN_MISSING_MEAN;
    if (p->known || *missing) return true;
    return rn__table_bad(t, p->number, 0, RN_BAD_FILE,
                         p->c.missing == RN_MISSING_PREVIOUS
                             ? "a missing value, and none above"
                             : "a missing value");
}

bool rn__table_value(rn_table *t, rn__picked *p, double *value, bool *missing)
{
    const rn__cell *cell = &t->record.cell[p->number];
    const char *text = cell->at, *end = text + cell->bytes;
    char shown[RN__SHOWN];

    *missing = false;
    if (p->c.vocabulary) return read_class(t, p, value);
    while (text < end && (*text == ' ' || *text == '\t')) text++;
    while (text < end && (end[-1] == ' ' || end[-1] == '\t')) end--;
    const size_t bytes = (size_t)(end - text);
    if (!rn__number_read(text, bytes, value)) {
        if (is_missing(t, text, bytes)) return fill(t, p, value, missing);
        return rn__table_bad(t, p->number, (size_t)(text - cell->at), RN_BAD_FILE,
                             "not a number: \"%s\"", rn__shown(text, bytes, shown));
    }
    p->sum += *value;
    p->counted++;
    if (p->c.missing == RN_MISSING_PREVIOUS) p->value = *value, p->known = true;
    return true;
}

bool rn__table_store(rn_table *t, const rn__picked *p, double value, rn_type type, void *to,
                     int64_t index)
{
    const double most = type == RN_I32   ? (double)INT32_MAX
                        : type == RN_F32 ? (double)FLT_MAX
                                         : DBL_MAX;

    if (fabs(value) > most || (type == RN_I32 && !(floor(value) == value)))
        return rn__table_bad(t, p->number, 0, RN_BAD_FILE, "does not fit %s: %.17g",
                             rn_type_name(type), value);
    const int32_t whole = type == RN_I32 ? (int32_t)value : 0;
    const float narrow = (float)value;
    const void *from = type == RN_I32   ? (const void *)&whole
                       : type == RN_F32 ? (const void *)&narrow
                                        : (const void *)&value;
    const size_t size = rn_type_size(type);
    memcpy((char *)to + (size_t)index * size, from, size);
    return true;
}

/* ---- whole columns ---- */

static bool check_read(rn_table *t, const rn__picked *picked, int count, rn_type type,
                       const void *to, int64_t capacity)
{
    if ((unsigned)type > RN_I32)
        return rn__table_fail(t, RN_INVALID, "numbers are f32, f64 or i32");
    if (t->rows > INT64_MAX / count || t->rows * count > capacity || (t->rows && !to))
        return rn__table_fail(t, RN_INVALID,
                              "%lld rows of %d columns do not fit an array of %lld",
                              (long long)t->rows, count, (long long)(to ? capacity : 0));
    for (int i = 0; i < count; i++) {
        const rn_column *c = &picked[i].c;
        if (c->vocabulary && c->vocabulary->options.split != RN_WHOLE)
            return rn__table_fail(t, RN_INVALID, "a column of tokens has no numbers");
        if (type == RN_I32 && c->missing == RN_MISSING_MEAN)
            return rn__table_fail(t, RN_INVALID, "a mean is not i32");
    }
    return true;
}

bool rn__table_averaged(const rn__picked *p)
{
    return p->c.missing == RN_MISSING_MEAN && !p->c.vocabulary;
}

/* No value of a file is a NaN. */
bool rn__table_mean(rn_table *t, rn__picked *p, rn_type type, void *to, size_t stride)
{
    char *at = (char *)to;
    double wide;
    float narrow;

    if (p->counted == 0)
        return rn__table_fail(t, RN_BAD_FILE, "column %d has no values, so no mean",
                              p->number);
    p->value = p->sum / (double)p->counted;
    p->known = true;
    const float value = (float)p->value;
    for (int64_t row = 0; at && row < t->rows; row++, at += stride) {
        if (type == RN_F64 && isnan(*(double *)memcpy(&wide, at, sizeof wide)))
            memcpy(at, &p->value, sizeof wide);
        if (type == RN_F32 && isnan(*(float *)memcpy(&narrow, at, sizeof narrow)))
            memcpy(at, &value, sizeof narrow);
    }
    return true;
}

rn_status rn_table_read(rn_table *t, const rn_column *columns, int count, rn_type type,
                        void *to, int64_t capacity)
{
    rn__picked *picked = t ? rn__table_pick(t, columns, count) : NULL;
    bool ok = picked && check_read(t, picked, count, type, to, capacity), missing;
    const size_t size = ok ? rn_type_size(type) : 0;

    if (!picked) return t ? t->status : RN_INVALID;
    for (int64_t row = 0; ok && row < t->rows; row++) {
        ok = rn__table_row(t, row);
        for (int i = 0; ok && i < count; i++) {
            double value;
            ok = rn__table_value(t, &picked[i], &value, &missing) &&
                 rn__table_store(t, &picked[i], value, type, to, row * count + i);
            picked[i].gaps |= missing;
        }
    }
    for (int i = 0; ok && i < count; i++)
        if (picked[i].gaps)
            ok = rn__table_mean(t, &picked[i], type, (char *)to + (size_t)i * size,
                                (size_t)count * size);
    rn__free(t->allocator, picked);
    return t->status;
}
