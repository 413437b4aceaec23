/* SPDX-License-Identifier: MIT */
/*
 * Batches of whole sequences.
 *
 * Each bucket has a range of the order, in which its sequences are shuffled; its batches
 * are numbered on from those of the bucket before. With several buckets the batches are
 * shuffled too.
 */
#include <string.h>

#include "data/batches.h"
#include "data/shuffle.h"

static int64_t length_of(const rn_batches *b, int64_t i)
{
    const int64_t n = rn__source_length(&b->source, i);

    return b->options.longest && n > b->options.longest ? b->options.longest : n;
}

/* The bucket of a length: the first whose size it fits, or the last. Lengths come in any
 * order, so a branch would be predicted badly. */
static int bucket_of(const rn_batches *b, int64_t length)
{
    int low = 0;

    for (int n = b->size_count, half; n > 1; n -= half) {
        half = n / 2;
        low += b->size[low + half - 1] < length ? half : 0;
    }
    return low;
}

/* ---- batches ---- */

static void order(rn_batches *b)
{
    const rn_batches_options *o = &b->options;

    memcpy(b->next, b->first, (size_t)b->size_count * sizeof *b->next);
    for (int64_t i = 0; i < b->source.count; i++) {
        const int k = bucket_of(b, length_of(b, i));
        if (b->next[k] < b->first[k + 1]) b->sequence[b->next[k]++] = (int32_t)i;
    }
    if (b->batch)
        for (int64_t i = 0; i < b->count; i++) b->batch[i] = (int32_t)i;
    if (!o->shuffle) return;
    for (int k = 0; k < b->size_count; k++)
        rn__shuffle(b->sequence + b->first[k], b->first[k + 1] - b->first[k], o->seed,
                    b->epoch, (uint32_t)k);
    if (b->batch) rn__shuffle(b->batch, b->count, o->seed, b->epoch, RN__PART_BATCHES);
}

static void begin(rn_batches *b, rn_batch *batch)
{
    const rn_batches_options *o = &b->options;
    const int64_t number = b->batch ? b->batch[b->index] : b->index;
    int k = 0;

    while (number >= b->batches[k + 1]) k++;
    const int64_t at = b->first[k] + (number - b->batches[k]) * o->batch;
    const int64_t left = b->first[k + 1] - at;

    batch->steps = b->size[k];
    batch->real = left < o->batch ? left : o->batch;
    batch->sequences = o->last == RN_LAST_KEEP ? batch->real : o->batch;
    for (int64_t r = 0; r < batch->sequences; r++) {
        const int64_t i = r < batch->real ? b->sequence[at + r] : -1;
        const int64_t length = i < 0 ? 0 : length_of(b, i);

        b->which[r] = i;
        b->lengths[r] = (int32_t)(length < batch->steps ? length : batch->steps);
        b->weights[r] = i < 0 ? 0 : o->weights ? o->weights[i] : 1;
    }
}

static bool row(rn_batches *b, const rn_batch *batch, int field, int64_t r, char *to,
                char *next)
{
    const rn_field *f = &b->fields[field];
    const size_t bytes = rn__field_bytes(f);
    const int64_t length = b->lengths[r], rest = batch->steps - length;
    (void)next;
    char *at = to + (b->options.pad_left ? (size_t)rest * bytes : 0);

    if (length && !rn__batches_read(b, b->which[r], field, 0, length, at)) return false;
    rn__batches_pad(f, b->options.pad_left ? to : at + (size_t)length * bytes, rest);
    return true;
}

static const rn__batching sequences = {"batches", order, begin, row};

/* ---- making them ---- */

/* All lengths, checked, to `length` if it is not NULL; -1 with an error, or the longest. */
static int64_t measure(rn_batches *b, int64_t *length)
{
    int64_t longest = 0;

    for (int64_t i = 0; i < b->source.count; i++) {
        const int64_t n = length_of(b, i);
        if (n < 0 || n > INT32_MAX) {
            rn__state_refuse(&b->state, "sequence %lld has length %lld", (long long)i,
                             (long long)n);
            return -1;
        }
        if (n > longest) longest = n;
        if (length) length[i] = n;
    }
    return longest;
}

/* Finds `most` sizes, or fewer. */
static int64_t find_sizes(rn_batches *b, int most)
{
    const rn_allocator a = b->state.arena.allocator;
    const int64_t n = b->source.count;
    int64_t *length = (int64_t *)rn__allocate(a, (size_t)n * sizeof *length), longest = -1;

    b->size_count = 0;
    if (length) longest = measure(b, length);
    if (longest >= 0 && n) b->size_count = rn__bucket_sizes(a, length, n, most, b->size);
    if (longest >= 0 && b->size_count == 0) b->size_count = n == 0;
    if (b->size_count == 0) rn__state_no_memory(&b->state);
    rn__free(a, length);
    return longest;
}

/* The sizes T: given or found. */
static bool choose_sizes(rn_batches *b)
{
    const rn_batches_options *o = &b->options;
    int most = o->buckets ? o->buckets : 1;
    int64_t longest;

    if (!o->sizes && most > RN__BUCKETS) most = RN__BUCKETS;

    b->size = (int64_t *)rn__state_add(&b->state, most, sizeof *b->size);
    if (!b->size) return false;
    b->size_count = most;
    if (!o->sizes && most > 1) {
        longest = find_sizes(b, most);
    } else {
        longest = measure(b, NULL);
        for (int k = 0; k < most; k++) b->size[k] = o->sizes ? o->sizes[k] : longest;
    }
    if (b->state.failed) return false;
    for (int k = 0; k < b->size_count; k++)
        if (b->size[k] < (k ? b->size[k - 1] + 1 : 0))
            return rn__state_refuse(&b->state, "sizes do not increase: size %d is %lld", k,
                                    (long long)b->size[k]);
    if (b->size[b->size_count - 1] < longest)
        return rn__state_refuse(&b->state,
                                "a sequence of %lld steps does not fit the largest size, "
                                "%lld",
                                (long long)longest, (long long)b->size[b->size_count - 1]);
    return true;
}

/* Where buckets begin, and how many batches each has. */
static bool count_batches(rn_batches *b)
{
    const rn_batches_options *o = &b->options;

    b->first = (int64_t *)rn__state_add(&b->state, b->size_count + 1, sizeof *b->first);
    b->next = (int64_t *)rn__state_add(&b->state, b->size_count + 1, sizeof *b->next);
    b->batches = (int64_t *)rn__state_add(&b->state, b->size_count + 1, sizeof *b->batches);
    b->sequence = (int32_t *)rn__state_add(&b->state, b->source.count, sizeof *b->sequence);
    b->which = (int64_t *)rn__state_add(&b->state, o->batch, sizeof *b->which);
    if (b->state.failed) return false;
    for (int64_t i = 0; i < b->source.count; i++) {
        const int64_t n = length_of(b, i);
        b->first[bucket_of(b, n) + 1]++;
        rn__batches_sign(b, (uint64_t)n);
    }
    for (int k = 0; k < b->size_count; k++) {
        const int64_t n = b->first[k + 1], whole = n / o->batch;

        b->first[k + 1] += b->first[k];
        b->batches[k + 1] =
            b->batches[k] + whole + (o->last != RN_LAST_DROP && n % o->batch);
        rn__batches_sign(b, (uint64_t)b->size[k]);
    }
    b->count = b->batches[b->size_count];
    if (!o->shuffle || b->size_count < 2) return true;
    b->batch = (int32_t *)rn__state_add(&b->state, b->count, sizeof *b->batch);
    return b->batch != NULL;
}

rn_batches *rn_batches_new(const rn_source *source, rn_batches_options options)
{
    rn_batches *b = rn__batches_empty(&sequences, source, options.allocator);
    rn_batches_options *o = &options;

    if (!b || b->state.failed) return b;
    if (o->batch == 0) o->batch = 32;
    if (o->batch < 0 || o->longest < 0 || o->buckets < 0 || (int)o->last < 0 ||
        o->last > RN_LAST_DROP) {
        rn__state_refuse(&b->state,
                         "options out of range: batch %lld, longest %lld, "
                         "buckets %d, last %d",
                         (long long)o->batch, (long long)o->longest, o->buckets,
                         (int)o->last);
        return b;
    }
    b->options = *o;
    const uint64_t decides[] = {(uint64_t)o->batch, o->seed, o->shuffle, (uint64_t)o->last};
    for (int i = 0; i < 4; i++) rn__batches_sign(b, decides[i]);
    if (choose_sizes(b) && count_batches(b))
        rn__batches_arrays(b, b->size[b->size_count - 1]);
    return b;
}
