/* SPDX-License-Identifier: MIT */
/* What sin and cos share. */
#ifndef RN_OPS_SINE_H
#define RN_OPS_SINE_H

#include "ops/op.h"

#if RN_IS_REAL
/* The map of one input y = sin(x + ahead pi/2), for ahead 0 or 1. `map` is the map that
 * calls it. */
void R(rn__sines)(vm_bits ahead, rn_map map, int64_t n, const void *const *in,
                  const int64_t *step, void *out);
#endif

#endif
