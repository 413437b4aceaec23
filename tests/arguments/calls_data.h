/* SPDX-License-Identifier: MIT */
/* Calls of what reads data: sources, batches, streams, series. */
#ifndef RN_TEST_CALLS_DATA_H
#define RN_TEST_CALLS_DATA_H

#include <criterion/criterion.h>
#include <limits.h>
#include <string.h>

#include "arguments.h"

/* ---- sources ---- */

enum { DATA_FIELDS = 2, DATA_ROOM = 64 };

/* A source of numbers that are all alike, with lengths of any kind. */
typedef struct any_data {
    rn_field field[DATA_FIELDS];
    int64_t length[3];
    bool fails;
} any_data;

static int64_t data_length(void *self, int64_t i)
{
    return ((any_data *)self)->length[i % 3];
}

static bool data_read(void *self, int64_t i, int field, int64_t first, int64_t steps,
                      void *to)
{
    any_data *d = (any_data *)self;
    const rn_field *f = &d->field[field];
    const size_t bytes = (size_t)rn_shape_count(f->shape) * rn_type_size(f->type);

    (void)i, (void)first;
    memset(to, 0, (size_t)steps * bytes);
    return !d->fails;
}

static const char *data_error(void *self)
{
    return ((any_data *)self)->fails ? "it fails" : NULL;
}

static bool bit(rn_test_world *w)
{
    return rn_test_draw(w, 2) == 0;
}

static rn_field a_field(rn_test_world *w)
{
    rn_field f = {.name = name(w), .type = a_type(w), .shape = a_shape(w)};

    f.once = rn_test_draw(w, 4) == 0;
    if (rn_test_draw(w, 4) == 0) f.padding = real(w);
    return f;
}

static rn_source a_source(rn_test_world *w, any_data *d)
{
    rn_source s = {.field_count = DRAW(w, int, 1, 2, 1, 2, 0, -1), .self = d};

    for (int i = 0; i < DATA_FIELDS; i++) d->field[i] = a_field(w);
    for (int i = 0; i < 3; i++) d->length[i] = number(w);
    d->fails = rn_test_draw(w, 4) == 0;
    s.count = DRAW(w, int64_t, 1, 3, 5, 0, 3, 3, -1, INT64_MIN, INT64_MAX);
    s.fields = rn_test_draw(w, 8) ? d->field : NULL;
    s.length = rn_test_draw(w, 4) ? data_length : NULL;
    s.read = rn_test_draw(w, 8) ? data_read : NULL;
    s.error = bit(w) ? data_error : NULL;
    return s;
}

static void source_arrays(rn_test_world *w)
{
    static const double room[DATA_ROOM];
    const void *const data[DATA_FIELDS] = {room, bit(w) ? room : NULL};
    const rn_field fields[DATA_FIELDS] = {{.name = "x", .shape = {.rank = 0}},
                                          {.name = "y", .once = true}};
    const int64_t offsets[] = {0, number(w), number(w)};
    rn_arrays a = {.field_count = DRAW(w, int, 1, 2, 0, -1), .steps = number(w)};
    double to[DATA_ROOM];

    a.count = DRAW(w, int64_t, 0, 1, 2, -1, INT64_MIN);
    a.fields = rn_test_draw(w, 8) ? fields : NULL;
    a.data = rn_test_draw(w, 8) ? data : NULL;
    if (bit(w)) a.offsets = offsets;
    if (bit(w)) a.lengths = offsets + 1;
    const rn_source s = rn_source_arrays(rn_test_draw(w, 8) ? &a : NULL);
    cr_assert(s.count >= 0 || s.error(s.self)[0]);
    for (int64_t i = 0; i < s.count; i++) {
        const int64_t n = s.length(s.self, i);
        if (n < DATA_ROOM / 2 && (!a.offsets || offsets[i] < DATA_ROOM / 2))
            s.read(s.self, i, 0, 0, n, to);
    }
}

static void source_subset(rn_test_world *w)
{
    any_data d;
    const int64_t index[] = {number(w), number(w)};
    const rn_subset subset = {a_source(w, &d), rn_test_draw(w, 8) ? index : NULL,
                              DRAW(w, int64_t, 0, 1, 2, -1, INT64_MIN)};
    const rn_source s = rn_source_subset(rn_test_draw(w, 8) ? &subset : NULL);

    cr_assert(s.count >= 0 || s.error(s.self)[0]);
    for (int64_t i = 0; i < s.count; i++) s.length(s.self, i);
}

static void source_pairs(rn_test_world *w)
{
    any_data d, e;
    rn_pairs pairs = {.first = a_source(w, &d),
                      .second = a_source(w, &e),
                      .steps = number(w),
                      .target = rn_test_draw(w, 2) ? name(w) : NULL,
                      .lengths = rn_test_draw(w, 2) ? name(w) : NULL};
    const rn_source s = rn_source_pairs(rn_test_draw(w, 8) ? &pairs : NULL);

    cr_assert(s.count >= 0 || s.error(s.self)[0]);
    for (int64_t i = 0; i < s.count; i++) s.length(s.self, i);
}

/* ---- batches ---- */

/* Of one kind or another; NULL sometimes. */
static rn_batches *some_batches(rn_test_world *w, any_data *d, bool stream)
{
    const int64_t sizes[] = {number(w), number(w)};
    const rn_source source = a_source(w, d);
    const rn_source *s = rn_test_draw(w, 8) ? &source : NULL;
    rn_batches_options o = {.batch = units(w),
                            .shuffle = bit(w),
                            .seed = w->seed,
                            .last = (rn_last)axis(w),
                            .pad_left = bit(w)};
    rn_streams_options t = {.batch = units(w),
                            .steps = units(w),
                            .next = bit(w) ? name(w) : NULL,
                            .next_of = axis(w),
                            .joined = bit(w),
                            .shuffle = bit(w),
                            .last = (rn_last)rn_test_draw(w, 4)};

    if (rn_test_draw(w, 8) == 0) return NULL;
    if (stream && bit(w)) t.advance = number(w);
    if (stream) return rn_streams_new(s, t);
    if (bit(w)) o.last = (rn_last)rn_test_draw(w, 3);
    if (bit(w)) o.buckets = axis(w);
    if (bit(w)) o.longest = number(w);
    if (bit(w)) o.sizes = sizes, o.buckets = DRAW(w, int, 1, 2, 0, -1, INT_MIN);
    return rn_batches_new(s, o);
}

/* Batches that are read for a while, also from other positions. */
static void read_batches(rn_test_world *w, bool stream)
{
    any_data d;
    rn_batches *b = some_batches(w, &d, stream);
    rn_batch batch;
    const int64_t *sizes;

    for (int i = 0; i < 6; i++) {
        const rn_status status = rn_batches_next(b, rn_test_draw(w, 8) ? &batch : NULL);
        if (status == RN_IO || (status && !b)) cr_assert(rn_batches_error(b)[0]);
        rn_position p = rn_batches_position(b);
        if (bit(w)) continue;
        p.number[rn_test_draw(w, 4)] = number(w);
        if (rn_batches_seek(b, p)) cr_assert(rn_batches_error(b)[0]);
    }
    cr_assert(rn_batches_count(b) >= 0);
    const int n = rn_batches_sizes(b, bit(w) ? &sizes : NULL);
    cr_assert(n >= 0);
    rn_batches_free(b);
}

static void batch_feed(rn_test_world *w)
{
    any_data d;
    rn_batches *b = some_batches(w, &d, bit(w));
    rn_program *p = a_program(w);
    rn_batch batch;

    rn_batches_next(b, &batch);
    if (rn_batch_feed(rn_test_draw(w, 8) ? &batch : NULL, p) && p)
        cr_assert(rn_program_error(p)[0]);
    rn_batches_free(b);
}

static void bucket_sizes(rn_test_world *w)
{
    const int64_t lengths[3] = {number(w), number(w), number(w)};
    int64_t sizes[3];
    const int buckets = DRAW(w, int, 1, 2, 3, 0, -1, INT_MIN);
    const int n = rn_bucket_sizes(rn_test_draw(w, 8) ? lengths : NULL,
                                  DRAW(w, int64_t, 1, 2, 3, 0, -1, INT64_MIN), buckets,
                                  rn_test_draw(w, 8) ? sizes : NULL);

    cr_assert(n >= 0 && (n == 0 || n <= buckets));
}

/* ---- splits ---- */

static void splits(rn_test_world *w, int which)
{
    const int32_t classes[3] = {axis(w), axis(w), axis(w)};
    const int32_t *c = bit(w) ? classes : NULL;
    const int64_t count = DRAW(w, int64_t, 0, 1, 3, 3, -1, INT64_MIN);
    int32_t part[3] = {0, axis(w), axis(w)}, *to = rn_test_draw(w, 8) ? part : NULL;
    int64_t index[3];
    double weights[3];

    if (which == 0) rn_folds(count, axis(w), w->seed, c, to);
    if (which == 1) rn_split(count, real(w), w->seed, c, to);
    if (which == 4) rn_hold_out(count, real(w), w->seed, c, bit(w) ? index : NULL);
    if (which == 2) rn_select(to, count, axis(w), bit(w), bit(w) ? index : NULL);
    if (which == 3)
        rn_class_weights(c, count, DRAW(w, int, 1, 3, 3, 0, -1, INT_MIN),
                         rn_test_draw(w, 8) ? weights : NULL);
}

/* ---- series ---- */

static rn_series *a_series(rn_test_world *w, any_data *d)
{
    const int columns[2] = {axis(w), axis(w)};
    rn_source source = a_source(w, d);
    rn_series_options o = {.field = (int)rn_test_draw(w, 2), .history = units(w)};

    if (bit(w)) {
        for (int i = 0; i < DATA_FIELDS; i++) {
            d->field[i].once = false;
            d->field[i].type = (rn_type)rn_test_draw(w, 2);
            d->field[i].shape = rn_shape(1 + (int64_t)rn_test_draw(w, 3));
        }
        d->length[0] = d->length[1] = d->length[2] = 7;
        source.count = 3;
    }
    if (bit(w)) o.field = axis(w);
    if (bit(w)) o.history = number(w);
    if (bit(w)) o.horizon = number(w);
    if (bit(w)) o.stride = number(w);
    if (rn_test_draw(w, 4) == 0) o.inputs = columns, o.input_count = 2;
    if (rn_test_draw(w, 4) == 0) o.targets = columns, o.target_count = 1;
    if (rn_test_draw(w, 4) == 0) o.validation = real(w);
    if (rn_test_draw(w, 4) == 0) o.test = real(w);
    /* Fitting reads all steps of series that may be very long. */
    const bool shorts = d->length[0] < 99 && d->length[1] < 99 && d->length[2] < 99;
    if (shorts || !source.length) o.scaling = (rn_scaling)axis(w);
    return rn_test_draw(w, 8) ? rn_series_new(rn_test_draw(w, 8) ? &source : NULL, o)
                              : NULL;
}

static void series(rn_test_world *w, int which)
{
    any_data d;
    rn_series *s = a_series(w, &d);
    const rn_part part = (rn_part)axis(w);
    double to[DATA_ROOM];
    int64_t at[2];

    cr_assert_not_null(rn_series_error(s));
    if (which == 0) {
        const rn_source windows = rn_series_source(s, part);
        cr_assert(windows.count >= 0 || windows.error(windows.self)[0]);
        for (int64_t i = 0; i < windows.count && i < 9; i++)
            if (windows.length(windows.self, i) < 4 && rn_shape_count(d.field[0].shape) < 9)
                windows.read(windows.self, i, 0, 0, windows.length(windows.self, i), to);
    }
    if (which == 1) rn_series_where(s, part, number(w), at, bit(w) ? at + 1 : NULL);
    if (which == 2) {
        rn_model *model = a_model(w);
        if (rn_series_keep(s, model, name(w)) && s && model)
            cr_assert(rn_model_error(model)[0]);
    }
    rn_series_free(s);
}

static void scaling(rn_test_world *w, int which)
{
    rn_model *model = a_model(w);
    const int columns[2] = {axis(w), axis(w)};
    double values[4] = {0};
    const int count = DRAW(w, int, 1, 2, 0, -1, INT_MIN);
    const int64_t rows = DRAW(w, int64_t, 0, 1, 2, -1, INT64_MIN);
    const char *of = name(w);

    if (which == 0 || bit(w)) rn_scaling_declare(model, of, units(w));
    if (which == 0) return;
    const rn_status status = (which == 1 ? rn_scaling_apply : rn_scaling_undo)(
        model, of, bit(w) ? columns : NULL, count, a_type(w),
        rn_test_draw(w, 8) ? values : NULL, rows);
    if (status && model) cr_assert(rn_model_error(model)[0]);
}

#endif
