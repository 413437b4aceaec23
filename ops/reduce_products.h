/* SPDX-License-Identifier: MIT */
/*
 * What a sum of products does with elements; reduce_products.c has the loops round it.
 *
 * The bits are those of a product of both operands, element by element, and its sum in the
 * order of reduce_kernel.h.
 */
#ifndef RN_OPS_REDUCE_PRODUCTS_H
#define RN_OPS_REDUCE_PRODUCTS_H

#include "ops/reduce_kernel.h"

enum { PRODUCT_LANES = RN__REDUCE_LANES, LAST = 16, AT_ONCE = 16 };

/* n is a constant. */
RN_INLINE void add_products(real *restrict a, const real *x, const real *y, int64_t n)
{
    WHOLE_VECTORS for (int64_t i = 0; i < n; i++) a[i] += x[i] * y[i];
}

/* The first 16 lanes, to which the others have been added. */
RN_INLINE void row_lanes(const real *x, const real *y, int64_t n, real *restrict last)
{
    enum { PART = 8, LANES_AT_ONCE = VECTOR_BYTES / (int)sizeof(real) };
    real lane[PRODUCT_LANES];
    int64_t i = 0;

    for (int j = 0; j < PRODUCT_LANES; j++) lane[j] = 0;
    for (; n >= PRODUCT_LANES; n -= PRODUCT_LANES, x += PRODUCT_LANES, y += PRODUCT_LANES)
#pragma GCC unroll 4
        for (int j = 0; j < PRODUCT_LANES; j += LANES_AT_ONCE)
            add_products(lane + j, x + j, y + j, LANES_AT_ONCE);
    for (; i + PART <= n; i += PART) add_products(lane + i, x + i, y + i, PART);
    RN_LEFT(j, i, n, lane[j] += x[j] * y[j])
    WHOLE_VECTORS for (int j = 0; j < LAST; j++) last[j] =
        (lane[j] + lane[j + 32]) + (lane[j + 16] + lane[j + 48]);
}

/* The totals of rows of 16 lanes. */
RN_INLINE void combine_last(const real *restrict last, real *restrict y)
{
    real half[AT_ONCE * LAST / 2], part[AT_ONCE * LAST / 4];

    for (int i = 0; i < AT_ONCE; i++)
        WHOLE_VECTORS for (int j = 0; j < 8; j++) half[8 * i + j] =
            last[16 * i + j] + last[16 * i + j + 8];
    for (int i = 0; i < AT_ONCE; i++)
        WHOLE_VECTORS for (int j = 0; j < 4; j++) part[4 * i + j] =
            half[8 * i + j] + half[8 * i + j + 4];
    for (int i = 0; i < AT_ONCE; i++)
        y[i] = (part[4 * i] + part[4 * i + 2]) + (part[4 * i + 1] + part[4 * i + 3]);
}

/* The members of rn__products. */

static void products_rows(int64_t rows, const void *a, int64_t by_a, const void *b,
                          int64_t by_b, int64_t n, void *out)
{
    const real *x = (const real *)a, *y = (const real *)b;
    real last[AT_ONCE * LAST], some[AT_ONCE], *z = (real *)out;

    for (int64_t left = rows; left > 0; left -= AT_ONCE, z += AT_ONCE) {
        const int64_t count = left < AT_ONCE ? left : AT_ONCE;
        for (int64_t i = 0; i < count; i++, x += by_a, y += by_b)
            row_lanes(x, y, n, last + i * LAST);
        for (int64_t i = count * LAST; i < AT_ONCE * LAST; i++) last[i] = 0;
        combine_last(last, some);
        memcpy(z, some, (size_t)count * sizeof *z);
    }
}

/* y is the same for all columns, if `repeated`. There is one term a lane. A
 * lane begins with 0, which only makes a sum of zeros positive; so it is added last. */
RN_INLINE void products_of_lanes(const real *x, const int64_t *at_x, const real *y,
                                 const int64_t *at_y, int64_t n, bool repeated,
                                 int64_t columns, real *restrict lane)
{
    const int64_t quarter = n / 4;

    for (int64_t i = 0; i < quarter; i++) {
        const real *a = x + at_x[i], *b = x + at_x[i + quarter];
        const real *c = x + at_x[i + 2 * quarter], *d = x + at_x[i + 3 * quarter];
        const real *p = y + at_y[i], *q = y + at_y[i + quarter];
        const real *r = y + at_y[i + 2 * quarter], *s = y + at_y[i + 3 * quarter];
        const real p0 = *p, q0 = *q, r0 = *r, s0 = *s;
        if (repeated)
            WHOLE_VECTORS for (int64_t j = 0; j < columns; j++) lane[i * columns + j] =
                0 + ((a[j] * p0 + c[j] * r0) + (b[j] * q0 + d[j] * s0));
        else
            WHOLE_VECTORS for (int64_t j = 0; j < columns; j++) lane[i * columns + j] =
                0 + ((a[j] * p[j] + c[j] * r[j]) + (b[j] * q[j] + d[j] * s[j]));
    }
}

static void products_wide(const void *x, const int64_t *at_x, const void *y,
                          const int64_t *at_y, int64_t n, bool repeated, void *out)
{
    real lane[PRODUCT_LANES / 4 * REDUCE_WIDE];
    const real *a = (const real *)x, *b = (const real *)y;

    if (repeated)
        products_of_lanes(a, at_x, b, at_y, n, true, REDUCE_WIDE, lane);
    else
        products_of_lanes(a, at_x, b, at_y, n, false, REDUCE_WIDE, lane);
    for (int64_t half = n / 8; half > 0; half /= 2)
        for (int64_t i = 0; i < half; i++)
            combine_totals(lane + i * REDUCE_WIDE, lane + (i + half) * REDUCE_WIDE,
                           REDUCE_WIDE);
    memcpy(out, lane, REDUCE_WIDE * sizeof *lane);
}

/* Products of elements anywhere. */
static void products_gather(const void *x, const int64_t *at_x, const void *y,
                            const int64_t *at_y, int64_t n, void *out)
{
    real *z = (real *)out;

    for (int64_t i = 0; i < n; i++)
        z[i] = ((const real *)x)[at_x[i]] * ((const real *)y)[at_y[i]];
}

static inline void reduce_products(const rn_call *call)
{
    const rn__products with = {products_rows, products_wide, products_gather, reduce_block,
                               reduce_totals, REDUCE_WIDE,   sizeof(real)};

    rn__reduce_products(call, &with);
}

#endif
