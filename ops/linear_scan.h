/* SPDX-License-Identifier: MIT */
/* The kernel of linear_scan.c for all types, and the scan of packed rows, for the compiler.
 */
#ifndef RN_OPS_LINEAR_SCAN_H
#define RN_OPS_LINEAR_SCAN_H

#include "ops/op.h"

/* y[i] = a[i by_a] h[i] + b[i by_b] for i < n. */
typedef void rn__scan_step(int64_t n, const void *a, int64_t by_a, const void *b,
                           int64_t by_b, const void *h, void *y);

/* The kernel, for the step of a type and an instruction set (linear_scan_run.c). */
bool rn__linear_scan(const rn_call *call, rn__scan_step *step);

/* a, b [T, B, ..], packed where their rows vary with the steps; h [B, ..] in order. States
 * [T + 1, B, ..] in slots whose rows are in order. It has no gradient. */
rn_tensor rn__linear_scan_rows(rn_tensor a, rn_tensor b, rn_tensor h, rn_tensor offsets,
                               rn_tensor ends, bool reverse);

#endif
