/* SPDX-License-Identifier: MIT */
/*
 * Bottom-up merge sort. qsort may be quadratic and may call malloc; a heap sort has poor
 * locality, which is slow for a million items.
 */
#include "base/sort.h"

#include <string.h>

/* Merges the sorted from[0 .. left) and from[left .. count) into `to`. */
static void merge(const void **from, size_t left, size_t count, const void **to,
                  rn__compare compare)
{
    size_t i = 0, j = left, k = 0;

    if (left == count || compare(from[left - 1], from[left]) <= 0) {
        memcpy(to, from, count * sizeof *to);
        return;
    }
    while (i < left && j < count)
        to[k++] = compare(from[i], from[j]) <= 0 ? from[i++] : from[j++];
    memcpy(to + k, from + i, (left - i) * sizeof *to);
    memcpy(to + k + left - i, from + j, (count - j) * sizeof *to);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void rn__sort(const void **item, const void **room, size_t count, rn__compare compare)
{
    const void **from = item, **to = room;
    size_t sorted = 1;

    while (sorted < count && compare(item[sorted - 1], item[sorted]) <= 0) sorted++;
    if (sorted >= count) return;

    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width)
            merge(from + at, least(width, count - at), least(2 * width, count - at),
                  to + at, compare);
        const void **kept = from;
        from = to;
        to = kept;
    }
    if (from != item) memcpy(item, from, count * sizeof *item);
}
