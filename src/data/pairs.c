/* SPDX-License-Identifier: MIT */
/* Two sources side by side: the second has all its steps in one value. */
#include "data/batches.h"

static int64_t kept(const rn_pairs *p, int64_t i)
{
    const int64_t length = rn__source_length(&p->second, i);

    return length < p->steps ? length : p->steps;
}

static int64_t pairs_length(void *self, int64_t i)
{
    const rn_pairs *p = (const rn_pairs *)self;

    return rn__source_length(&p->first, i);
}

static bool pairs_read(void *self, int64_t i, int field, int64_t first, int64_t steps,
                       void *to)
{
    const rn_pairs *p = (const rn_pairs *)self;
    const rn_source *s = &p->second;
    const int k = field - p->first.field_count;

    if (k < 0) return p->first.read(p->first.self, i, field, first, steps, to);
    if (k == s->field_count) return *(int32_t *)to = (int32_t)kept(p, i), true;
    if (s->fields[k].once) return s->read(s->self, i, k, 0, 1, to);
    const int64_t n = kept(p, i);
    if (n < 0) return false;
    rn__batches_pad(&s->fields[k], (char *)to + (size_t)n * rn__field_bytes(&s->fields[k]),
                    p->steps - n);
    return n == 0 || s->read(s->self, i, k, 0, n, to);
}

/* ---- making it ---- */

/* What is wrong; NULL: nothing. */
static const char *pairs_fault(const rn_pairs *p)
{
    if (!p) return "no pairs";
    const rn_source *both[] = {&p->first, &p->second};
    for (int k = 0; k < 2; k++) {
        if (both[k]->count < 0) return rn__source_error(both[k]);
        if (!both[k]->read || !both[k]->fields || both[k]->field_count <= 0)
            return "a source without fields or a function to read";
    }
    if (p->first.count != p->second.count) return "sources with different counts";
    if (p->first.field_count > RN_PAIRS_FIELDS - 1 - p->second.field_count)
        return "too many fields";
    if (p->steps < 0 || p->steps > INT32_MAX) return "steps that are not in 0..2^31 - 1";
    for (int k = 0; k < p->second.field_count; k++)
        if (p->second.fields[k].shape.rank >= RN_RANK_MAX)
            return "a field of too many axes";
    return NULL;
}

static const char *pairs_error(void *self)
{
    const rn_pairs *p = (const rn_pairs *)self;
    const char *fault = pairs_fault(p), *text = NULL;

    if (!fault && p->first.error) text = p->first.error(p->first.self);
    return fault ? fault : text && *text ? text : rn__source_error(&p->second);
}

static int64_t longest(const rn_source *s)
{
    int64_t most = 0;

    for (int64_t i = 0, n; i < s->count; i++)
        if ((n = rn__source_length(s, i)) > most) most = n;
    return most < INT32_MAX ? most : INT32_MAX;
}

/* The field with S as an axis in front, and once. */
static rn_field whole(const rn_pairs *p, const rn_field *field)
{
    rn_field f = *field;

    if (f.once) return f;
    f.once = true;
    for (int k = f.shape.rank++; k > 0; k--) f.shape.size[k] = f.shape.size[k - 1];
    f.shape.size[0] = p->steps;
    return f;
}

rn_source rn_source_pairs(rn_pairs *p)
{
    rn_source s = {.count = -1, .error = pairs_error, .self = p};

    if (pairs_fault(p)) return s;
    if (p->steps == 0) p->steps = longest(&p->second);
    for (int k = 0; k < p->first.field_count; k++) p->field[k] = p->first.fields[k];
    rn_field *to = &p->field[p->first.field_count];
    for (int k = 0; k < p->second.field_count; k++) *to++ = whole(p, &p->second.fields[k]);
    if (p->target) p->field[p->first.field_count].name = p->target;
    if (p->lengths) *to++ = (rn_field){p->lengths, RN_I32, {0}, true, 0};
    s.count = p->first.count;
    s.fields = p->field;
    s.field_count = (int)(to - p->field);
    s.length = pairs_length;
    s.read = pairs_read;
    return s;
}
