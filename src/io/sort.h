/* SPDX-License-Identifier: MIT */
/* Sorting pointers: n log n comparisons whatever the order is, and n - 1 where they are
 * sorted already. */
#ifndef RN_IO_SORT_H
#define RN_IO_SORT_H

#include <stddef.h>

/* Below 0, 0 or above 0, as for qsort. */
typedef int (*rn__compare)(const void *a, const void *b);

/* `room` is for as many pointers again. Equal items keep their order. */
void rn__sort(const void **item, const void **room, size_t count, rn__compare compare);

#endif
