/* SPDX-License-Identifier: MIT */
/*
 * The matrix product  C = A B,  A [m,k], B [k,n], C [m,n], in every variant of a real type.
 *
 * Each element of C is a sum over blocks of RN__GEMM_KC terms, each block summed in order
 * of k from zero, the blocks added in order. More than RN__GEMM_LONG terms are split in two
 * sums, recursively; the first has RN__GEMM_LONG times a power of two terms. That order
 * depends on k alone, not on m, n, strides, the code path or threads. So a row of A gives
 * the same bits in any batch.
 *
 * B may be packed before. Packed B, in memory aligned to 64 bytes: a cache line whose first
 * eight bytes are n, then strips of columns, each for all k, the last one padded with
 * zeros. A strip has a number of columns that divides RN__GEMM_COLUMNS, so columns from a
 * multiple of that on are at the same place whatever n is.
 */
#ifndef RN_KERNEL_GEMM_H
#define RN_KERNEL_GEMM_H

#include "kernel/variant.h"

enum { RN__GEMM_COLUMNS = 64 };

/* A two-dimensional operand: element (i, j) is data[i * row + j * column]. Strides are in
 * elements and may be zero or negative. */
typedef struct rn__matrix {
    void *data;
    int64_t row, column;
} rn__matrix;

/* One product. */
typedef struct rn__product {
    int64_t m, n, k;
    rn__matrix a, b, c;
    const void *packed; /* B packed before, then b is not used; else NULL */
    int64_t first;      /* of packed B with more than n columns: the first that is used, a
                           multiple of RN__GEMM_COLUMNS; not used if it has n */
    rn__matrix add;     /* is added, with the bits of a product written elsewhere and then
                           added: C itself, or what does not overlap it, with column stride
                           1 if C has that. data NULL: nothing */
    void *scratch;      /* 64-byte aligned */
} rn__product;

/* Bytes of scratch for a product of these sizes and strides, packed and added or not. No
 * data is read. With fewer rows or columns it needs no more. */
size_t R(rn__gemm_scratch)(const rn__product *g);

/* C must not overlap A or B. k = 0 gives zeros; m = 0 or n = 0 does nothing. */
void R(rn__gemm)(const rn__product *g);

/* Bytes of packed B; 0 if a product with it would be no faster. */
size_t R(rn__gemm_packed)(int64_t n, int64_t k);

void R(rn__gemm_pack)(int64_t n, int64_t k, rn__matrix b, void *packed);

#endif
