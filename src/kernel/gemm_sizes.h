/* SPDX-License-Identifier: MIT */
/* The memory of a matrix product of RN_F32 or RN_F64, by the best variant that may run: see
 * gemm.h. */
#ifndef RN_KERNEL_GEMM_SIZES_H
#define RN_KERNEL_GEMM_SIZES_H

#include "kernel/gemm.h"
#include "rondo/types.h"

size_t rn__gemm_scratch(rn_type type, const rn__product *g);
size_t rn__gemm_packed(rn_type type, int64_t n, int64_t k);

#endif
