/* SPDX-License-Identifier: MIT */
/*
 * A model as a table: layers, their weights, and totals.
 *
 * It is written twice, first only to find how wide the columns are.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/pattern.h"
#include "base/text.h"
#include "io/page.h"
#include "nn/model.h"
#include "rondo/pictures.h"

/* A weight: its layer is the first `layer` bytes of its name, and what the layer's table
 * calls it begins at `part`. */
typedef struct weight {
    const rn_variable *variable;
    const char *name, *part, *last; /* last: after the last '/' */
    size_t layer;
    int64_t elements;
    const char *note; /* "", "frozen", "statistic" */
    const char *kind; /* of the recurrent layer: "lstm of 2 layers", or "" */
    bool layer_done, done;
} weight;

enum { COLUMNS = 4 };

typedef struct table {
    weight *row;
    int rows;
    rn__text text;
    int width[COLUMNS], used; /* used: characters of the cell so far */
} table;

/* ---- cells ---- */

static void add(table *t, const char *text, size_t bytes)
{
    rn__text_add(&t->text, "%.*s", (int)bytes, text);
    for (size_t i = 0; i < bytes; i++) t->used += ((unsigned char)text[i] & 0xc0) != 0x80;
}

static void add_string(table *t, const char *text)
{
    add(t, text, strlen(text));
}

/* Ends a cell that is aligned on the left. */
static void end_cell(table *t, int column)
{
    if (t->used > t->width[column]) t->width[column] = t->used;
    rn__text_add(&t->text, "%*s", t->width[column] - t->used + 2, "");
    t->used = 0;
}

/* A whole cell that is aligned on the right. */
static void add_right(table *t, int column, const char *text)
{
    const int length = (int)strlen(text);

    if (length > t->width[column]) t->width[column] = length;
    rn__text_add(&t->text, "%*s%s", t->width[column] - length, "", text);
}

static void add_number(table *t, int column, int64_t number)
{
    char text[32];

    add_right(t, column, rn__text_grouped(number, text));
}

static void end_line(table *t, int64_t elements, int64_t bytes, const char *note)
{
    end_cell(t, 1);
    add_number(t, 2, elements);
    rn__text_add(&t->text, "  ");
    add_number(t, 3, bytes);
    rn__text_add(&t->text, "%s%s\n", *note ? "  " : "", note);
}

/* ---- layers ---- */

/* Bytes of the layer in the name of a recurrent layer's weight, which begins with `path`:
 * up to layer<k>/ and a direction. 0: it is not in a layer<k>. */
static size_t recurrent_layer(const char *name, const char *path)
{
    static const char *const directions[] = {"forward/", "backward/"};
    const size_t length = strlen(path);
    const char *at = name + length;

    if (strncmp(name, path, length) != 0 || strncmp(at, "/layer", 6) != 0) return 0;
    at += 6;
    at += strspn(at, "0123456789");
    if (*at != '/') return 0;
    at++;
    for (int i = 0; i < 2; i++) {
        const size_t bytes = strlen(directions[i]);
        if (!strncmp(at, directions[i], bytes)) at += bytes;
    }
    return (size_t)(at - name) - 1;
}

static bool matches(const char *patterns, const char *name)
{
    const char *pattern;
    size_t bytes;

    while (patterns && rn__pattern_next(&patterns, &pattern, &bytes))
        if (rn__pattern_matches(pattern, bytes, name)) return true;
    return false;
}

static weight row_of(const rn_model *model, const rn__entry *entry, const char *frozen)
{
    weight r = {
        .variable = entry->variable, .name = entry->variable->name, .note = "", .kind = ""};
    const char *slash = strrchr(r.name, '/');

    for (int i = 0; i < model->kind_count && r.layer == 0; i++) {
        r.layer = recurrent_layer(r.name, model->layer_kind[i].path);
        if (r.layer) r.kind = model->layer_kind[i].what;
    }
    if (r.layer == 0 && slash) r.layer = (size_t)(slash - r.name);
    r.part = r.name + r.layer + (slash != NULL);
    r.last = slash ? slash + 1 : r.name;
    r.elements = rn_shape_count(r.variable->shape);
    if (matches(frozen, r.name)) r.note = "frozen";
    if (entry->kind == RN__STATISTIC) r.note = "statistic";
    return r;
}

/* The weights and statistics; false if out of memory. */
static bool collect(table *t, const rn_model *model, const char *frozen)
{
    t->row =
        (weight *)rn__new(model->allocator, ((size_t)model->count + 1) * sizeof *t->row);
    for (int i = 0; t->row && i < model->count; i++)
        if (model->entry[i].kind <= RN__STATISTIC)
            t->row[t->rows++] = row_of(model, &model->entry[i], frozen);
    return t->row != NULL;
}

/* ---- lines ---- */

static bool same_layer(const weight *a, const weight *b)
{
    return a->layer == b->layer && !memcmp(a->name, b->name, a->layer);
}

/* Whether b can share the line of a. */
static bool alike(const weight *a, const weight *b)
{
    return same_layer(a, b) && a->last != a->part && b->last != b->part &&
           !strcmp(a->last, b->last) && !strcmp(a->note, b->note) &&
           a->variable->type == b->variable->type &&
           rn_shape_equal(a->variable->shape, b->variable->shape);
}

/* A weight, and those like it: "  f,i,c,o/w  4 x [32,64]". */
static void add_weights(table *t, int first)
{
    const weight *r = &t->row[first];
    char text[128], times[32] = "";
    int64_t count = 0;

    rn__text_add(&t->text, "  ");
    t->used += 2;
    for (int i = first; i < t->rows; i++) {
        weight *other = &t->row[i];
        if (i != first && (other->done || !alike(r, other))) continue;
        other->done = true;
        if (count++ > 0) add_string(t, ",");
        if (r->last != r->part)
            add(t, other->part, (size_t)(other->last - other->part) - 1);
    }
    if (r->last != r->part) add_string(t, "/");
    add_string(t, r->last);
    end_cell(t, 0);
    if (count > 1) snprintf(times, sizeof times, "%lld x ", (long long)count);
    add_string(t, times);
    add_string(t, rn__shape_text(r->variable->shape, text, sizeof text));
    end_line(t, count * r->elements, count * (int64_t)r->variable->bytes, r->note);
}

static void add_layer(table *t, int first)
{
    const weight *r = &t->row[first];
    int64_t elements = 0, bytes = 0;

    for (int i = first; i < t->rows; i++) {
        if (!same_layer(r, &t->row[i])) continue;
        t->row[i].layer_done = true;
        elements += t->row[i].elements;
        bytes += (int64_t)t->row[i].variable->bytes;
    }
    if (r->layer)
        add(t, r->name, r->layer);
    else
        add_string(t, ".");
    end_cell(t, 0);
    end_line(t, elements, bytes, r->kind);
    for (int i = first; i < t->rows; i++)
        if (!t->row[i].done && same_layer(r, &t->row[i])) add_weights(t, i);
}

/* A line of the totals: of all, of those that are trained, or of the others. */
static void add_total(table *t, const char *title, bool trained, bool frozen)
{
    int64_t elements = 0, bytes = 0;

    for (int i = 0; i < t->rows; i++) {
        if (t->row[i].note[0] ? !frozen : !trained) continue;
        elements += t->row[i].elements;
        bytes += (int64_t)t->row[i].variable->bytes;
    }
    add_string(t, title);
    end_cell(t, 0);
    end_line(t, elements, bytes, "");
}

static void write_table(table *t, rn__text text)
{
    t->text = text;
    for (int i = 0; i < t->rows; i++) t->row[i].done = t->row[i].layer_done = false;
    add_string(t, "layer");
    end_cell(t, 0);
    add_string(t, "shape");
    end_cell(t, 1);
    add_right(t, 2, "elements");
    rn__text_add(&t->text, "  ");
    add_right(t, 3, "bytes");
    rn__text_add(&t->text, "\n");
    for (int i = 0; i < t->rows; i++)
        if (!t->row[i].layer_done) add_layer(t, i);
    rn__text_add(&t->text, "\n");
    add_total(t, "all", true, true);
    add_total(t, "trained", true, false);
    add_total(t, "frozen", false, true);
}

size_t rn_model_summary(const rn_model *model, const char *frozen, char *text,
                        size_t capacity)
{
    table t = {.rows = 0};

    if (text && capacity) text[0] = 0;
    if (!model || !collect(&t, model, frozen)) return 0;
    write_table(&t, (rn__text){NULL, 0, 0});
    write_table(&t, (rn__text){text, text ? capacity : 0, 0});
    rn__free(model->allocator, t.row);
    return t.text.used;
}
