/* SPDX-License-Identifier: MIT */
/* Making windows over series: options are checked, columns chosen, windows counted. */
#include "data/series.h"

enum { STRIP = 16384 /* bytes that are read at a time, about */ };

const char *rn_series_error(const rn_series *series)
{
    return series ? series->state.error : "series: out of memory";
}

void rn_series_free(rn_series *series)
{
    rn__state_free((rn__state *)series);
}

static bool choose_columns(rn_series *w, const int *column, int count, rn__columns *c)
{
    c->count = column ? count : w->columns;
    c->all = c->count == w->columns;
    if (c->count < 1) return rn__state_refuse(&w->state, "no columns");
    c->column = (int *)rn__state_add(&w->state, c->count, sizeof *c->column);
    for (int k = 0; c->column && k < c->count; k++) {
        c->column[k] = column ? column[k] : k;
        c->all &= c->column[k] == k;
        if (c->column[k] < 0 || c->column[k] >= w->columns)
            return rn__state_refuse(&w->state, "no column %d: the series has %d",
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

    if (!f) return rn__state_refuse(&w->state, "the source has no field %d", o->field);
    if (f->once || f->shape.rank > 1 || f->type > RN_F64 || rn_shape_count(f->shape) < 1 ||
        rn_shape_count(f->shape) > INT32_MAX)
        return rn__state_refuse(&w->state, "field %s is not real with shape [C] or []",
                                f->name);
    w->type = f->type;
    w->columns = (int)rn_shape_count(f->shape);
    w->strip_steps = STRIP / (int64_t)rn__field_bytes(f) + 1;
    w->strip = (char *)rn__state_add(&w->state, w->strip_steps, rn__field_bytes(f));
    w->shift = (double *)rn__state_add(&w->state, w->columns, sizeof *w->shift);
    w->scale = (double *)rn__state_add(&w->state, w->columns, sizeof *w->scale);
    for (int k = 0; !w->state.failed && k < w->columns; k++) w->scale[k] = 1;
    return !w->state.failed && choose_columns(w, o->inputs, o->input_count, &w->input) &&
           choose_columns(w, o->targets, o->target_count, &w->target);
}

static bool make_fields(rn_series *w)
{
    const rn_series_options *o = &w->options;
    const char *name[2] = {o->input_name ? o->input_name : "x",
                           o->target_name ? o->target_name : "y"};

    for (int k = 0; k < 2; k++) {
        w->field[k].name = rn__arena_string(&w->state.arena, name[k]);
        if (!w->field[k].name) return rn__state_no_memory(&w->state);
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

        p->first =
            (int64_t *)rn__state_add(&w->state, w->source.count + 1, sizeof *p->first);
        for (int64_t i = 0; p->first && i < w->source.count; i++) {
            const int64_t n = rn__source_length(&w->source, i);
            if (n < 0 || n > INT64_MAX / 4)
                return rn__state_refuse(&w->state, "series %lld has length %lld",
                                        (long long)i, (long long)n);
            p->first[i + 1] = p->first[i] + rn__series_count(w, p->part, i, &first);
            if (p->first[i + 1] > INT32_MAX)
                return rn__state_refuse(&w->state, "more than 2^31 - 1 windows");
        }
    }
    return !w->state.failed;
}

static bool check(rn_series *w)
{
    rn_series_options *o = &w->options;
    const int64_t most = INT32_MAX;

    if (o->horizon == 0) o->horizon = 1;
    if (o->stride == 0) o->stride = 1;
    if (o->history < 1 || o->history > most || o->horizon < 1 || o->horizon > most ||
        o->stride < 1)
        return rn__state_refuse(&w->state,
                                "history %lld, horizon %lld, stride %lld must "
                                "be positive and less than 2^31",
                                (long long)o->history, (long long)o->horizon,
                                (long long)o->stride);
    if (!(o->validation >= 0 && o->test >= 0 && o->validation + o->test <= 1))
        return rn__state_refuse(&w->state,
                                "shares are negative or exceed 1: validation "
                                "%g, test %g",
                                o->validation, o->test);
    if ((int)o->scaling < 0 || o->scaling > RN_SCALING_MINMAX)
        return rn__state_refuse(&w->state, "no such scaling: %d", (int)o->scaling);
    return true;
}

rn_series *rn_series_new(const rn_source *source, rn_series_options options)
{
    rn_series *w = (rn_series *)rn__state_new(options.allocator, sizeof *w, "series");

    if (!w) return NULL;
    w->options = options;
    for (int k = 0; k < RN__PARTS; k++)
        w->part[k] = (rn__part){.series = w, .part = (rn_part)k};
    if (!rn__state_take(&w->state, source, &w->source)) return w;
    if (check(w) && take_field(w) && make_fields(w) && count_parts(w)) rn__series_fit(w);
    /* The caller's lists may be gone. */
    w->options.inputs = w->options.targets = NULL;
    return w;
}
