/* SPDX-License-Identifier: MIT */
/*
 * Reads the digits: a line is a label, a blank, and 64 levels as the digits 0 .. g of base
 * 17. That is a table whose first column is a class and whose second one has characters.
 */
#include "digits.h"

#include <stdlib.h>

static const rn_field fields[] = {{"x", RN_I32, .shape = {1, {COLUMNS}}},
                                  {"label", RN_I32, .once = true}};

/* A vocabulary in which these characters have the indices 0, 1, .. */
static rn_vocabulary *in_order(const char *characters, rn_splitting split)
{
    rn_vocabulary *v = rn_vocabulary_new((rn_vocabulary_options){.split = split});

    for (int i = 0; characters[i]; i++)
        rn_vocabulary_add_token(v, characters + i, 1, 99 - i);
    return v;
}

/* Image i of the file becomes image `to`. */
static bool copy(digits *d, const rn_source *s, const char *path, int64_t i, int64_t to)
{
    if (s->length(s->self, i) != PIXELS)
        return complain("%s: line %lld is not a digit and its %d levels", path,
                        (long long)i + 1, PIXELS);
    return (s->read(s->self, i, 0, 0, PIXELS, d->pixel + to * PIXELS) &&
            s->read(s->self, i, 1, 0, 1, &d->label[to])) ||
           complain("%s", s->error(s->self));
}

/* All images, in the order of a split. */
static bool arrange(digits *d, rn_table *table, const rn_column *columns, const char *path,
                    double share, uint64_t seed)
{
    const rn_source s = rn_table_source(table, columns, 2);
    const size_t count = s.count < 0 ? 0 : (size_t)s.count;
    int64_t *index = (int64_t *)calloc(count + 1, sizeof *index);

    d->pixel = (int32_t *)calloc(count + 1, PIXELS * sizeof *d->pixel);
    d->label = (int32_t *)calloc(count + 1, sizeof *d->label);
    bool ok = (index && d->pixel && d->label) || complain("out of memory");
    if (ok && rn_table_read(table, &columns[1], 1, RN_I32, d->label, s.count) != RN_OK)
        ok = complain("%s", rn_table_error(table));
    if (ok) d->count = s.count;
    if (ok) d->train = rn_hold_out(s.count, share, seed, d->label, index);
    for (int64_t i = 0; i < d->count && ok; i++) ok = copy(d, &s, path, index[i], i);
    free(index);
    return ok;
}

bool digits_read(digits *d, const char *path, double share, uint64_t seed)
{
    rn_vocabulary *level = in_order("0123456789abcdefg", RN_CHARACTERS);
    rn_vocabulary *label = in_order("0123456789", RN_WHOLE);
    const rn_column columns[] = {{.number = 1, .vocabulary = level, .field = "x"},
                                 {.number = 0, .vocabulary = label, .field = "label"}};
    rn_table *table =
        rn_table_open(path, (rn_table_options){.delimiter = ' ', .headless = true});

    *d = (digits){.count = 0};
    bool ok = arrange(d, table, columns, path, share, seed);
    if (ok && (!d->train || (share > 0 && d->train == d->count)))
        ok = complain("%s: too few digits", path);
    d->data[0] = d->pixel, d->data[1] = d->label;
    d->held_data[0] = ok ? d->pixel + d->train * PIXELS : NULL;
    d->held_data[1] = ok ? d->label + d->train : NULL;
    d->learn = (rn_arrays){fields, 2, d->data, d->train, NULL, ROWS, NULL};
    d->held = (rn_arrays){fields, 2, d->held_data, d->count - d->train, NULL, ROWS, NULL};
    rn_table_free(table);
    rn_vocabulary_free(level);
    rn_vocabulary_free(label);
    return ok;
}

/* ---- moved images ---- */

static int64_t rows(void *self, int64_t i)
{
    (void)self, (void)i;
    return ROWS;
}

static bool read_moved(void *self, int64_t i, int field, int64_t first, int64_t steps,
                       void *to)
{
    const digits *d = (const digits *)self;
    const int32_t *pixel = &d->pixel[i / MOVES * PIXELS];
    int32_t *out = (int32_t *)to;

    if (field == 1) return *out = d->label[i / MOVES], true;
    for (int64_t k = first * COLUMNS; k < (first + steps) * COLUMNS; k++) {
        const int64_t row = k / COLUMNS + i % 3 - 1, column = k % COLUMNS + i / 3 % 3 - 1;
        const bool inside = row >= 0 && row < ROWS && column >= 0 && column < COLUMNS;
        *out++ = inside ? pixel[row * COLUMNS + column] : 0;
    }
    return true;
}

rn_source digits_moved(digits *d)
{
    return (rn_source){d->train * MOVES, fields, 2, rows, read_moved, NULL, d};
}

void digits_free(digits *d)
{
    free(d->pixel);
    free(d->label);
}
