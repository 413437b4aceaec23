/* SPDX-License-Identifier: MIT */
/*
 * A fit in a checkpoint, beside the model's variables:
 *
 *   fit             epoch, step, batches, trained, positions of train and valid
 *   fit/mean        sum, counted, seconds
 *   fit/epochs      the history's columns, as a text, and fit/epochs/values, end to end;
 *   fit/steps       and the same of the steps
 *   fit/<name><k>   the counters of a callback
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "fit/fit.h"
#include "fit/history.h"
#include "rondo/checkpoint.h"

enum { NUMBERS = 12, FIXED = 6, NAME = 80 };
enum { EPOCH, STEP, BATCHES, TRAINED, TRAIN, VALID = TRAIN + 4 };

typedef struct columns {
    char *names;
    double *values;
} columns;

typedef struct record {
    rn_trainer *trainer;
    int64_t number[NUMBERS];
    double mean[3];
    columns table[2];
    rn_checkpoint_item item[FIXED + RN_CALLBACKS_MAX];
    char name[RN_CALLBACKS_MAX][NAME];
    int count;
} record;

/* The items; tables get their data later. */
static void list(record *r, rn_trainer *t)
{
    static const char *const names[] = {"fit/epochs", "fit/epochs/values", "fit/steps",
                                        "fit/steps/values"};
    *r = (record){.trainer = t, .count = FIXED};
    r->item[0] =
        (rn_checkpoint_item){.name = "fit", .numbers = r->number, .count = NUMBERS};
    r->item[1] = (rn_checkpoint_item){.name = "fit/mean", .reals = r->mean, .count = 3};
    for (int i = 0; i < 4; i++) r->item[2 + i].name = names[i];
    for (int i = 0; i < RN_CALLBACKS_MAX; i++) {
        rn_callback *c = &t->fit->callbacks[i];
        int same = 0;
        if (!c->name) continue;
        for (int k = 0; k < i; k++)
            same +=
                t->fit->callbacks[k].name && !strcmp(t->fit->callbacks[k].name, c->name);
        snprintf(r->name[i], NAME, "fit/%.64s%d", c->name, same);
        r->item[r->count++] =
            (rn_checkpoint_item){.name = r->name[i],
                                 .reals = c->saved,
                                 .count = sizeof c->saved / sizeof(double),
                                 .optional = true};
    }
}

static void finish(record *r)
{
    for (int i = 0; i < 2; i++) {
        rn__free(r->trainer->allocator, r->table[i].names);
        rn__free(r->trainer->allocator, r->table[i].values);
    }
}

/* Makes room for a table and gives it to its items. */
static bool make_room(record *r, int i, size_t names, size_t values)
{
    const rn_allocator a = r->trainer->allocator;
    columns *table = &r->table[i];
    rn_checkpoint_item *item = &r->item[2 + 2 * i];

    table->names = (char *)rn__new(a, names + 1);
    table->values = (double *)rn__new(a, values * sizeof(double) + 1);
    item[0].text = table->names;
    item[0].count = (int64_t)names;
    item[1].reals = table->values;
    item[1].count = (int64_t)values;
    return table->names && table->values;
}

/* ---- saving ---- */

static void write_names(rn__text *text, const rn_history *h)
{
    for (int i = 0; i < h->columns; i++)
        rn__text_add(text, "%s%s", i ? "," : "", h->column[i].name);
}

static bool put_table(record *r, int i, const rn_history *h)
{
    rn__text text = {NULL, 0, 0};

    write_names(&text, h);
    if (!make_room(r, i, text.used + 1, (size_t)h->columns * (size_t)h->rows)) return false;
    text = (rn__text){r->table[i].names, text.used + 1, 0};
    write_names(&text, h);
    for (int c = 0; c < h->columns; c++)
        memcpy(r->table[i].values + (size_t)c * (size_t)h->rows, h->column[c].value,
               (size_t)h->rows * sizeof(double));
    return true;
}

rn_status rn__fit_save(rn_trainer *t, const char *path)
{
    record r;
    rn_status s = RN_NO_MEMORY;

    list(&r, t);
    const rn_position at = rn_batches_position(t->fit->train);
    const int64_t number[] = {t->now.epoch, t->now.step, t->now.batches, t->trained};
    memcpy(r.number, number, sizeof number);
    memcpy(r.number + TRAIN, at.number, sizeof at.number);
    memcpy(r.number + VALID, t->valid_at.number, sizeof at.number);
    r.mean[0] = t->mean.sum;
    r.mean[1] = t->mean.counted;
    r.mean[2] = t->before + rn__fit_clock() - t->start;
    if (put_table(&r, 0, t->epochs) && put_table(&r, 1, t->steps))
        s = rn_checkpoint_save(t->model, path, r.item, r.count);
    finish(&r);
    return s == RN_OK ? s : rn__fit_fail_as(t, s, "fit", rn_model_error(t->model));
}

/* ---- loading ---- */

static rn_status take_table(const columns *table, int64_t values, rn_history *h)
{
    char name[256];
    int64_t width = *table->names != 0;

    for (const char *at = table->names; *at; at++) width += *at == ',';
    const int64_t rows = width ? values / width : 0;
    rn_status s = rows * width == values ? RN_OK : RN_BAD_FILE;
    for (int64_t row = 0; row < rows && s == RN_OK; row++) {
        const char *at = table->names;
        s = rn_history_row(h);
        for (int64_t c = 0; c < width && s == RN_OK; c++) {
            const size_t bytes = strcspn(at, ",");
            snprintf(name, sizeof name, "%.*s", (int)bytes, at);
            s = rn_history_set(h, name, table->values[c * rows + row]);
            at += bytes + 1;
        }
    }
    return s == RN_INVALID ? RN_BAD_FILE : s;
}

static rn_status take(record *r, const char *path)
{
    rn_trainer *t = r->trainer;
    const int64_t *n = r->number;
    rn_position train, valid;

    memcpy(train.number, n + TRAIN, sizeof train.number);
    memcpy(valid.number, n + VALID, sizeof valid.number);
    const char *bad = NULL;
    for (int i = EPOCH; i <= BATCHES; i++)
        if (n[i] < 0 || n[i] > INT64_MAX / 2) bad = r->item[0].name;
    for (int i = 0; i < 2 && !bad; i++) {
        const rn_status s =
            take_table(&r->table[i], r->item[3 + 2 * i].count, i ? t->steps : t->epochs);
        if (s == RN_NO_MEMORY) return rn__fit_fail_as(t, s, "fit", "");
        if (s != RN_OK) bad = r->item[2 + 2 * i].name;
    }
    if (bad)
        return rn_trainer_fail(t, RN_BAD_FILE, "fit: %.300s: item \"%s\": malformed", path,
                               bad);
    t->now.epoch = n[EPOCH];
    t->now.step = n[STEP];
    t->now.batches = n[BATCHES];
    t->trained = n[TRAINED] != 0;
    t->mean = (rn__mean){r->mean[0], r->mean[1]};
    t->before = r->mean[2];
    rn_batches *seeking = t->fit->train;
    rn_status s = rn_batches_seek(seeking, train);
    if (s == RN_OK && t->fit->valid) {
        seeking = t->fit->valid;
        t->valid_at = valid;
        s = rn_batches_seek(seeking, valid);
    }
    return s == RN_OK
               ? s
               : rn_trainer_fail(t, s, "fit: %.200s: %s", path, rn_batches_error(seeking));
}

/* Reads the sizes of the tables. */
static rn_status measure(record *r, const char *path)
{
    rn_trainer *t = r->trainer;
    const rn_status s = rn_checkpoint_read(path, r->item + 2, 4, t->error, sizeof t->error);

    if (s != RN_OK) return s;
    for (int i = 0; i < 2; i++)
        if (!make_room(r, i, (size_t)r->item[2 + 2 * i].count,
                       (size_t)r->item[3 + 2 * i].count))
            return rn__fit_fail_as(t, RN_NO_MEMORY, "fit", "");
    return RN_OK;
}

/* ---- which file ---- */

void rn__fit_older(char *to, size_t room, const char *path, int64_t number)
{
    const char ending[] = ".safetensors";
    const size_t length = strlen(path), tail = sizeof ending - 1;
    const bool ends = length > tail && !strcmp(path + length - tail, ending);
    const int stem = (int)(ends ? length - tail : length);

    if (number == 0)
        snprintf(to, room, "%s", path);
    else
        snprintf(to, room, "%.*s.%lld%s", stem, path, (long long)number, path + stem);
}

static rn_status resume(rn_trainer *t, const char *path)
{
    record r;

    list(&r, t);
    rn_status s = measure(&r, path);
    if (s == RN_OK) {
        s = rn_checkpoint_load(t->model, path, r.item, r.count);
        s = s == RN_OK ? take(&r, path)
                       : rn__fit_fail_as(t, s, "fit", rn_model_error(t->model));
    }
    finish(&r);
    return s;
}

rn_status rn__fit_resume(rn_trainer *t, const char *path)
{
    const size_t room = strlen(path) + RN__FIT_OLDER;
    char *newest = (char *)rn__allocate(t->allocator, room);
    int64_t number = 0;
    bool missing = true;

    if (!newest) return rn__fit_fail_as(t, RN_NO_MEMORY, "fit", "");
    for (; missing && number < RN__FIT_KEPT; number++) {
        rn__fit_older(newest, room, path, number);
        missing = access(newest, F_OK) != 0 && errno == ENOENT;
    }
    const rn_status s = missing ? RN_OK : resume(t, newest);
    rn__free(t->allocator, newest);
    return s;
}
