/* SPDX-License-Identifier: MIT */
/* Making windows over series: options are checked, columns chosen, windows counted. */
#include <stdarg.h>
#include <string.h>

#include "data/series.h"

enum { STRIP = 16384 /* bytes that are read at a time, about */ };

bool rn__series_refuse(rn_series *w, const char *format, ...)
{
    va_list arguments;

    if (w->failed) return false;
    va_start(arguments, format);
    vsnprintf(w->error, sizeof w->error, format, arguments);
    va_end(arguments);
    w->failed = true;
    return false;
}

const char *rn_series_error(const rn_series *series)
{
    return series ? series->error : "series: out of memory";
}

void rn_series_free(rn_series *series)
{
    if (!series) return;
    const rn_allocator allocator = series->arena.allocator;

    rn__arena_finish(&series->arena);
    rn__free(allocator, series);
}

static void *reserve(rn_series *w, int64_t count, size_t bytes)
{
    size_t all;
    void *memory = NULL;

    if (rn__multiply((size_t)count, bytes, &all)) memory = rn__arena_new(&w->arena, all);
    if (!memory) rn__series_refuse(w, "series: out of memory");
    return memory;
}

static bool choose_columns(rn_series *w, const int *column, int count, rn__columns *c)
{
    c->count = column ? count : w->columns;
    c->all = c->count == w->columns;
    if (c->count < 1) return rn__series_refuse(w, "series: no columns");
    c->column = (int *)reserve(w, c->count, sizeof *c->column);
    for (int k = 0; c->column && k < c->count; k++) {
        c->column[k] = column ? column[k] : k;
        c->all &= c->column[k] == k;
        if (c->column[k] < 0 || c->column[k] >= w->columns)
            return rn__series_refuse(w, "series: no column %d: the series has %d",
                                     c->column[k], w->columns);
    }
    return c->column != NULL;
}

static bool take_field(rn_series *w)
{
    const rn_series_options *o = &w->options;
    const rn_field *f = o->field >= 0 && o->field < w->source.field_count
                            ? &w->source.fields[o->field]
                            : NULL;

    if (!f) return rn__series_refuse(w, "series: the source has no field %d", o->field);
    if (f->once || f->shape.rank > 1 || f->type > RN_F64 || rn_shape_count(f->shape) < 1 ||
        rn_shape_count(f->shape) > INT32_MAX)
        return rn__series_refuse(w, "series: field %s is not real with shape [C] or []",
                                 f->name);
    w->type = f->type;
    w->columns = (int)rn_shape_count(f->shape);
    w->strip_steps = STRIP / (int64_t)rn__field_bytes(f) + 1;
    w->strip = (char *)reserve(w, w->strip_steps, rn__field_bytes(f));
    w->shift = (double *)reserve(w, w->columns, sizeof *w->shift);
    w->scale = (double *)reserve(w, w->columns, sizeof *w->scale);
    for (int k = 0; !w->failed && k < w->columns; k++) w->scale[k] = 1;
    return !w->failed && choose_columns(w, o->inputs, o->input_count, &w->input) &&
           choose_columns(w, o->targets, o->target_count, &w->target);
}

static bool make_fields(rn_series *w)
{
    const rn_series_options *o = &w->options;
    const char *name[2] = {o->input_name ? o->input_name : "x",
                           o->target_name ? o->target_name : "y"};

    for (int k = 0; k < 2; k++) {
        w->field[k].name = rn__arena_string(&w->arena, name[k]);
        if (!w->field[k].name) return rn__series_refuse(w, "series: out of memory");
        w->field[k].type = w->type;
    }
    const int64_t inputs[] = {w->input.count}, targets[] = {o->horizon, w->target.count};

    w->field[0].shape = rn_shape_of(1, inputs);
    w->field[1].once = !o->every_step;
    w->field[1].shape = rn_shape_of(o->every_step ? 1 : 2, targets + o->every_step);
    return true;
}

static bool count_parts(rn_series *w)
{
    int64_t first;

    for (int k = 0; k < RN__PARTS; k++) {
        rn__part *p = &w->part[k];

        p->first = (int64_t *)reserve(w, w->source.count + 1, sizeof *p->first);
        for (int64_t i = 0; p->first && i < w->source.count; i++) {
            const int64_t n = rn__source_length(&w->source, i);
            if (n < 0 || n > INT64_MAX / 4)
                return rn__series_refuse(w, "series: series %lld has length %lld",
                                         (long long)i, (long long)n);
            p->first[i + 1] = p->first[i] + rn__series_count(w, p->part, i, &first);
            if (p->first[i + 1] > INT32_MAX)
                return rn__series_refuse(w, "series: more than 2^31 - 1 windows");
        }
    }
    return !w->failed;
}

static bool check(rn_series *w)
{
    rn_series_options *o = &w->options;
    const int64_t most = INT32_MAX;

    if (o->horizon == 0) o->horizon = 1;
    if (o->stride == 0) o->stride = 1;
    if (o->history < 1 || o->history > most || o->horizon < 1 || o->horizon > most ||
        o->stride < 1)
        return rn__series_refuse(w,
                                 "series: history %lld, horizon %lld, stride %lld must "
                                 "be positive and less than 2^31",
                                 (long long)o->history, (long long)o->horizon,
                                 (long long)o->stride);
    if (!(o->validation >= 0 && o->test >= 0 && o->validation + o->test <= 1))
        return rn__series_refuse(w,
                                 "series: shares are negative or exceed 1: validation "
                                 "%g, test %g",
                                 o->validation, o->test);
    if ((int)o->scaling < 0 || o->scaling > RN_SCALING_MINMAX)
        return rn__series_refuse(w, "series: no such scaling: %d", (int)o->scaling);
    return true;
}

rn_series *rn_series_new(const rn_source *source, rn_series_options options)
{
    rn_series *w = (rn_series *)rn__new(options.allocator, sizeof *w);
    char text[256];

    if (!w) return NULL;
    w->arena.allocator = options.allocator;
    w->options = options;
    for (int k = 0; k < RN__PARTS; k++)
        w->part[k] = (rn__part){.series = w, .part = (rn_part)k};
    const char *fault = rn__source_fault(source, text, sizeof text);
    if (fault) {
        rn__series_refuse(w, "series: %s", fault);
        return w;
    }
    w->source = *source;
    if (check(w) && take_field(w) && make_fields(w) && count_parts(w)) rn__series_fit(w);
    /* The caller's lists may be gone. */
    w->options.inputs = w->options.targets = NULL;
    return w;
}
