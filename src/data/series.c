/* SPDX-License-Identifier: MIT */
/*
 * Windows over series.
 *
 *   part of steps [low, high)    a = max(0, low - q), and on by the stride,
 *                                while a + H + P <= high
 *
 * q is the distance of the first target: H, or P with every_step.
 */
#include "data/series.h"

/* ---- parts ---- */

void rn__series_range(const rn_series *w, rn_part part, int64_t i, int64_t *low,
                      int64_t *high)
{
    const int64_t n = rn__source_length(&w->source, i);
    const int64_t test = n - (int64_t)((double)n * w->options.test);
    int64_t validation = test - (int64_t)((double)n * w->options.validation);

    if (validation < 0) validation = 0; /* rounding */
    const int64_t border[RN__PARTS + 1] = {0, validation, test, n};
    *low = border[part];
    *high = border[part + 1];
}

int64_t rn__series_count(const rn_series *w, rn_part part, int64_t i, int64_t *first)
{
    const rn_series_options *o = &w->options;
    const int64_t to_target = o->every_step ? o->horizon : o->history;
    int64_t low, high;

    rn__series_range(w, part, i, &low, &high);
    *first = low > to_target ? low - to_target : 0;
    const int64_t room = high - o->history - o->horizon - *first;
    return room < 0 ? 0 : room / o->stride + 1;
}

/* The series of window i of a part. */
static int64_t series_of(const rn__part *p, int64_t i)
{
    int64_t low = 0, high = p->series->source.count - 1;

    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (p->first[middle + 1] <= i)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Series and first step of a window that exists. */
static int64_t locate(const rn__part *p, int64_t i, int64_t *step)
{
    const int64_t sequence = series_of(p, i);

    rn__series_count(p->series, p->part, sequence, step);
    *step += (i - p->first[sequence]) * p->series->options.stride;
    return sequence;
}

bool rn_series_where(const rn_series *series, rn_part part, int64_t i, int64_t *sequence,
                     int64_t *step)
{
    int64_t at[2];

    if (!series || series->state.failed || (int)part < 0 || part > RN_PART_TEST)
        return false;
    const rn__part *p = &series->part[part];
    if (i < 0 || i >= p->first[series->source.count]) return false;
    at[0] = locate(p, i, &at[1]);
    if (sequence) *sequence = at[0];
    if (step) *step = at[1];
    return true;
}

/* ---- the source ---- */

/* Scales `steps` steps of the strip into columns of a field. */
static void scale(const rn_series *w, const rn__columns *c, int64_t steps, void *to)
{
    for (int64_t t = 0; t < steps; t++)
        for (int k = 0; k < c->count; k++) {
            const int column = c->column[k];
            const int64_t from = t * w->columns + column, at = t * c->count + k;
            const double x = rn__real_at(w->strip, w->type, from);

            rn__real_put(to, w->type, at, (x - w->shift[column]) / w->scale[column]);
        }
}

static bool read(void *self, int64_t i, int field, int64_t first, int64_t steps, void *to)
{
    const rn__part *p = (const rn__part *)self;
    rn_series *w = p->series;
    const rn_series_options *o = &w->options;
    const rn__columns *c = field ? &w->target : &w->input;
    const size_t bytes = (size_t)c->count * rn_type_size(w->type);
    int64_t at;
    const int64_t sequence = locate(p, i, &at);

    if (field) at += o->every_step ? o->horizon : o->history;
    if (field && !o->every_step)
        steps = o->horizon;
    else
        at += first;
    if (c->all && o->scaling == RN_SCALING_NONE)
        return w->source.read(w->source.self, sequence, o->field, at, steps, to);
    for (int64_t done = 0, n; done < steps; done += n) {
        n = steps - done < w->strip_steps ? steps - done : w->strip_steps;
        if (!w->source.read(w->source.self, sequence, o->field, at + done, n, w->strip))
            return false;
        scale(w, c, n, (char *)to + (size_t)done * bytes);
    }
    return true;
}

static int64_t length(void *self, int64_t i)
{
    (void)i;
    return ((const rn__part *)self)->series->options.history;
}

static const char *error(void *self)
{
    const rn__part *p = (const rn__part *)self;

    if (!p) return "no series, or no such part";
    return p->series->state.failed ? p->series->state.error
                                   : rn__source_error(&p->series->source);
}

rn_source rn_series_source(rn_series *series, rn_part part)
{
    rn_source s = {.count = -1, .error = error};

    if (!series || (int)part < 0 || part > RN_PART_TEST) return s;
    s.self = &series->part[part];
    if (series->state.failed) return s;
    s.count = series->part[part].first[series->source.count];
    s.fields = series->field;
    s.field_count = 2;
    s.length = length;
    s.read = read;
    return s;
}
