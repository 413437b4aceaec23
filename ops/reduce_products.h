/* SPDX-License-Identifier: MIT */
/*
 * What a sum of products does with elements; reduce_products.c has the loops round it.
 *
 * The bits are those of a product of both operands, element by element, and its sum in the
 * order of reduce_kernel.h.
 */
#ifndef RN_OPS_REDUCE_PRODUCTS_H
#define RN_OPS_REDUCE_PRODUCTS_H

#include "kernel/simd.h"
#include "ops/reduce_kernel.h"

enum { PRODUCT_LANES = RN__REDUCE_LANES, LAST = 16, AT_ONCE = 16 };

#if RN_REAL == 32

/* n is a constant. */
RN_INLINE void add_products(real *restrict a, const real *x, const real *y, int64_t n)
{
    WHOLE_VECTORS for (int64_t i = 0; i < n; i++) a[i] += x[i] * y[i];
}

/* The rest of a row: less than one term a lane. */
RN_INLINE void add_rest(const real *x, const real *y, int64_t n, real *restrict lane)
{
    enum { PART = 8 };
    int64_t i = 0;

    for (; i + PART <= n; i += PART) add_products(lane + i, x + i, y + i, PART);
    RN_LEFT(j, i, n, lane[j] += x[j] * y[j])
}

/* The first 16 lanes, to which the others have been added. */
RN_INLINE void row_lanes(const real *x, const real *y, int64_t n, real *restrict last)
{
    const int64_t whole = n & -PRODUCT_LANES;
    real lane[PRODUCT_LANES];

    for (int j = 0; j < LAST; j += LANES) {
        const real *p = x + j, *q = y + j;
        vec a = {0}, b = a, c = a, d = a;
        for (int64_t i = 0; i < whole; i += PRODUCT_LANES) {
            a += load(p + i) * load(q + i);
            b += load(p + i + 16) * load(q + i + 16);
            c += load(p + i + 32) * load(q + i + 32);
            d += load(p + i + 48) * load(q + i + 48);
        }
        if (whole == n) {
            store(last + j, (a + c) + (b + d));
        } else {
            store(lane + j, a), store(lane + j + 16, b);
            store(lane + j + 32, c), store(lane + j + 48, d);
        }
    }
    if (whole == n) return;
    add_rest(x + whole, y + whole, n - whole, lane);
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

#endif

/* The members of rn__products. */

#if RN_REAL == 32
static void products_rows(int64_t rows, const void *a, int64_t by_a, const void *b,
                          int64_t by_b, int64_t n, void *out)
{
    const real *x = (const real *)a, *y = (const real *)b;
    real last[AT_ONCE * LAST] = {0}, some[AT_ONCE], *z = (real *)out;

    for (int64_t left = rows; left > 0; left -= AT_ONCE) {
        const int64_t count = left < AT_ONCE ? left : AT_ONCE;
        for (int64_t i = 0; i < count; i++, x += by_a, y += by_b)
            row_lanes(x, y, n, last + i * LAST);
        combine_last(last, some);
        RN_LEFT(i, 0, count, *z++ = some[i])
    }
}

/* Fetches results of the next terms, which may come from memory: they are too far apart for
 * the processor to see that it is their turn. */
RN_INLINE void fetch(const real *x, int64_t ahead)
{
    enum { LINE = 64 };
    const uintptr_t next = (uintptr_t)x + (uintptr_t)(ahead * (int64_t)sizeof *x);

    UNROLL for (int i = 0; i < RN__REDUCE_WIDE; i += LINE)
        __builtin_prefetch((const void *)(next + (uintptr_t)i), 0, 2);
}

/* y is the same for all columns, if `repeated`. There is one term a lane. A
 * lane begins with 0, which only makes a sum of zeros positive; so it is added last. */
static void products_wide(const void *x, const int64_t *at_x, const void *y,
                          const int64_t *at_y, int64_t n, bool repeated, void *out)
{
    enum { WIDE = REDUCE_WIDE };
    const int64_t q = n / 4;
    real lane[PRODUCT_LANES / 4 * WIDE];

    for (int64_t i = 0; i < q; i++) {
        const real *a[4], *b[4];
        vec v[4];
        UNROLL for (int k = 0; k < 4; k++)
        {
            a[k] = (const real *)x + at_x[i + k * q];
            b[k] = (const real *)y + at_y[i + k * q];
            v[k] = broadcast(*b[k]);
            fetch(a[k], at_x[n]);
        }
        for (int j = 0; j < WIDE; j += LANES) {
            RN_UNKNOWN(repeated); /* else there are two loops */
            UNROLL for (int k = 0; k < 4; k++)
            {
                if (!repeated) v[k] = load(b[k] + j);
            }
            store(lane + i * WIDE + j,
                  0 + ((load(a[0] + j) * v[0] + load(a[2] + j) * v[2]) +
                       (load(a[1] + j) * v[1] + load(a[3] + j) * v[3])));
        }
    }
    for (int64_t half = n / 8; half > 0; half /= 2)
        for (int64_t i = 0; i < half; i++)
            combine_totals(lane + i * WIDE, lane + (i + half) * WIDE, WIDE);
    memcpy(out, lane, WIDE * sizeof *lane);
}

#else /* less code */

static void products_rows(int64_t rows, const void *a, int64_t by_a, const void *b,
                          int64_t by_b, int64_t n, void *out)
{
    const real *x = (const real *)a, *y = (const real *)b;
    real product[RN__REDUCE_BLOCK], *z = (real *)out;

    for (; rows > 0; rows--, x += by_a, y += by_b, z++) {
        RN_EACH(i, n) product[i] = x[i] * y[i];
        reduce_block(product, n, z);
    }
}

static void products_wide(const void *x, const int64_t *at_x, const void *y,
                          const int64_t *at_y, int64_t n, bool repeated, void *out)
{
    real product[RN__REDUCE_LANES * REDUCE_WIDE];
    int64_t at[RN__REDUCE_LANES];

    for (int64_t i = 0; i < n; i++) {
        const real *a = (const real *)x + at_x[i], *b = (const real *)y + at_y[i];
        at[i] = i * REDUCE_WIDE;
        for (int64_t j = 0; j < REDUCE_WIDE; j++)
            product[at[i] + j] = a[j] * b[repeated ? 0 : j];
    }
    reduce_wide(product, at, n, out);
}
#endif

static inline void reduce_products(const rn_call *call)
{
    const rn__products with = {products_rows, products_wide, reduce_block,
                               reduce_totals, REDUCE_WIDE,   sizeof(real)};

    rn__reduce_products(call, &with);
}

#endif
