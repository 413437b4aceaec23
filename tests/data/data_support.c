/* SPDX-License-Identifier: MIT */
#include "data_support.h"

#include "base/hash.h"

static int64_t length(void *self, int64_t i)
{
    return ((rn_test_texts *)self)->length[i];
}

static bool read(void *self, int64_t i, int field, int64_t first, int64_t steps, void *to)
{
    rn_test_texts *s = (rn_test_texts *)self;

    cr_assert(i >= 0 && i < s->count && field >= 0 && field < s->field_count);
    s->reads++;
    if (s->fail_at && s->reads >= s->fail_at &&
        (s->reads == s->fail_at || s->reads <= s->fail_to))
        return false;
    if (steps > s->most) s->most = steps;
    if (field == 2) {
        cr_assert(first == 0 && steps == 1);
        *(int32_t *)to = (int32_t)i;
        return true;
    }
    cr_assert(first >= 0 && steps > 0 && first + steps <= s->length[i]);
    for (int64_t t = 0; t < steps; t++) {
        const int32_t x = (int32_t)(1000 * i + first + t);
        if (field == 0) ((int32_t *)to)[t] = x;
        if (field == 1) ((double *)to)[2 * t] = x, ((double *)to)[2 * t + 1] = -x;
    }
    return true;
}

static const char *error(void *self)
{
    return ((rn_test_texts *)self)->fail_at ? "the disc is gone" : "";
}

rn_test_texts rn_test_texts_of(int64_t count, int64_t same)
{
    static const int64_t lengths[] = {3, 0, 5, 1, 8, 2, 13};
    rn_test_texts s = {.count = count, .field_count = 3};

    s.fields[0] = (rn_field){.name = "x", .type = RN_I32, .padding = -7};
    s.fields[1] = (rn_field){.name = "v", .type = RN_F64, .padding = 0.5};
    s.fields[1].shape = rn_shape(2);
    s.fields[2] = (rn_field){.name = "y", .type = RN_I32, .once = true, .padding = -1};
    for (int64_t i = 0; i < count; i++) s.length[i] = same < 0 ? lengths[i % 7] : same;
    return s;
}

rn_source rn_test_source(rn_test_texts *texts)
{
    return (rn_source){texts->count, texts->fields, texts->field_count, length, read,
                       error,        texts};
}

rn_batch rn_test_next(rn_batches *batches)
{
    rn_batch batch;

    cr_assert_eq(rn_batches_next(batches, &batch), RN_OK, "%s", rn_batches_error(batches));
    cr_assert_gt(batch.sequences, 0);
    return batch;
}

void rn_test_epoch_ends(rn_batches *batches, int64_t epoch)
{
    rn_batch batch;

    cr_assert_eq(rn_batches_next(batches, &batch), RN_OK, "%s", rn_batches_error(batches));
    cr_assert_eq(batch.sequences, 0);
    cr_assert_eq(batch.epoch, epoch);
}

int32_t rn_test_at(const rn_batch *batch, int64_t t, int64_t b)
{
    return ((const int32_t *)batch->data[0])[t * batch->sequences + b];
}

void rn_test_refused(rn_batches *batches, const char *message)
{
    rn_batch batch;

    cr_assert_str_eq(rn_batches_error(batches), message);
    cr_assert_neq(rn_batches_next(batches, &batch), RN_OK);
    cr_assert_eq(rn_batches_count(batches), 0);
    cr_assert_eq(rn_batches_sizes(batches, NULL), 0);
    rn_batches_free(batches);
}

static uint64_t include(uint64_t hash, const void *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        hash = rn__mix(hash + ((const unsigned char *)data)[i] + 1);
    return hash;
}

uint64_t rn_test_print(const rn_batch *b)
{
    const size_t rows = (size_t)b->sequences, steps = (size_t)b->steps;
    const int64_t sizes[] = {b->steps, b->sequences, b->real, b->epoch, b->index};
    uint64_t hash = include(0, sizes, sizeof sizes);

    hash = include(hash, b->lengths, rows * sizeof *b->lengths);
    hash = include(hash, b->weights, rows * sizeof *b->weights);
    if (b->resets) hash = include(hash, b->resets, rows * steps);
    for (int k = 0; k < b->field_count && rows; k++) {
        const rn_field *f = &b->fields[k];
        const size_t all = (size_t)rn_shape_count(f->shape) * rn_type_size(f->type) * rows;
        hash = include(hash, b->data[k], f->once ? all : all * steps);
    }
    return hash;
}

void rn_test_resumes(rn_batches *(*make)(void))
{
    enum { MOST = 200 };
    rn_batches *whole = make();
    rn_position position[MOST];
    uint64_t print[MOST];
    rn_batch batch;
    int n = 0;

    for (; n < MOST && rn_batches_position(whole).number[0] < 2; n++) {
        position[n] = rn_batches_position(whole);
        cr_assert_eq(rn_batches_next(whole, &batch), RN_OK);
        print[n] = rn_test_print(&batch);
    }
    cr_assert(n == 2 * rn_batches_count(whole) + 2 && n > 6);
    for (int from = n - 1; from >= 0; from--) {
        rn_batches *fresh = make();
        cr_assert_eq(rn_batches_seek(fresh, position[from]), RN_OK);
        cr_assert_eq(rn_batches_seek(whole, position[from]), RN_OK);
        for (int i = from; i < n && i < from + 4; i++) {
            cr_assert_eq(rn_batches_next(fresh, &batch), RN_OK);
            cr_assert_eq(rn_test_print(&batch), print[i], "from %d, batch %d", from, i);
            cr_assert_eq(rn_batches_next(whole, &batch), RN_OK);
            cr_assert_eq(rn_test_print(&batch), print[i], "from %d, batch %d", from, i);
        }
        rn_batches_free(fresh);
    }
    rn_batches_free(whole);
}
