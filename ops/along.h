/* SPDX-License-Identifier: MIT */
/* What operators that work along one axis share. Their attributes begin with the axis. */
#ifndef RN_OPS_ALONG_H
#define RN_OPS_ALONG_H

#include "ops/op.h"

/* ---- cumulative sums ---- */

typedef struct rn__cumsum_attributes {
    int64_t axis, exclusive, reverse;
} rn__cumsum_attributes;

/* The kernel of all types (cumsum_run.c). */
bool rn__cumsum(const rn_call *call);

#endif
