/* SPDX-License-Identifier: MIT */
/* Batches of sequences: order, padding, remainders, positions. */
#include "data_support.h"
#include "golden_data.h"

static rn_test_texts texts;
static rn_source source;

static rn_batches *made(int64_t count, int64_t same, rn_batches_options o)
{
    texts = rn_test_texts_of(count, same);
    source = rn_test_source(&texts);
    rn_batches *b = rn_batches_new(&source, o);
    cr_assert_str_eq(rn_batches_error(b), "");
    return b;
}

/* ---- order ---- */

static void has_order(uint64_t seed, int64_t epoch, const int32_t *want)
{
    rn_batches *b =
        made(20, 1, (rn_batches_options){.batch = 4, .shuffle = true, .seed = seed});
    rn_position p = rn_batches_position(b);

    p.number[0] = epoch;
    cr_assert_eq(rn_batches_seek(b, p), RN_OK);
    for (int i = 0; i < 20; i += 4) {
        const rn_batch batch = rn_test_next(b);
        for (int r = 0; r < 4; r++) cr_assert_eq(batch.which[r], want[i + r]);
        for (int r = 0; r < 4; r++)
            cr_assert_eq(rn_test_at(&batch, 0, r), 1000 * want[i + r]);
    }
    rn_test_epoch_ends(b, epoch);
    rn_batches_free(b);
}

Test(batches, orders_are_those_of_philox)
{
    has_order(42, 0, golden_first);
    has_order(42, 1, golden_second);
    has_order((UINT64_C(1) << 63) + 5, (INT64_C(1) << 32) + 7, golden_late);
}

Test(batches, keep_the_order_without_shuffling)
{
    rn_batches *b = made(7, 2, (rn_batches_options){.batch = 3});

    for (int epoch = 0; epoch < 2; epoch++) {
        for (int k = 0; k < 3; k++) {
            const rn_batch batch = rn_test_next(b);
            cr_assert(batch.epoch == epoch && batch.index == k);
            for (int r = 0; r < 3; r++)
                cr_assert_eq(batch.which[r], 3 * k + r < 7 ? 3 * k + r : -1);
        }
        rn_test_epoch_ends(b, epoch);
    }
    rn_batches_free(b);
}

/* Checks a batch against what its texts are; counts them. */
static void check_batch(const rn_batch *b, bool left, int *seen)
{
    const double *v = (const double *)b->data[1];

    for (int64_t r = 0; r < b->sequences; r++) {
        const int64_t i = b->which[r], n = b->lengths[r], at = left ? b->steps - n : 0;
        cr_assert_eq(i >= 0, r < b->real);
        if (i >= 0) seen[i]++;
        cr_assert_eq(n, i < 0 ? 0 : texts.length[i]);
        cr_assert_eq(((const int32_t *)b->data[2])[r], i);
        cr_assert_eq(b->weights[r], i < 0 ? 0 : 1);
        for (int64_t t = 0; t < b->steps; t++) {
            const bool real = t >= at && t < at + n;
            const double x = real ? (double)(1000 * i + t - at) : -7;
            cr_assert_eq(rn_test_at(b, t, r), x);
            cr_assert_eq(v[2 * (t * b->sequences + r)], real ? x : 0.5);
            cr_assert_eq(v[2 * (t * b->sequences + r) + 1], real ? -x : 0.5);
        }
    }
}

/* Two epochs, in which each text must come `times` times. */
static void check_epochs(rn_batches *b, bool left, rn_last last)
{
    const int64_t count = rn_batches_count(b);
    const int64_t *size;
    const int sizes = rn_batches_sizes(b, &size);

    for (int epoch = 0; epoch < 2; epoch++) {
        int seen[RN_TEST_TEXTS] = {0};
        int64_t all = 0;
        for (int64_t k = 0; k < count; k++) {
            const rn_batch batch = rn_test_next(b);
            int known = 0;
            for (int s = 0; s < sizes; s++) known += size[s] == batch.steps;
            cr_assert_eq(known, 1);
            if (last == RN_LAST_KEEP) cr_assert_eq(batch.real, batch.sequences);
            check_batch(&batch, left, seen);
            all += batch.real;
        }
        rn_test_epoch_ends(b, epoch);
        for (int64_t i = 0; i < texts.count; i++)
            cr_assert(last == RN_LAST_DROP ? seen[i] <= 1 : seen[i] == 1);
        cr_assert(last == RN_LAST_DROP || all == texts.count);
    }
    rn_batches_free(b);
}

Test(batches, have_every_text_once)
{
    for (int buckets = 0; buckets < 5; buckets++)
        for (int last = 0; last < 3; last++)
            for (int way = 0; way < 4; way++) {
                const rn_batches_options o = {.batch = 5,
                                              .buckets = buckets,
                                              .last = (rn_last)last,
                                              .shuffle = way % 2,
                                              .seed = 3,
                                              .pad_left = way / 2};
                check_epochs(made(38, -1, o), o.pad_left, o.last);
            }
}

Test(batches, of_many_rows_are_transposed_in_blocks)
{
    check_epochs(made(123, -1, (rn_batches_options){.batch = 41}), false, RN_LAST_FILL);
    check_epochs(made(123, -1, (rn_batches_options){0}), false, RN_LAST_FILL);
}

Test(batches, drop_others_in_each_epoch)
{
    rn_batches *b =
        made(7, 1, (rn_batches_options){.batch = 4, .last = RN_LAST_DROP, .shuffle = true});
    int64_t seen = 0;

    cr_assert_eq(rn_batches_count(b), 1);
    for (int epoch = 0; epoch < 20; epoch++) {
        const rn_batch batch = rn_test_next(b);
        for (int r = 0; r < 4; r++) seen |= INT64_C(1) << batch.which[r];
        rn_test_epoch_ends(b, epoch);
    }
    cr_assert_eq(seen, 127);
    rn_batches_free(b);
}

Test(batches, have_given_sizes_and_weights)
{
    const int64_t sizes[] = {2, 9};
    const float weights[] = {1, 2, 3, 4, 5, 6, 7};
    rn_batches *b = made(
        7, -1,
        (rn_batches_options){
            .batch = 3, .buckets = 2, .sizes = sizes, .longest = 9, .weights = weights});
    int64_t seen = 0;

    cr_assert_eq(rn_batches_count(b), 3);
    for (int k = 0; k < 3; k++) {
        const rn_batch batch = rn_test_next(b);
        cr_assert_eq(batch.steps, k ? 9 : 2);
        for (int r = 0; r < batch.real; r++) {
            const int64_t i = batch.which[r], n = texts.length[i] > 9 ? 9 : texts.length[i];
            cr_assert_eq(batch.weights[r], weights[i]);
            cr_assert_eq(batch.lengths[r], n);
            cr_assert_eq(n <= 2, batch.steps == 2);
            if (n) cr_assert_eq(rn_test_at(&batch, n - 1, r), 1000 * i + n - 1);
            seen |= INT64_C(1) << i;
        }
    }
    cr_assert_eq(seen, 127);
    rn_batches_free(b);
}

Test(batches, of_no_texts_are_epochs_without_any)
{
    for (int buckets = 0; buckets < 4; buckets += 3) {
        rn_batches *b = made(0, 1, (rn_batches_options){.buckets = buckets});
        for (int epoch = 0; epoch < 3; epoch++) rn_test_epoch_ends(b, epoch);
        rn_batches_free(b);
    }
}

/* ---- positions ---- */

static rn_batches *bucketed(void)
{
    return made(38, -1,
                (rn_batches_options){.batch = 4, .buckets = 3, .shuffle = true, .seed = 9});
}

Test(batches, go_on_from_every_position)
{
    rn_test_resumes(bucketed);
}

Test(batches, refuse_positions_of_other_data)
{
    rn_batches *b = bucketed();
    const rn_position p = rn_batches_position(b);
    rn_position wrong = p;
    rn_batches *others[] = {
        made(38, -1, (rn_batches_options){.batch = 4, .buckets = 3, .shuffle = true}),
        made(38, 5,
             (rn_batches_options){.batch = 4, .buckets = 3, .shuffle = true, .seed = 9}),
        made(38, -1, (rn_batches_options){.batch = 4, .buckets = 3, .seed = 9})};

    for (int i = 0; i < 3; i++) {
        cr_assert_eq(rn_batches_seek(others[i], p), RN_INVALID);
        cr_assert(strstr(rn_batches_error(others[i]), "of other data or options"));
        rn_batches_free(others[i]);
    }
    wrong.number[1] = p.number[2] + 1;
    cr_assert_eq(rn_batches_seek(b, wrong), RN_INVALID);
    wrong.number[1] = 0, wrong.number[0] = -1;
    cr_assert_eq(rn_batches_seek(b, wrong), RN_INVALID);
    cr_assert(strstr(rn_batches_error(b), "no such position: epoch -1"));
    cr_assert_eq(rn_test_next(b).index, 0);
    rn_batches_free(b);
}

/* ---- errors ---- */

Test(batches, repeat_a_batch_whose_reading_failed)
{
    rn_batches *b = made(9, 4, (rn_batches_options){.batch = 3}), *other = NULL;
    rn_batch batch;

    rn_test_next(b);
    for (int64_t fail = 1; fail <= 9; fail++) {
        texts.fail_at = texts.reads + fail;
        cr_assert_eq(rn_batches_next(b, &batch), RN_IO);
        cr_assert_eq(batch.sequences, 0);
        cr_assert(strstr(rn_batches_error(b), "the disc is gone"));
        if (fail == 2)
            cr_assert_str_eq(rn_batches_error(b),
                             "batches: cannot read steps 0 to 4 of x of "
                             "sequence 4: the disc is gone");
    }
    texts.fail_at = 0;
    batch = rn_test_next(b);
    cr_assert_eq(batch.index, 1);
    const uint64_t print = rn_test_print(&batch);
    other = rn_batches_new(&source, (rn_batches_options){.batch = 3});
    rn_test_next(other);
    batch = rn_test_next(other);
    cr_assert_eq(rn_test_print(&batch), print);
    rn_batches_free(other);
    rn_batches_free(b);
}

static rn_batches *with(rn_batches_options o)
{
    source = rn_test_source(&texts);
    return rn_batches_new(&source, o);
}

Test(batches, one_size_needs_no_number)
{
    const int64_t size = 20, *sizes;

    texts = rn_test_texts_of(7, -1);
    rn_batches *b = with((rn_batches_options){.sizes = &size});
    cr_assert_eq(rn_batches_sizes(b, &sizes), 1, "%s", rn_batches_error(b));
    cr_assert_eq(sizes[0], 20);
    rn_batches_free(b);
}

Test(batches, refuse_wrong_options_and_sources)
{
    const int64_t falling[] = {13, 13}, small[] = {3, 12};

    texts = rn_test_texts_of(7, -1);
    rn_test_refused(rn_batches_new(NULL, (rn_batches_options){0}), "batches: no source");
    rn_test_refused(
        with((rn_batches_options){.batch = -1}),
        "batches: options out of range: batch -1, longest 0, buckets 0, last 0");
    rn_test_refused(with((rn_batches_options){.buckets = 2, .sizes = falling}),
                    "batches: sizes do not increase: size 1 is 13");
    rn_test_refused(with((rn_batches_options){.buckets = 2, .sizes = small}),
                    "batches: a sequence of 13 steps does not fit the largest size, 12");
    texts.fields[0].padding = 0.5;
    rn_test_refused(with((rn_batches_options){0}),
                    "batches: field 0, x: padding that its type cannot hold");
    texts.fields[0].name = NULL;
    rn_test_refused(with((rn_batches_options){0}), "batches: field 0, (null): no name");
    texts = rn_test_texts_of(7, -1);
    texts.fields[1].name = texts.fields[0].name;
    rn_test_refused(with((rn_batches_options){0}),
                    "batches: field 1, x: an earlier field has this name");
    texts = rn_test_texts_of(7, -1);
    texts.length[4] = -2;
    rn_test_refused(with((rn_batches_options){0}), "batches: sequence 4 has length -2");
    texts.count = -1;
    rn_test_refused(with((rn_batches_options){0}),
                    "batches: the source is not valid: no reason is given");
    texts.count = 1, texts.field_count = 0;
    rn_test_refused(with((rn_batches_options){0}),
                    "batches: the source has no fields or no function to read");
}

static bool work(rn_allocator a)
{
    rn_batches *b = rn_batches_new(
        &source,
        (rn_batches_options){.batch = 3, .buckets = 2, .shuffle = true, .allocator = a});
    rn_batch batch;
    const rn_status status = rn_batches_next(b, &batch);

    if (status) cr_assert(strstr(rn_batches_error(b), "out of memory"));
    if (b && status) cr_assert_eq(status, RN_NO_MEMORY);
    rn_batches_free(b);
    return status == RN_OK;
}

Test(batches, every_allocation_may_fail)
{
    texts = rn_test_texts_of(60, 90);
    texts.length[3] = 4000;
    source = rn_test_source(&texts);
    rn_test_each_failure(work);
}
