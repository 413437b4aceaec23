/* SPDX-License-Identifier: MIT */
/* Tables: what the header says, and columns by name. */
#include <stdio.h>
#include <string.h>

#include "data/table.h"
#include "nn/model.h"

const char *rn_table_error(const rn_table *t)
{
    return t ? t->fault.message : "table: NULL";
}

int64_t rn_table_rows(const rn_table *t)
{
    return t && t->status == RN_OK ? t->rows : 0;
}

int rn_table_columns(const rn_table *t)
{
    return t && t->status == RN_OK ? t->columns : 0;
}

const char *rn_table_name(const rn_table *t, int column)
{
    if (!t || column < 0 || column >= t->columns) return NULL;
    return t->name ? t->name[column] : "";
}

const char *rn__table_named(const rn_table *t, int column, char text[RN__NAMED])
{
    const char *name = rn_table_name(t, column);
    char shown[RN__SHOWN];

    if (name && *name)
        snprintf(text, RN__NAMED, "column \"%s\"", rn__shown(name, strlen(name), shown));
    else
        snprintf(text, RN__NAMED, "column %d", column);
    return text;
}

bool rn__table_vocabulary(rn_table *t, int column, const rn_vocabulary *v)
{
    char name[RN__NAMED];

    return rn__table_fail(t, v->status, "%s: %s", rn__table_named(t, column, name),
                          rn_vocabulary_error(v));
}

/* ---- which column ---- */

/* Names that are nearest to one, "a", "b", "c". */
static const char *nearest(const rn_table *t, const char *name, char *text, size_t capacity)
{
    enum { MOST = 3 };
    int best[MOST] = {-1, -1, -1}, far[MOST] = {0};
    size_t used = 0;

    for (int i = 0; i < t->columns; i++) {
        int moved = i, away = rn__name_distance(name, t->name[i]);
        for (int k = 0; k < MOST && moved >= 0; k++) {
            if (best[k] >= 0 && far[k] <= away) continue;
            const int next = best[k], next_far = far[k];
            best[k] = moved, far[k] = away;
            moved = next, away = next_far;
        }
    }
    *text = 0;
    for (int k = 0; k < MOST && best[k] >= 0; k++) {
        char shown[RN__SHOWN];
        const char *own = t->name[best[k]];
        used += (size_t)snprintf(text + used, capacity - used, "%s\"%s\"", k ? ", " : "",
                                 rn__shown(own, strlen(own), shown));
    }
    return text;
}

static int find(rn_table *t, const char *name)
{
    char near[4 * RN__SHOWN], shown[RN__SHOWN];
    int found = -1;

    if (!name || !t->name) {
        rn__table_fail(t, RN_INVALID,
                       name ? "no header, so columns have no names" : "no name");
        return -1;
    }
    rn__shown(name, strlen(name), shown);
    for (int i = 0; i < t->columns; i++) {
        if (strcmp(t->name[i], name) != 0) continue;
        if (found >= 0) {
            rn__table_fail(t, RN_INVALID, "columns %d and %d are both named \"%s\"", found,
                           i, shown);
            return -1;
        }
        found = i;
    }
    if (found < 0)
        rn__table_fail(t, RN_INVALID, "no column \"%s\"; the nearest: %s", shown,
                       nearest(t, name, near, sizeof near));
    return found;
}

int rn_table_find(rn_table *t, const char *name)
{
    if (!t || t->status != RN_OK) return -1;
    t->fault.message[0] = 0;
    const int found = find(t, name);
    t->status = RN_OK; /* the error does not stay */
    return found;
}

int rn__table_column(rn_table *t, const rn_column *column)
{
    if (column->name) return find(t, column->name);
    if (column->number >= 0 && column->number < t->columns) return column->number;
    rn__table_fail(t, RN_INVALID, "no column %d of %d", column->number, t->columns);
    return -1;
}
