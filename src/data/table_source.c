/* SPDX-License-Identifier: MIT */
/* The rows of a table as sequences. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "data/split.h"
#include "data/table.h"

/* A source; the table owns it. */
typedef struct rn__rows {
    struct rn__rows *next;
    rn_table *table;
    rn__picked *picked;
    rn_field *field;
    char (*name)[24];  /* of columns without names */
    int count, tokens; /* the column of tokens; -1: none */
    int32_t *length;   /* in tokens, without marks */
} rn__rows;

static const char *error(void *self)
{
    return rn_table_error((const rn_table *)self);
}

static const char *rows_error(void *self)
{
    return rn_table_error(((const rn__rows *)self)->table);
}

static int64_t length(void *self, int64_t i)
{
    const rn__rows *r = (const rn__rows *)self;

    if (i < 0 || i >= r->table->rows) return 0;
    return r->tokens < 0
               ? 1
               : r->length[i] + rn__vocabulary_ends(r->picked[r->tokens].c.vocabulary);
}

static bool bad_tokens(rn__rows *r, const rn_tokens *k, const char *text)
{
    rn_table *t = r->table;
    const rn__cell *cell = &t->record.cell[r->picked[r->tokens].number];
    char why[RN__SHOWN + 40];

    rn__bad_why(k, why);
    return rn__table_bad(t, r->picked[r->tokens].number,
                         text == cell->at ? (size_t)(rn__bad_at(k) - text) : 0,
                         RN_BAD_VALUE, "%s", why);
}

static bool read_tokens(rn__rows *r, int64_t first, int64_t steps, int32_t *to)
{
    rn_vocabulary *v = r->picked[r->tokens].c.vocabulary;
    const int64_t all = length(r, r->table->row);
    size_t bytes;

    const char *text = rn__table_cell(r->table, r->picked[r->tokens].number, &bytes);
    if (!text) return false;
    rn_tokens k = rn__vocabulary_tokens(v, text, bytes);
    rn__vocabulary_marks(v, all, &first, &steps, &to);
    rn__split_skip(&k, true, first);
    const int64_t n = rn__vocabulary_indices(v, &k, true, to, steps);
    if (k.bad) return bad_tokens(r, &k, text);
    return n == steps ||
           rn__table_fail(r->table, RN_BAD_FILE, "the file changed after it was opened");
}

static bool read(void *self, int64_t i, int field, int64_t first, int64_t steps, void *to)
{
    rn__rows *r = (rn__rows *)self;
    rn_table *t = r->table;
    double value = 0;
    bool missing;

    if (t->status != RN_OK) return false;
    if (field < 0 || field >= r->count || first < 0 || steps < 0 || !to ||
        (field != r->tokens ? first != 0 || steps != 1
                            : first > length(r, i) || steps > length(r, i) - first))
        return rn__table_fail(t, RN_INVALID, "read: no such field or steps");
    if (!rn__table_row(t, i)) return false;
    if (field == r->tokens) return read_tokens(r, first, steps, (int32_t *)to);
    return rn__table_value(t, &r->picked[field], &value, &missing) &&
           rn__table_store(t, &r->picked[field], value, r->field[field].type, to, 0);
}

/* ---- making ---- */

/* What must be read of all rows before: lengths and means. */
static bool scan(rn__rows *r, bool means)
{
    rn_table *t = r->table;
    double value;
    bool missing;

    for (int64_t row = 0; row < t->rows && (means || r->tokens >= 0); row++) {
        if (!rn__table_row(t, row)) return false;
        for (int i = 0; i < r->count; i++) {
            const rn_column *c = &r->picked[i].c;
            if (i == r->tokens) {
                size_t bytes;
                const char *text = rn__table_cell(t, r->picked[i].number, &bytes);
                if (!text) return false;
                rn_tokens k = rn__vocabulary_tokens(c->vocabulary, text, bytes);
                r->length[row] = (int32_t)rn__split_skip(&k, true, INT32_MAX - 2);
                if (k.bad) return k.token = NULL, bad_tokens(r, &k, text);
            } else if (c->missing == RN_MISSING_MEAN && !c->vocabulary &&
                       !rn__table_value(t, &r->picked[i], &value, &missing)) {
                return false;
            }
        }
    }
    return true;
}

static bool describe(rn__rows *r, int i, bool *means)
{
    rn_table *t = r->table;
    const rn_column *c = &r->picked[i].c;
    rn_vocabulary *v = c->vocabulary;
    const bool tokens = v && v->options.split != RN_WHOLE;
    const char *name = c->field;

    snprintf(r->name[i], sizeof r->name[i], "column%d", r->picked[i].number);
    if (!name) name = t->name ? t->name[r->picked[i].number] : r->name[i];
    r->field[i] = (rn_field){
        .name = name, .type = v ? RN_I32 : c->type, .shape = {0}, .once = !tokens};
    if (tokens && r->tokens >= 0)
        return rn__table_fail(t, RN_INVALID, "columns %d and %d both have tokens",
                              r->picked[r->tokens].number, r->picked[i].number);
    if (tokens) r->tokens = i;
    if (v && rn_vocabulary_complete(v) != RN_OK)
        return rn__table_fail(t, v->status, "%s", rn_vocabulary_error(v));
    const int32_t padding = v ? rn_vocabulary_mark(v, RN_MARK_PADDING) : -1;
    if (padding > 0) r->field[i].padding = padding;
    if (v) return true;
    if (c->missing == RN_MISSING_PREVIOUS)
        return rn__table_fail(t, RN_INVALID,
                              "a source cannot fill with the previous value");
    if (c->missing == RN_MISSING_MEAN && c->type == RN_I32)
        return rn__table_fail(t, RN_INVALID, "a mean is not i32");
    *means |= c->missing == RN_MISSING_MEAN;
    return true;
}

static bool prepare(rn__rows *r)
{
    const rn_allocator a = r->table->allocator;
    const size_t count = (size_t)r->count;
    bool means = false;

    r->field = (rn_field *)rn__new(a, count * sizeof *r->field);
    r->name = (char(*)[24])rn__new(a, count * sizeof *r->name);
    if (!r->field || !r->name) return rn__table_no_memory(r->table);
    for (int i = 0; i < r->count; i++)
        if (!describe(r, i, &means)) return false;
    if (r->tokens >= 0) {
        r->length = (int32_t *)rn__new(a, ((size_t)r->table->rows + 1) * sizeof *r->length);
        if (!r->length) return rn__table_no_memory(r->table);
    }
    if (!scan(r, means)) return false;
    for (int i = 0; means && i < r->count; i++)
        if (r->picked[i].c.missing == RN_MISSING_MEAN && !r->picked[i].c.vocabulary &&
            !rn__table_mean(r->table, &r->picked[i]))
            return false;
    return true;
}

rn_source rn_table_source(rn_table *t, const rn_column *columns, int count)
{
    const rn_source failed = {.count = -1, .error = error, .self = t};
    rn__picked *picked = t ? rn__table_pick(t, columns, count) : NULL;

    if (!picked) return failed;
    rn__rows *r = (rn__rows *)rn__new(t->allocator, sizeof *r);
    if (!r) {
        rn__free(t->allocator, picked);
        rn__table_no_memory(t);
        return failed;
    }
    *r = (rn__rows){
        .next = t->sources, .table = t, .picked = picked, .count = count, .tokens = -1};
    t->sources = r;
    if (!prepare(r)) return failed;
    return (rn_source){.count = t->rows,
                       .fields = r->field,
                       .field_count = count,
                       .length = length,
                       .read = read,
                       .error = rows_error,
                       .self = r};
}

void rn__table_sources_free(rn_table *t)
{
    for (rn__rows *r = t->sources, *next; r; r = next) {
        next = r->next;
        rn__free(t->allocator, r->picked);
        rn__free(t->allocator, r->field);
        rn__free(t->allocator, r->name);
        rn__free(t->allocator, r->length);
        rn__free(t->allocator, r);
    }
}
