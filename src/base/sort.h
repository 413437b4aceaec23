/* SPDX-License-Identifier: MIT */
/* Sorting pointers: at most n log n comparisons, and n - 1 if they are sorted already. */
#ifndef RN_BASE_SORT_H
#define RN_BASE_SORT_H

#include <stddef.h>

/* Negative, 0 or positive, as for qsort. */
typedef int (*rn__compare)(const void *a, const void *b);

/* `room` holds as many pointers again. The sort is stable. */
void rn__sort(const void **item, const void **room, size_t count, rn__compare compare);

#endif
