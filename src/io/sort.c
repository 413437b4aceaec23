/* SPDX-License-Identifier: MIT */
/* Heap sort (Williams 1964). qsort may be quadratic, and may ask malloc for memory. */
#include "sort.h"

static void swap(const void **a, const void **b)
{
    const void *kept = *a;

    *a = *b;
    *b = kept;
}

/* Lets item i sink until neither child is larger. */
static void sink(const void **item, size_t i, size_t count, rn__compare compare)
{
    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= count) return;
        if (child + 1 < count && compare(item[child], item[child + 1]) < 0) child++;
        if (compare(item[i], item[child]) >= 0) return;
        swap(&item[i], &item[child]);
        i = child;
    }
}

void rn__sort(const void **item, size_t count, rn__compare compare)
{
    for (size_t i = count / 2; i-- > 0;) sink(item, i, count, compare);
    for (size_t end = count; end-- > 1;) {
        swap(&item[0], &item[end]);
        sink(item, 0, end, compare);
    }
}
