/* SPDX-License-Identifier: MIT */
/* Making windows over series: options are checked, columns chosen, windows counted. */
#include <stdarg.h>
#include <string.h>

#include "data/windows.h"

enum { STRIP = 16384 /* bytes that are read at a time, about */ };

bool rn__windows_refuse(rn_windows *w, const char *format, ...)
{
    va_list arguments;

    if (w->failed) return false;
    va_start(arguments, format);
    vsnprintf(w->error, sizeof w->error, format, arguments);
    va_end(arguments);
    w->failed = true;
    return false;
}

const char *rn_windows_error(const rn_windows *windows)
{
    return windows ? windows->error : "windows: out of memory";
}

void rn_windows_free(rn_windows *windows)
{
    if (!windows) return;
    const rn_allocator allocator = windows->arena.allocator;

    rn__arena_finish(&windows->arena);
    rn__free(allocator, windows);
}

static void *reserve(rn_windows *w, int64_t count, size_t bytes)
{
    size_t all;
    void *memory = NULL;

    if (rn__multiply((size_t)count, bytes, &all)) memory = rn__arena_new(&w->arena, all);
    if (!memory) rn__windows_refuse(w, "windows: out of memory");
    return memory;
}

static bool choose_columns(rn_windows *w, const int *column, int count, rn__columns *c)
{
    c->count = column ? count : w->columns;
    c->all = c->count == w->columns;
    if (c->count < 1) return rn__windows_refuse(w, "windows: no columns");
    c->column = (int *)reserve(w, c->count, sizeof *c->column);
    for (int k = 0; c->column && k < c->count; k++) {
        c->column[k] = column ? column[k] : k;
        c->all &= c->column[k] == k;
        if (c->column[k] < 0 || c->column[k] >= w->columns)
            return rn__windows_refuse(w, "windows: no column %d: the series has %d",
                                      c->column[k], w->columns);
    }
    return c->column != NULL;
}

static bool take_field(rn_windows *w)
{
    const rn_windows_options *o = &w->options;
    const rn_field *f = o->field >= 0 && o->field < w->source.field_count
                            ? &w->source.fields[o->field]
                            : NULL;

    if (!f) return rn__windows_refuse(w, "windows: the source has no field %d", o->field);
    if (f->once || f->shape.rank > 1 || f->type > RN_F64 || rn_shape_count(f->shape) < 1 ||
        rn_shape_count(f->shape) > INT32_MAX)
        return rn__windows_refuse(w, "windows: field %s is not real with shape [C] or []",
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

static bool make_fields(rn_windows *w)
{
    const rn_windows_options *o = &w->options;
    const char *name[2] = {o->input_name ? o->input_name : "x",
                           o->target_name ? o->target_name : "y"};

    for (int k = 0; k < 2; k++) {
        w->field[k].name = rn__arena_string(&w->arena, name[k]);
        if (!w->field[k].name) return rn__windows_refuse(w, "windows: out of memory");
        w->field[k].type = w->type;
    }
    const int64_t inputs[] = {w->input.count}, targets[] = {o->horizon, w->target.count};

    w->field[0].shape = rn_shape_of(1, inputs);
    w->field[1].once = !o->every_step;
    w->field[1].shape = rn_shape_of(o->every_step ? 1 : 2, targets + o->every_step);
    return true;
}

static bool count_parts(rn_windows *w)
{
    int64_t first;

    for (int k = 0; k < RN__PARTS; k++) {
        rn__part *p = &w->part[k];

        p->first = (int64_t *)reserve(w, w->source.count + 1, sizeof *p->first);
        for (int64_t i = 0; p->first && i < w->source.count; i++) {
            const int64_t n = rn__source_length(&w->source, i);
            if (n < 0 || n > INT64_MAX / 4)
                return rn__windows_refuse(w, "windows: series %lld has length %lld",
                                          (long long)i, (long long)n);
            p->first[i + 1] = p->first[i] + rn__windows_count(w, p->part, i, &first);
            if (p->first[i + 1] > INT32_MAX)
                return rn__windows_refuse(w, "windows: more than 2^31 - 1 windows");
        }
    }
    return !w->failed;
}

static bool check(rn_windows *w)
{
    rn_windows_options *o = &w->options;
    const int64_t most = INT32_MAX;

    if (o->horizon == 0) o->horizon = 1;
    if (o->stride == 0) o->stride = 1;
    if (o->history < 1 || o->history > most || o->horizon < 1 || o->horizon > most ||
        o->stride < 1)
        return rn__windows_refuse(w,
                                  "windows: history %lld, horizon %lld, stride %lld must "
                                  "be positive and less than 2^31",
                                  (long long)o->history, (long long)o->horizon,
                                  (long long)o->stride);
    if (!(o->validation >= 0 && o->test >= 0 && o->validation + o->test <= 1))
        return rn__windows_refuse(w,
                                  "windows: shares are negative or exceed 1: validation "
                                  "%g, test %g",
                                  o->validation, o->test);
    if ((int)o->scaling < 0 || o->scaling > RN_SCALING_MINMAX)
        return rn__windows_refuse(w, "windows: no such scaling: %d", (int)o->scaling);
    return true;
}

rn_windows *rn_windows_new(const rn_source *series, rn_windows_options options)
{
    rn_windows *w = (rn_windows *)rn__new(options.allocator, sizeof *w);
    char text[256];

    if (!w) return NULL;
    w->arena.allocator = options.allocator;
    w->options = options;
    for (int k = 0; k < RN__PARTS; k++)
        w->part[k] = (rn__part){.windows = w, .part = (rn_part)k};
    const char *fault = rn__source_fault(series, text, sizeof text);
    if (fault) {
        rn__windows_refuse(w, "windows: %s", fault);
        return w;
    }
    w->source = *series;
    if (check(w) && take_field(w) && make_fields(w) && count_parts(w)) rn__windows_fit(w);
    /* The caller's lists may be gone. */
    w->options.inputs = w->options.targets = NULL;
    return w;
}
