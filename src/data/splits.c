/* SPDX-License-Identifier: MIT */
/*
 * Splits: sequences in random order, those of a class together, are dealt like cards.
 *
 *   place p of n     fold p mod k;   held out if floor((p + 1) m / n) > floor(p m / n)
 *
 * So each run of places, such as a class, has its share to less than one.
 */
#include "rondo/splits.h"

#include <stdlib.h>

#include "base/arena.h"
#include "data/shuffle.h"
#include "kernel/ieee.h"

typedef struct card {
    int32_t class_, place, sequence;
} card;

static int compare(const void *a, const void *b)
{
    const card *x = (const card *)a, *y = (const card *)b;

    if (x->class_ != y->class_) return x->class_ < y->class_ ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* part[i] becomes the place of sequence i. */
static rn_status deal(int64_t count, uint64_t seed, const int32_t *classes, int32_t *part)
{
    const rn_allocator a = {NULL, NULL};
    size_t bytes;

    if (!part || count < 0 || count > INT32_MAX) return RN_INVALID;
    if (!rn__multiply((size_t)count, sizeof(card), &bytes)) return RN_NO_MEMORY;
    card *c = (card *)rn__allocate(a, bytes);
    if (!c) return RN_NO_MEMORY;
    for (int64_t i = 0; i < count; i++) part[i] = (int32_t)i;
    rn__shuffle(part, count, seed, 0, RN__PART_FOLDS);
    for (int64_t p = 0; p < count; p++)
        c[p] = (card){classes ? classes[part[p]] : 0, (int32_t)p, part[p]};
    if (classes) qsort(c, (size_t)count, sizeof *c, compare);
    for (int64_t p = 0; p < count; p++) part[c[p].sequence] = (int32_t)p;
    rn__free(a, c);
    return RN_OK;
}

rn_status rn_folds(int64_t count, int folds, uint64_t seed, const int32_t *classes,
                   int32_t *fold)
{
    const rn_status status = folds < 1 ? RN_INVALID : deal(count, seed, classes, fold);

    for (int64_t i = 0; status == RN_OK && i < count; i++) fold[i] %= folds;
    return status;
}

rn_status rn_split(int64_t count, double share, uint64_t seed, const int32_t *classes,
                   int32_t *part)
{
    if (!(share >= 0 && share <= 1)) return RN_INVALID;
    const rn_status status = deal(count, seed, classes, part);
    const int64_t held = (int64_t)((double)count * share + 0.5);

    for (int64_t i = 0; status == RN_OK && i < count; i++) {
        const int64_t p = part[i];
        part[i] = (p + 1) * held / count > p * held / count;
    }
    return status;
}

int64_t rn_select(const int32_t *part, int64_t count, int32_t which, bool others,
                  int64_t *index)
{
    int64_t n = 0;

    for (int64_t i = 0; part && i < count; i++) {
        if ((part[i] == which) == others) continue;
        if (index) index[n] = i;
        n++;
    }
    return n;
}

int64_t rn_hold_out(int64_t count, double share, uint64_t seed, const int32_t *classes,
                    int64_t *index)
{
    const rn_allocator a = {NULL, NULL};
    size_t bytes;

    if (!index || count < 0 || !rn__multiply((size_t)count, sizeof(int32_t), &bytes))
        return 0;
    int32_t *part = (int32_t *)rn__allocate(a, bytes);
    int64_t kept = 0;

    if (part && rn_split(count, share, seed, classes, part) == RN_OK) {
        kept = rn_select(part, count, 1, true, index);
        rn_select(part, count, 1, false, index + kept);
    }
    rn__free(a, part);
    return kept;
}

rn_status rn_class_weights(const int32_t *classes, int64_t count, int class_count,
                           double *weights)
{
    int present = 0;

    if (!classes || !weights || count < 0 || class_count < 1) return RN_INVALID;
    for (int64_t i = 0; i < count; i++)
        if (classes[i] < 0 || classes[i] >= class_count) return RN_INVALID;
    for (int c = 0; c < class_count; c++) weights[c] = 0;
    for (int64_t i = 0; i < count; i++) weights[classes[i]]++;
    for (int c = 0; c < class_count; c++) present += weights[c] > 0;
    for (int c = 0; c < class_count; c++)
        if (weights[c] > 0) weights[c] = (double)count / (present * weights[c]);
    return RN_OK;
}
