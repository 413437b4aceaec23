/* SPDX-License-Identifier: MIT */
/* Matrices in every layout, products in every form, and the sum that gemm.h promises. */
#ifndef RN_TESTS_GEMM_TEST_H
#define RN_TESTS_GEMM_TEST_H

#include "kernel/gemm.h"
#include "kernel_test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if RN_REAL == 32
#define EPSILON FLT_EPSILON
#define FMA     __builtin_fmaf
#else
#define EPSILON DBL_EPSILON
#define FMA     __builtin_fma
#endif

enum { KC = 256, LONG = 16 * KC }; /* RN__GEMM_KC, RN__GEMM_LONG: with others, other bits */

static uint64_t state = 1;

static int64_t draw(int64_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((state >> 33) % (uint64_t)n);
}

static real draw_real(void)
{
    return (real)draw(1 << 24) / (real)(1 << 23) - 1;
}

static real draw_small(void)
{
    return (real)(draw(17) - 8);
}

/* ---- matrices ---- */

typedef enum layout {
    ROWS,
    PADDED_ROWS,
    COLUMNS,
    PADDED_COLUMNS,
    SPREAD,
    BACKWARDS,
    TURNED_BACKWARDS,
    ONE_ROW,
    ONE_COLUMN,
    ONE_ELEMENT,
    LAYOUTS,
    DISTINCT = ONE_ROW
} layout;

/* A matrix in the middle of storage that is exactly as large as its layout needs. */
typedef struct matrix {
    rn__matrix at;
    real *storage;
    int64_t elements;
} matrix;

static matrix new_matrix(layout l, int64_t m, int64_t n)
{
    const int64_t strides[LAYOUTS][2] = {{n, 1},         {n + 3, 1}, {1, m},   {1, m + 5},
                                         {2 * n + 1, 2}, {-n, -1},   {-1, -m}, {0, 1},
                                         {1, 0},         {0, 0}};
    int64_t row = strides[l][0], column = strides[l][1];
    int64_t high = m > 0 ? (m - 1) * row : 0, wide = n > 0 ? (n - 1) * column : 0;
    int64_t first = (high < 0 ? -high : 0) + (wide < 0 ? -wide : 0);
    matrix x = {.elements = llabs(high) + llabs(wide) + 1};

    x.storage = (real *)malloc((size_t)x.elements * sizeof(real));
    cr_assert(x.storage);
    x.at = (rn__matrix){x.storage + first, row, column};
    return x;
}

static matrix filled(layout l, int64_t m, int64_t n, real (*value)(void))
{
    matrix x = new_matrix(l, m, n);

    for (int64_t i = 0; i < x.elements; i++) x.storage[i] = value();
    return x;
}

static real *element_of(const matrix *x, int64_t i, int64_t j)
{
    return (real *)x->at.data + i * x->at.row + j * x->at.column;
}

/* ---- products ---- */

typedef enum form { PLAIN = 0, ADDED = 1, PACKED = 2, FORMS = 4 } form; /* and both */

/* Memory with a guard behind it. */
typedef struct block {
    unsigned char *at;
    size_t bytes;
} block;

enum { GUARD = 128 };

static block new_block(size_t bytes)
{
    block b = {.bytes = bytes};

    b.at = (unsigned char *)aligned_alloc(64, (bytes + GUARD + 63) / 64 * 64);
    cr_assert(b.at);
    memset(b.at, 0xFF, bytes + GUARD); /* NaN for whoever reads it */
    return b;
}

static void free_block(block b)
{
    for (int i = 0; i < GUARD; i++) cr_assert(b.at[b.bytes + (size_t)i] == 0xFF);
    free(b.at);
}

/* A matrix at which nobody may look. */
static rn__matrix no_matrix(void)
{
    return (rn__matrix){NULL, 0, 0};
}

static void multiply_as(form f, int64_t m, int64_t n, int64_t k, const matrix *a,
                        const matrix *b, const matrix *c)
{
    const size_t bytes = f & PACKED ? R(rn__gemm_packed)(n, k) : 0;
    rn__product g = {.m = m, .n = n, .k = k, .a = a->at, .b = b->at, .c = c->at};
    block scratch = new_block(R(rn__gemm_scratch)(&g)), packed = new_block(bytes);

    if (f & ADDED) g.add = c->at;
    real *elsewhere = NULL; /* in every second product: what is added */
    if (f & ADDED && (m + n) % 2) {
        const size_t size = (size_t)c->elements * sizeof(real);
        elsewhere = (real *)malloc(size);
        cr_assert(elsewhere);
        memcpy(elsewhere, c->storage, size);
        g.add.data = elsewhere + ((real *)c->at.data - c->storage);
        for (int64_t i = 0; i < m * n; i++) *element_of(c, i / n, i % n) = (real)NAN;
    }
    g.scratch = scratch.at;
    if (bytes) {
        R(rn__gemm_pack)(n, k, b->at, packed.at);
        g.packed = packed.at;
        g.b = no_matrix();
    }
    R(rn__gemm)(&g);
    free(elsewhere);
    free_block(scratch);
    free_block(packed);
}

static void multiply(int64_t m, int64_t n, int64_t k, const matrix *a, const matrix *b,
                     const matrix *c)
{
    multiply_as(PLAIN, m, n, k, a, b, c);
}

/* ---- references ---- */

/* The order of gemm.h from term `from` on, with FMA where the variant has it. */
static real promised_from(const matrix *a, const matrix *b, int64_t i, int64_t j,
                          int64_t from, int64_t k)
{
    real sum = 0;

    if (k - from > LONG) {
        int64_t half = LONG;
        while (from + 2 * half < k) half *= 2;
        const real first = promised_from(a, b, i, j, from, from + half);
        return first + promised_from(a, b, i, j, from + half, k);
    }
    for (int64_t first = from; first < k; first += KC) {
        real part = 0;

        for (int64_t p = first; p < k && p < first + KC; p++) {
            real x = *element_of(a, i, p), y = *element_of(b, p, j);
#if defined(RN_ISA_BASELINE) && !RN_FMA
            part = part + x * y;
#else
            part = FMA(x, y, part);
#endif
        }
        sum = first > from ? sum + part : part;
    }
    return sum;
}

static real promised(const matrix *a, const matrix *b, int64_t i, int64_t j, int64_t k)
{
    return promised_from(a, b, i, j, 0, k);
}

static bool same(real x, real y)
{
    return !memcmp(&x, &y, sizeof x);
}

#endif
