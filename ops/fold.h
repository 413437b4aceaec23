/* SPDX-License-Identifier: MIT */
/* What windows and fold share. */
#ifndef RN_OPS_FOLD_H
#define RN_OPS_FOLD_H

#include "ops/along.h"
#include "rondo/conv.h"

typedef struct rn__fold_attributes {
    int64_t axis;
    int64_t size; /* of a window, for windows; of the axis, for fold */
    int64_t stride, dilation;
} rn__fold_attributes;

/* How many windows of `size` elements an axis of n has. */
int64_t rn__window_count(int64_t n, int64_t size, const rn__fold_attributes *a);

#endif
