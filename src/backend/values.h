/* SPDX-License-Identifier: MIT */
/* Searching values for what is not finite. Integer instructions only, so that a search
 * raises no floating-point flag. */
#ifndef RN_BACKEND_VALUES_H
#define RN_BACKEND_VALUES_H

#include "kernel/ieee.h"
#include "rondo/op.h"

/* Whether all elements of a real array are finite; of other types, true. */
bool rn__values_finite(const rn_array *array);

/* The first element, in order, that is not finite, or that is a NaN; -1: none. */
int64_t rn__values_first(const rn_array *array, bool nan);

/* The first element that is not finite, or the largest without its sign; -1: none at
 * all. */
int64_t rn__values_largest(const rn_array *array);

/* Element i in order; element `index` in memory, counted from `data`. */
double rn__values_at(const rn_array *array, int64_t i);
double rn__values_read(rn_type type, const void *data, int64_t index);

#endif
