/* SPDX-License-Identifier: MIT */
/*
 * The rows of a table as sequences.
 *
 * The first reading finds lengths and means. If there is room, it keeps all values, and the
 * file is not read again. A value that cannot be read is an error when it is wanted: then
 * its column is not kept, nor tokens of which one is not in the vocabulary.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "data/kept.h"
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
    int ends;          /* marks of the tokens */
    rn__kept kept;     /* the tokens */
    char *row;         /* [rows]: a rn__range, and values; NULL: nothing is known of rows */
    size_t bytes;      /* of each */
    size_t *at;        /* [count]: where in it the field is; 0: its values are not kept */
} rn__rows;

/* All of a row is in one place, because rows are read in any order. */
static rn__range *row_of(const rn__rows *r, int64_t i)
{
    return (rn__range *)(void *)(r->row + (size_t)i * r->bytes);
}

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
    return r->tokens < 0 ? 1 : row_of(r, i)->length + r->ends;
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

/* What is kept; false: it is not. */
static bool read_kept(rn__rows *r, int64_t i, int field, int64_t first, int64_t steps,
                      void *to)
{
    int32_t *at = (int32_t *)to;

    if (i < 0 || i >= r->table->rows) return false;
    if (r->at[field]) {
        memcpy(to, r->row + (size_t)i * r->bytes + r->at[field],
               rn_type_size(r->field[field].type));
        return true;
    }
    if (field != r->tokens || !r->kept.width) return false;
    const rn__range *row = row_of(r, i);
    rn__vocabulary_marks(r->picked[field].c.vocabulary, row->length + r->ends, &first,
                         &steps, &at);
    if (steps > 0) rn__kept_read(&r->kept, row->start + (size_t)first, steps, at);
    return true;
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
    if (read_kept(r, i, field, first, steps, to)) return true;
    if (!rn__table_row(t, i)) return false;
    if (field == r->tokens) return read_tokens(r, first, steps, (int32_t *)to);
    return rn__table_value(t, &r->picked[field], &value, &missing) &&
           rn__table_store(t, &r->picked[field], value, r->field[field].type, to, 0);
}

/* ---- making ---- */

/* The length of the tokens in the current row; keeps them. */
static bool scan_tokens(rn__rows *r, const rn__picked *p)
{
    rn_table *t = r->table;
    rn_vocabulary *v = p->c.vocabulary;
    const rn__memo *m = t->memo;
    size_t bytes;

    const char *text = rn__table_cell(t, p->number, &bytes);
    if (!text) return false;
    rn_tokens k = rn__vocabulary_tokens(v, text, bytes);
    if (m && m->column == p->number && m->vocabulary == v && v->memo == m && v->moved)
        *row_of(r, t->row) = rn__kept_move(&r->kept, &m->kept, m->row[t->row], v->moved,
                                           rn_vocabulary_mark(v, RN_MARK_UNKNOWN));
    else
        *row_of(r, t->row) = rn__kept_add(&r->kept, v, &k);
    if (r->kept.failed) return rn__table_no_memory(t);
    if (!k.bad) return true;
    k.token = NULL;
    return bad_tokens(r, &k, text);
}

/* The value in the current row: for the mean, if it is wanted, and to be kept. */
static bool scan_value(rn__rows *r, int i)
{
    rn_table *t = r->table;
    rn__picked *p = &r->picked[i];
    const bool mean = rn__table_averaged(p);
    double value;
    bool missing;

    if (!mean && !r->at[i]) return true;
    t->quiet = !mean;
    bool ok = rn__table_value(t, p, &value, &missing);
    t->quiet = true;
    if (ok && r->at[i])
        ok = rn__table_store(t, p, value, r->field[i].type,
                             r->row + (size_t)t->row * r->bytes + r->at[i], 0);
    t->quiet = false;
    if (ok || t->status != RN_OK) return ok;
    r->at[i] = 0;
    return true;
}

static bool scan(rn__rows *r)
{
    bool any = r->tokens >= 0;

    for (int i = 0; i < r->count; i++) any |= r->at[i] || rn__table_averaged(&r->picked[i]);
    for (int64_t row = 0; any && row < r->table->rows; row++) {
        if (!rn__table_row(r->table, row)) return false;
        for (int i = 0; i < r->count; i++)
            if (!(i == r->tokens ? scan_tokens(r, &r->picked[i]) : scan_value(r, i)))
                return false;
    }
    return rn__kept_trim(&r->kept) || rn__table_no_memory(r->table);
}

static bool describe(rn__rows *r, int i)
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
        return rn__table_vocabulary(t, r->picked[i].number, v);
    const int32_t padding = v ? rn_vocabulary_mark(v, RN_MARK_PADDING) : -1;
    if (padding > 0) r->field[i].padding = padding;
    if (v) return true;
    if (c->missing == RN_MISSING_PREVIOUS)
        return rn__table_fail(t, RN_INVALID,
                              "a source cannot fill with the previous value");
    if (c->missing == RN_MISSING_MEAN && c->type == RN_I32)
        return rn__table_fail(t, RN_INVALID, "a mean is not i32");
    return true;
}

/* Memory for what is kept, if there may be so much. */
static bool make_room(rn__rows *r)
{
    rn_table *t = r->table;
    const size_t rows = (size_t)t->rows, head = sizeof(rn__range);
    rn_vocabulary *v = r->tokens < 0 ? NULL : r->picked[r->tokens].c.vocabulary;
    size_t all = 0;

    r->bytes = head;
    for (int i = 0; i < r->count; i++)
        if (i != r->tokens) r->bytes += rn_type_size(r->field[i].type);
    r->bytes = (r->bytes + head - 1) / head * head;
    const bool keep = rn__multiply(rows, r->bytes, &all) && rn__kept_fits(all);
    if (!keep) r->bytes = head;
    for (size_t i = 0, at = head; keep && i < (size_t)r->count; i++) {
        if ((int)i == r->tokens) continue;
        r->at[i] = at;
        at += rn_type_size(r->field[i].type);
    }
    if (v) r->ends = rn__vocabulary_ends(v);
    if (v && keep) r->kept = rn__kept_begin(t->allocator, v->count, all);
    if (!v && !keep) return true;
    r->row = (char *)rn__new(t->allocator, (rows + 1) * r->bytes);
    return r->row || rn__table_no_memory(t);
}

static bool prepare(rn__rows *r)
{
    rn_table *t = r->table;
    const rn_allocator a = t->allocator;
    const size_t count = (size_t)r->count;

    r->field = (rn_field *)rn__new(a, count * sizeof *r->field);
    r->name = (char(*)[24])rn__new(a, count * sizeof *r->name);
    r->at = (size_t *)rn__new(a, count * sizeof *r->at);
    if (!r->field || !r->name || !r->at) return rn__table_no_memory(t);
    for (int i = 0; i < r->count; i++)
        if (!describe(r, i)) return false;
    if (!make_room(r) || !scan(r)) return false;
    for (int i = 0; i < r->count; i++)
        if (rn__table_averaged(&r->picked[i]) &&
            !rn__table_mean(t, &r->picked[i], r->field[i].type,
                            r->at[i] ? r->row + r->at[i] : NULL, r->bytes))
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
    const bool ok = prepare(r);
    if (r->tokens >= 0) rn__table_forget(t); /* it has served */
    if (!ok) return failed;
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
        rn__free(t->allocator, r->at);
        rn__free(t->allocator, r->row);
        rn__kept_stop(&r->kept);
        rn__free(t->allocator, r);
    }
}
