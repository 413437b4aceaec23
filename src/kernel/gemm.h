/* SPDX-License-Identifier: MIT */
/*
 * The matrix product  C = A B,  A [m,k], B [k,n], C [m,n], in every variant of a real type.
 *
 * Each element of C is a sum over blocks of RN__GEMM_KC terms, each block summed in order
 * of k from zero, the blocks added in order. More than RN__GEMM_LONG terms are split in two
 * sums, recursively; the first has RN__GEMM_LONG times a power of two terms. That order
 * depends on k alone, not on m, n, strides, the code path or threads. So a row of A gives
 * the same bits in any batch.
 */
#ifndef RN_KERNEL_GEMM_H
#define RN_KERNEL_GEMM_H

#include "kernel/variant.h"

/* A two-dimensional operand: element (i, j) is data[i * row + j * column]. Strides are in
 * elements and may be zero or negative. */
typedef struct rn__matrix {
    void *data;
    int64_t row, column;
} rn__matrix;

/* Bytes of scratch, 64-byte aligned, for a product of these sizes. */
size_t R(rn__gemm_scratch)(int64_t m, int64_t n, int64_t k);

/* Overwrites C. C must not overlap A or B. k = 0 gives zeros; m = 0 or n = 0 does
 * nothing. */
void R(rn__gemm)(int64_t m, int64_t n, int64_t k, rn__matrix a, rn__matrix b, rn__matrix c,
                 void *scratch);

#endif
