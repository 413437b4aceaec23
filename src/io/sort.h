/* SPDX-License-Identifier: MIT */
/* Sorting pointers: in place, n log n whatever the order is, and no memory. */
#ifndef RN_IO_SORT_H
#define RN_IO_SORT_H

#include <stddef.h>

/* Below 0, 0 or above 0, as for qsort. */
typedef int (*rn__compare)(const void *a, const void *b);

void rn__sort(const void **item, size_t count, rn__compare compare);

#endif
