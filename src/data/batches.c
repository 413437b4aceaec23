/* SPDX-License-Identifier: MIT */
/* What batches of sequences and windows of streams share: memory, errors, positions. */
#include "data/batches.h"

#include <string.h>

#include "base/hash.h"

const char *rn_batches_error(const rn_batches *batches)
{
    return batches ? batches->state.error : "batches: out of memory";
}

/* ---- memory ---- */

rn_batches *rn__batches_empty(const rn__batching *kind, const rn_source *source,
                              rn_allocator allocator)
{
    rn_batches *b = (rn_batches *)rn__state_new(allocator, sizeof *b, kind->name);

    if (!b || !rn__state_take(&b->state, source, &b->source)) return b;
    b->kind = kind;
    b->ordered = -1;
    b->next_field = -1;
    b->fields = source->fields;
    b->field_count = source->field_count;
    return b;
}

void rn_batches_free(rn_batches *batches)
{
    rn__state_free((rn__state *)batches);
}

bool rn__batches_arrays(rn_batches *b, int64_t steps)
{
    const int64_t rows = b->options.batch;
    size_t strip = 0, bytes;

    if (steps > INT32_MAX || rows > INT32_MAX)
        return rn__state_refuse(&b->state, "too large: %lld sequences of %lld steps",
                                (long long)rows, (long long)steps);
    b->lengths = (int32_t *)rn__state_add(&b->state, rows, sizeof *b->lengths);
    b->weights = (float *)rn__state_add(&b->state, rows, sizeof *b->weights);
    b->data = (void **)rn__state_add(&b->state, b->field_count, sizeof *b->data);
    if (b->state.failed) return false;
    for (int k = 0; k < b->field_count; k++) {
        const rn_field *f = &b->fields[k];
        const int64_t values = f->once ? rows : rows * steps;

        b->data[k] = rn__state_add(&b->state, values, rn__field_bytes(f));
        if (!b->data[k]) return false;
        if (f->once) continue;
        if (!rn__batches_strip(f, rows, steps, &bytes))
            return rn__state_no_memory(&b->state);
        if (bytes > strip) strip = bytes;
    }
    b->strip = (char *)rn__state_add(&b->state, 1, strip);
    return b->strip != NULL;
}

/* ---- batches ---- */

bool rn__batches_read(rn_batches *b, int64_t i, int field, int64_t first, int64_t steps,
                      void *to)
{
    if (b->source.read(b->source.self, i, field, first, steps, to)) return true;
    rn__state_fail(
        &b->state, RN_IO, "cannot read steps %lld to %lld of %s of sequence %lld: %s",
        (long long)first, (long long)(first + steps), b->source.fields[field].name,
        (long long)i, rn__source_error(&b->source));
    return false;
}

rn_status rn_batches_next(rn_batches *batches, rn_batch *batch)
{
    if (batch) *batch = (rn_batch){.steps = 0};
    if (!batches || !batch) return RN_INVALID;
    rn_batches *b = batches;

    if (b->state.failed) return b->state.failed;
    batch->fields = b->fields;
    batch->field_count = b->field_count;
    batch->epoch = b->epoch;
    batch->index = b->index;
    if (b->index >= b->count) {
        b->epoch++;
        b->index = 0;
        return RN_OK;
    }
    if (b->ordered != b->epoch) b->kind->order(b);
    b->ordered = b->epoch;
    b->kind->begin(b, batch);
    batch->lengths = b->lengths;
    batch->weights = b->weights;
    batch->resets = b->resets;
    batch->which = b->which;
    batch->data = (const void *const *)b->data;
    if (!rn__batches_gather(b, batch)) {
        batch->sequences = 0;
        return RN_IO;
    }
    b->index++;
    return RN_OK;
}

int64_t rn_batches_count(const rn_batches *batches)
{
    return batches && !batches->state.failed ? batches->count : 0;
}

int rn_batches_sizes(const rn_batches *batches, const int64_t **sizes)
{
    const bool any = batches && !batches->state.failed;

    if (sizes) *sizes = any ? batches->size : NULL;
    return any ? batches->size_count : 0;
}

/* ---- positions ---- */

void rn__batches_sign(rn_batches *b, uint64_t number)
{
    b->signature = (int64_t)(rn__mix(((uint64_t)b->signature ^ number) +
                                     UINT64_C(0x9E3779B97F4A7C15)) >>
                             1);
}

rn_position rn_batches_position(const rn_batches *batches)
{
    rn_position p = {{0, 0, 0, 0}};

    if (!batches || batches->state.failed) return p;
    p.number[0] = batches->epoch;
    p.number[1] = batches->index;
    p.number[2] = batches->count;
    p.number[3] = batches->signature;
    return p;
}

rn_status rn_batches_seek(rn_batches *batches, rn_position position)
{
    const int64_t *n = position.number;

    if (!batches) return RN_INVALID;
    if (batches->state.failed) return batches->state.failed;
    if (n[2] != batches->count || n[3] != batches->signature)
        return rn__state_fail(&batches->state, RN_INVALID,
                              "the position is of other data or options: %lld batches an "
                              "epoch, not %lld",
                              (long long)n[2], (long long)batches->count);
    if (n[0] < 0 || n[0] == INT64_MAX || n[1] < 0 || n[1] > n[2])
        return rn__state_fail(&batches->state, RN_INVALID,
                              "no such position: epoch %lld batch %lld", (long long)n[0],
                              (long long)n[1]);
    batches->epoch = n[0];
    batches->index = n[1];
    return RN_OK;
}
