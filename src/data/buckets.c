/* SPDX-License-Identifier: MIT */
/*
 * Sizes of buckets with least padding, by dynamic programming over the candidates c_1 < c_2
 * < ..: n_j is the number of lengths up to c_j.
 *
 *   cost(k, j) = least sum of padded lengths of those up to c_j, with k sizes, the last c_j
 *              = min over i < j of cost(k - 1, i) + c_j (n_j - n_i)
 *
 * Padded lengths minus lengths is padding, so both are least together. Of sizes that cost
 * the same, the smaller ones are taken.
 */
#include <stdlib.h>
#include <string.h>

#include "data/batches.h"

enum { CANDIDATES = RN__BUCKETS };

typedef struct candidate {
    int64_t size, count; /* c_j, n_j */
    double cost, before; /* cost(k, j), cost(k - 1, j) */
} candidate;

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* Sorts lengths: by counting them, if few are possible. */
static bool sort(rn_allocator a, int64_t *lengths, int64_t count)
{
    int64_t longest = 0, n = 0;

    for (int64_t i = 0; i < count; i++)
        if (lengths[i] > longest) longest = lengths[i];
    if (longest > count) {
        qsort(lengths, (size_t)count, sizeof *lengths, ascending);
        return true;
    }
    int64_t *times = (int64_t *)rn__new(a, ((size_t)longest + 1) * sizeof *times);
    if (!times) return false;
    for (int64_t i = 0; i < count; i++) times[lengths[i]]++;
    for (int64_t length = 0; length <= longest; length++)
        while (times[length]-- > 0) lengths[n++] = length;
    rn__free(a, times);
    return true;
}

/* All different lengths, or quantiles. Entry 0 stands for no lengths. Returns their number.
 */
static int find_candidates(const int64_t *sorted, int64_t count, candidate *c)
{
    int64_t different = 1;
    int n = 0;

    for (int64_t i = 1; i < count; i++) different += sorted[i] != sorted[i - 1];
    const int64_t every =
        different <= CANDIDATES ? 1 : (count + CANDIDATES - 1) / CANDIDATES;

    c[0] = (candidate){.size = -1};
    for (int64_t i = every - 1; i < count + every - 1; i += every) {
        const int64_t size = sorted[i < count ? i : count - 1];
        if (size != c[n].size) c[++n] = (candidate){.size = size};
        while (c[n].count < count && sorted[c[n].count] <= size) c[n].count++;
    }
    return n;
}

/* from[k * (n + 1) + j]: the i of cost(k + 1, j). */
static void minimise(candidate *c, int n, int buckets, int16_t *from)
{
    for (int j = 1; j <= n; j++) c[j].cost = (double)c[j].size * (double)c[j].count;
    for (int k = 1; k < buckets; k++) {
        for (int j = 0; j <= n; j++) c[j].before = c[j].cost;
        for (int j = 1; j <= n; j++)
            for (int i = 1; i < j; i++) {
                const double cost =
                    c[i].before + (double)c[j].size * (double)(c[j].count - c[i].count);
                if (cost >= c[j].cost) continue;
                c[j].cost = cost;
                from[k * (n + 1) + j] = (int16_t)i;
            }
    }
}

static int choose(const int64_t *sorted, int64_t count, int buckets, int64_t *sizes,
                  candidate *c, int16_t *from)
{
    const int n = find_candidates(sorted, count, c);
    int found = 0;

    if (buckets > n) buckets = n;
    minimise(c, n, buckets, from);
    /* Backwards; where one size less is as good, from is 0 for this k. */
    for (int k = buckets - 1, j = n; j > 0; k--) {
        const int i = k > 0 ? from[k * (n + 1) + j] : 0;
        if (k > 0 && i == 0) continue;
        sizes[found++] = c[j].size;
        j = i;
    }
    for (int a = 0, z = found - 1; a < z; a++, z--) {
        const int64_t other = sizes[a];
        sizes[a] = sizes[z];
        sizes[z] = other;
    }
    return found;
}

int rn__bucket_sizes(rn_allocator a, int64_t *lengths, int64_t count, int buckets,
                     int64_t *sizes)
{
    const size_t all = (CANDIDATES + 1) * sizeof(candidate);
    const size_t ways = (size_t)buckets * (CANDIDATES + 1) * sizeof(int16_t);
    candidate *c = sort(a, lengths, count) ? (candidate *)rn__new(a, all + ways) : NULL;

    if (!c) return 0;
    const int found =
        choose(lengths, count, buckets, sizes, c, (int16_t *)(void *)(c + CANDIDATES + 1));
    rn__free(a, c);
    return found;
}

int rn_bucket_sizes(const int64_t *lengths, int64_t count, int buckets, int64_t *sizes)
{
    const rn_allocator a = {NULL, NULL};
    size_t bytes;

    if (!lengths || !sizes || count <= 0 || buckets <= 0 ||
        !rn__multiply((size_t)count, sizeof *lengths, &bytes))
        return 0;
    for (int64_t i = 0; i < count; i++)
        if (lengths[i] < 0) return 0;

    if (buckets > RN__BUCKETS) buckets = RN__BUCKETS;

    int64_t *copy = (int64_t *)rn__allocate(a, bytes);
    if (!copy) return 0;
    memcpy(copy, lengths, bytes);
    const int found = rn__bucket_sizes(a, copy, count, buckets, sizes);
    rn__free(a, copy);
    return found;
}
