/* SPDX-License-Identifier: MIT */
/* Sources: arrays in memory, and some sequences of another source. */
#include <string.h>

#include "data/source.h"

/* ---- arrays ---- */

static int64_t first_step(const rn_arrays *a, int64_t i)
{
    return a->offsets ? a->offsets[i] : i * a->steps;
}

static int64_t arrays_length(void *self, int64_t i)
{
    const rn_arrays *a = (const rn_arrays *)self;

    if (a->offsets) return a->offsets[i + 1] - a->offsets[i];
    return a->lengths ? a->lengths[i] : a->steps;
}

static bool arrays_read(void *self, int64_t i, int field, int64_t first, int64_t steps,
                        void *to)
{
    const rn_arrays *a = (const rn_arrays *)self;
    const rn_field *f = &a->fields[field];
    const size_t bytes = rn__field_bytes(f);
    const int64_t at = f->once ? i : first_step(a, i) + first;

    if (bytes == 0 || steps == 0) return true;
    memcpy(to, (const char *)a->data[field] + (size_t)at * bytes, (size_t)steps * bytes);
    return true;
}

/* What is wrong; NULL: nothing. */
static const char *arrays_fault(const rn_arrays *a)
{
    if (!a) return "no arrays";
    if (!a->fields || !a->data) return "no fields or no data";
    if (a->count < 0 || a->steps < 0) return "a negative number of sequences or steps";
    if (a->steps && a->count > INT64_MAX / a->steps) return "too many steps";
    for (int k = 0; k < a->field_count; k++)
        if (!a->data[k] && a->count) return "a field without data";
    for (int64_t i = 0; a->offsets && i < a->count; i++)
        if (a->offsets[i] < 0 || a->offsets[i + 1] < a->offsets[i])
            return "offsets that decrease";
    for (int64_t i = 0; !a->offsets && a->lengths && i < a->count; i++)
        if (a->lengths[i] < 0 || a->lengths[i] > a->steps)
            return "a length that is not in 0..steps";
    return NULL;
}

static const char *arrays_error(void *self)
{
    return arrays_fault((const rn_arrays *)self);
}

rn_source rn_source_arrays(const rn_arrays *arrays)
{
    rn_source s = {.count = -1, .error = arrays_error};

    s.self = (void *)(uintptr_t)arrays;
    if (arrays_fault(arrays)) return s;
    s.count = arrays->count;
    s.fields = arrays->fields;
    s.field_count = arrays->field_count;
    s.length = arrays_length;
    s.read = arrays_read;
    return s;
}

/* ---- subsets ---- */

static int64_t subset_length(void *self, int64_t i)
{
    const rn_subset *s = (const rn_subset *)self;

    return rn__source_length(&s->source, s->index[i]);
}

static bool subset_read(void *self, int64_t i, int field, int64_t first, int64_t steps,
                        void *to)
{
    const rn_subset *s = (const rn_subset *)self;

    return s->source.read(s->source.self, s->index[i], field, first, steps, to);
}

static const char *subset_fault(const rn_subset *s)
{
    if (!s) return "no subset";
    if (s->source.count < 0 || !s->source.read) return rn__source_error(&s->source);
    if (s->count < 0 || (s->count && !s->index)) return "a subset without an index";
    for (int64_t i = 0; i < s->count; i++)
        if (s->index[i] < 0 || s->index[i] >= s->source.count)
            return "an index outside the source";
    return NULL;
}

static const char *subset_error(void *self)
{
    const rn_subset *s = (const rn_subset *)self;
    const char *fault = subset_fault(s);

    return fault ? fault : rn__source_error(&s->source);
}

rn_source rn_source_subset(const rn_subset *subset)
{
    rn_source s = {.count = -1, .error = subset_error};

    s.self = (void *)(uintptr_t)subset;
    if (subset_fault(subset)) return s;
    s.count = subset->count;
    s.fields = subset->source.fields;
    s.field_count = subset->source.field_count;
    s.length = subset_length;
    s.read = subset_read;
    return s;
}

/* ---- any source ---- */

size_t rn__field_bytes(const rn_field *field)
{
    return (size_t)rn_shape_count(field->shape) * rn_type_size(field->type);
}

int64_t rn__source_length(const rn_source *source, int64_t i)
{
    return source->length ? source->length(source->self, i) : 1;
}

const char *rn__source_error(const rn_source *source)
{
    const char *text = source->error ? source->error(source->self) : NULL;

    return text && *text ? text : "no reason is given";
}

/* Padding must be a value of the field's type. */
static bool holds(rn_type type, double x)
{
    if (type == RN_BOOL) return x == 0 || x == 1;
    return type != RN_I32 || (x >= INT32_MIN && x <= INT32_MAX && x == (double)(int32_t)x);
}

static const char *field_fault(const rn_field *f)
{
    size_t bytes;

    if (!f->name) return "no name";
    if ((int)f->type < 0 || (int)f->type >= RN_TYPES) return "no such type";
    if (rn_shape_count(f->shape) < 0) return "no valid shape";
    if (!rn__multiply((size_t)rn_shape_count(f->shape), 8, &bytes) || bytes > SIZE_MAX / 2)
        return "too large";
    return holds(f->type, f->padding) ? NULL : "padding that its type cannot hold";
}

const char *rn__source_fault(const rn_source *source, char *text, size_t capacity)
{
    if (!source) return "no source";
    if (source->count < 0) {
        snprintf(text, capacity, "the source is not valid: %s", rn__source_error(source));
        return text;
    }
    if (source->count > INT32_MAX) return "more than 2^31 - 1 sequences";
    if (!source->read || !source->fields || source->field_count <= 0)
        return "the source has no fields or no function to read";
    for (int k = 0; k < source->field_count; k++) {
        const rn_field *f = &source->fields[k];
        const char *fault = field_fault(f);

        if (!fault) continue;
        snprintf(text, capacity, "field %d, %s: %s", k, f->name ? f->name : "(null)",
                 fault);
        return text;
    }
    return NULL;
}
