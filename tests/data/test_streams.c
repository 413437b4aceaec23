/* SPDX-License-Identifier: MIT */
/* Streams against a plain loop over all steps laid end to end. */
#include "data_support.h"

static rn_test_texts texts;
static rn_source source;

static rn_batches *made(int64_t count, int64_t same, rn_streams_options o)
{
    texts = rn_test_texts_of(count, same);
    texts.field_count = 2;
    source = rn_test_source(&texts);
    rn_batches *b = rn_streams_new(&source, o);
    cr_assert_str_eq(rn_batches_error(b), "");
    return b;
}

/* All steps end to end, in the order in which the texts are. */
typedef struct plain {
    int64_t count;
    int32_t x[2000], next[2000];
    bool begins[2000];
} plain;

static plain lay(const int32_t *order, bool joined, bool next)
{
    plain p = {0};
    int64_t all = 0;
    static int32_t x[2000];

    for (int64_t k = 0; k < texts.count; k++)
        for (int64_t t = 0; t < texts.length[order[k]]; t++)
            x[all++] = (int32_t)(1000 * order[k] + t);
    for (int64_t i = 0; i < all; i++) {
        const bool ends = i + 1 == all || (!joined && x[i + 1] % 1000 == 0);
        if (next && ends) continue;
        p.x[p.count] = x[i];
        p.next[p.count] = ends ? -1 : x[i + 1];
        p.begins[p.count++] = !joined && x[i] % 1000 == 0;
    }
    return p;
}

/* One epoch: each row continues; returns the number of steps seen. */
static int64_t check_epoch(rn_batches *b, const plain *p, const rn_streams_options *o)
{
    const int64_t rows = o->batch, count = rn_batches_count(b);
    const int64_t row =
        o->last == RN_LAST_FILL ? (p->count + rows - 1) / rows : p->count / rows;
    const int64_t advance = o->advance ? o->advance : o->steps;
    int64_t seen = 0;

    for (int64_t k = 0; k < count; k++) {
        const rn_batch w = rn_test_next(b);
        cr_assert(w.sequences == rows && w.real == rows && !w.which && w.index == k);
        for (int64_t r = 0; r < rows; r++) {
            for (int64_t t = 0; t < w.steps; t++) {
                const int64_t at = k * advance + t, i = r * row + at, e = t * rows + r;
                const bool real = at < row && i < p->count;
                cr_assert_eq(t < w.lengths[r], real);
                cr_assert_eq(rn_test_at(&w, t, r), real ? p->x[i] : -7);
                cr_assert_eq(w.resets[e], real ? p->begins[i] || at == 0 : at == 0);
                if (o->next)
                    cr_assert_eq(((const int32_t *)w.data[2])[e], real ? p->next[i] : -7);
                seen += real;
            }
            cr_assert_eq(w.weights[r], w.lengths[r] > 0);
        }
    }
    return seen;
}

static void check(rn_streams_options o, int64_t same)
{
    const int32_t order[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    rn_batches *b = made(17, same, o);
    const plain p = lay(order, o.joined, o.next != NULL);

    for (int epoch = 0; epoch < 2; epoch++) {
        const int64_t seen = check_epoch(b, &p, &o);
        const int64_t whole = p.count / o.batch;
        cr_assert_eq(seen, o.last == RN_LAST_FILL   ? p.count
                           : o.last == RN_LAST_KEEP ? whole * o.batch
                                                    : whole / o.steps * o.steps * o.batch);
        rn_test_epoch_ends(b, epoch);
    }
    rn_batches_free(b);
}

Test(streams, are_all_texts_end_to_end)
{
    for (int way = 0; way < 12; way++)
        for (int64_t steps = 1; steps < 60; steps = 2 * steps + 1)
            for (int64_t rows = 1; rows < 30; rows = 3 * rows + 1)
                check((rn_streams_options){.batch = rows,
                                           .steps = steps,
                                           .next = way % 2 ? "y" : NULL,
                                           .joined = way / 2 % 2,
                                           .last = (rn_last)(way / 4)},
                      -1);
}

Test(streams, of_one_text_and_of_single_steps)
{
    check((rn_streams_options){.batch = 3, .steps = 4, .next = "y"}, 1);
    check((rn_streams_options){.batch = 3, .steps = 4, .next = "y"}, 0);
    check((rn_streams_options){.batch = 2, .steps = 5, .next = "y", .joined = true}, 1);
    texts = rn_test_texts_of(1, 100);
    check((rn_streams_options){.batch = 7, .steps = 4, .next = "y"}, 100);
}

/* What is seen, by a plain count: window k covers steps k A to k A + T of each row. */
static int64_t covered(const rn_streams_options *o, int64_t all)
{
    const bool fill = o->last == RN_LAST_FILL;
    const int64_t row = fill ? (all + o->batch - 1) / o->batch : all / o->batch;
    int64_t seen = 0;

    for (int64_t first = 0; first < row; first += o->advance) {
        if (o->last == RN_LAST_DROP && first + o->steps > row) break;
        for (int64_t r = 0; r < o->batch; r++)
            for (int64_t t = first; t < first + o->steps && t < row; t++)
                seen += r * row + t < all;
        if (first + o->steps >= row) break;
    }
    return seen;
}

Test(streams, of_windows_that_overlap)
{
    const int32_t order[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

    for (int way = 0; way < 6; way++)
        for (int64_t advance = 1; advance <= 8; advance++) {
            const rn_streams_options o = {.batch = 3,
                                          .steps = 8,
                                          .advance = advance,
                                          .next = "y",
                                          .joined = way % 2,
                                          .last = (rn_last)(way / 2)};
            rn_batches *b = made(17, -1, o);
            const plain p = lay(order, o.joined, true);
            cr_assert_eq(check_epoch(b, &p, &o), covered(&o, p.count));
            rn_test_epoch_ends(b, 0);
            rn_batches_free(b);
        }
}

Test(streams, shuffle_whole_texts)
{
    rn_batches *b =
        made(17, 6, (rn_streams_options){.batch = 1, .steps = 6, .shuffle = true});
    int64_t order[2][17], seen[17] = {0};

    for (int epoch = 0; epoch < 2; epoch++) {
        for (int k = 0; k < 17; k++) {
            const rn_batch w = rn_test_next(b);
            order[epoch][k] = rn_test_at(&w, 0, 0) / 1000;
            for (int t = 0; t < 6; t++)
                cr_assert_eq(rn_test_at(&w, t, 0), 1000 * order[epoch][k] + t);
            seen[order[epoch][k]]++;
        }
        rn_test_epoch_ends(b, epoch);
    }
    for (int i = 0; i < 17; i++) cr_assert_eq(seen[i], 2);
    cr_assert_neq(memcmp(order[0], order[1], sizeof order[0]), 0);
    rn_batches_free(b);
}

static rn_batches *shuffled(void)
{
    return made(40, -1,
                (rn_streams_options){
                    .batch = 3, .steps = 7, .next = "y", .shuffle = true, .seed = 4});
}

Test(streams, go_on_from_every_position)
{
    rn_test_resumes(shuffled);
}

/* Memory is bounded, however long the text is: a window, and 4 KB of a row are read ahead.
 */
Test(streams, read_a_part_of_a_long_text)
{
    rn_test_memory memory = {.blocks = 0};
    texts = rn_test_texts_of(1, INT64_C(1) << 40);
    texts.field_count = 1;
    source = rn_test_source(&texts);
    rn_batches *b = rn_streams_new(
        &source,
        (rn_streams_options){
            .batch = 4, .steps = 50, .next = "y", .allocator = rn_test_allocator(&memory)});
    const long requests = memory.requests;

    for (int k = 0; k < 3; k++) {
        const rn_batch w = rn_test_next(b);
        for (int64_t r = 0; r < 4; r++) {
            const int64_t first = r * (INT64_C(1) << 38) + 50 * k;
            cr_assert_eq(rn_test_at(&w, 0, r), (int32_t)first);
        }
    }
    cr_assert_eq(texts.most, 1024);
    cr_assert_eq(texts.reads, 4);
    cr_assert_eq(memory.requests, requests);
    rn_batches_free(b);
    cr_assert_eq(memory.blocks, 0);
}

Test(streams, refuse_wrong_options_and_sources)
{
    texts = rn_test_texts_of(7, -1);
    source = rn_test_source(&texts);
    rn_test_refused(rn_streams_new(&source, (rn_streams_options){0}),
                    "streams: field y has one value a sequence");
    texts.field_count = source.field_count = 2;
    rn_test_refused(rn_streams_new(&source, (rn_streams_options){.steps = -1}),
                    "streams: options out of range: batch 0, steps -1, advance 0, last 0");
    rn_test_refused(
        rn_streams_new(&source, (rn_streams_options){.next = "y", .next_of = 2}),
        "streams: no field 2 for y");
    rn_test_refused(rn_streams_new(&source, (rn_streams_options){.next = ""}),
                    "streams: next: no name, or that of a field: ");
    rn_test_refused(rn_streams_new(&source, (rn_streams_options){.next = "v"}),
                    "streams: next: no name, or that of a field: v");
    rn_test_refused(rn_streams_new(&source, (rn_streams_options){.steps = INT64_MAX}),
                    "streams: too large: 32 sequences of 9223372036854775807 steps");
    texts.length[6] = -1;
    rn_test_refused(rn_streams_new(&source, (rn_streams_options){0}),
                    "streams: sequence 6 has length -1");
    rn_test_refused(rn_streams_new(NULL, (rn_streams_options){0}), "streams: no source");
}

Test(streams, fail_with_their_source)
{
    rn_batches *b = made(5, 9, (rn_streams_options){.batch = 2, .steps = 6, .next = "y"});
    rn_batch batch;

    rn_test_next(b);
    const rn_position p = rn_batches_position(b);
    texts.fail_at = texts.reads + 2;
    texts.fail_to = texts.fail_at + 9;
    cr_assert_eq(rn_batches_next(b, &batch), RN_IO);
    cr_assert(strstr(rn_batches_error(b), "of sequence 1: the disc is gone"), "%s",
              rn_batches_error(b));
    cr_assert_eq(rn_batches_position(b).number[1], p.number[1]);
    texts.fail_at = 0;
    cr_assert_eq(rn_test_next(b).index, 1);
    rn_batches_free(b);
}

/* What is read ahead is no error if it cannot be read, and not kept for the next epoch. */
Test(streams, read_ahead_is_only_tried)
{
    rn_batches *b =
        made(1, 300, (rn_streams_options){.batch = 1, .steps = 30, .last = RN_LAST_DROP});
    int64_t reads[3];

    for (int epoch = 0; epoch < 3; epoch++) {
        texts.reads = 0;
        texts.fail_at = epoch ? 0 : 1;
        for (int64_t k = 0; k < 10; k++) {
            const rn_batch w = rn_test_next(b);
            for (int64_t t = 0; t < 30; t++)
                cr_assert_eq(rn_test_at(&w, t, 0), (int32_t)(30 * k + t));
        }
        rn_test_epoch_ends(b, epoch);
        reads[epoch] = texts.reads;
    }
    /* Field x: one in vain, its first window, the rest. Field v: 256 steps, the rest. */
    cr_assert_eq(reads[0], 3 + 2);
    cr_assert_eq(reads[1], 1 + 2);
    cr_assert_eq(reads[2], 1 + 2);
    rn_batches_free(b);
}

static bool work(rn_allocator a)
{
    rn_batches *b = rn_streams_new(
        &source,
        (rn_streams_options){.batch = 3, .steps = 3000, .next = "y", .allocator = a});
    rn_batch batch;
    const rn_status status = rn_batches_next(b, &batch);

    if (b && status) cr_assert_eq(status, RN_NO_MEMORY);
    if (status) cr_assert(strstr(rn_batches_error(b), "out of memory"));
    rn_batches_free(b);
    return status == RN_OK;
}

Test(streams, every_allocation_may_fail)
{
    texts = rn_test_texts_of(5, 90);
    texts.field_count = 2;
    source = rn_test_source(&texts);
    rn_test_each_failure(work);
}
