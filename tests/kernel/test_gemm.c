/* SPDX-License-Identifier: MIT */
/*
 * The matrix product of one variant: against the sum that gemm.h promises, to the bit;
 * against a sum in higher precision; and on integers, where every order gives the same.
 *
 * The kernels are the library's; what is compiled here keeps to the baseline.
 */
#include "kernel/gemm.h"
#include "kernel_test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUITE_TEST(suite, name) Test(suite, name)
#define TEST(name)              SUITE_TEST(R(gemm), name)

#if RN_REAL == 32
#define EPSILON FLT_EPSILON
#define FMA     __builtin_fmaf
#else
#define EPSILON DBL_EPSILON
#define FMA     __builtin_fma
#endif

enum { KC = 256, LONG = 64 * KC }; /* RN__GEMM_KC, RN__GEMM_LONG: with others, other bits */

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

static void multiply(int64_t m, int64_t n, int64_t k, const matrix *a, const matrix *b,
                     const matrix *c)
{
    size_t bytes = (R(rn__gemm_scratch)(m, n, k) + 63) / 64 * 64;
    void *scratch = aligned_alloc(64, bytes ? bytes : 64);

    cr_assert(scratch);
    R(rn__gemm)(m, n, k, a->at, b->at, c->at, scratch);
    free(scratch);
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
    for (int64_t block = from; block < k; block += KC) {
        real part = 0;

        for (int64_t p = block; p < k && p < block + KC; p++) {
            real x = *element_of(a, i, p), y = *element_of(b, p, j);
#if defined(RN_ISA_BASELINE)
            part = part + x * y;
#else
            part = FMA(x, y, part);
#endif
        }
        sum = block > from ? sum + part : part;
    }
    return sum;
}

static real promised(const matrix *a, const matrix *b, int64_t i, int64_t j, int64_t k)
{
    return promised_from(a, b, i, j, 0, k);
}

static bool within_tolerance(const matrix *a, const matrix *b, const matrix *c, int64_t i,
                             int64_t j, int64_t k)
{
    long double sum = 0, size = 0;

    for (int64_t p = 0; p < k; p++) {
        long double term = (long double)*element_of(a, i, p) * *element_of(b, p, j);
        sum += term, size += fabsl(term);
    }
    return fabsl((long double)*element_of(c, i, j) - sum) <=
           (long double)k * (long double)EPSILON * size;
}

static bool same(real x, real y)
{
    return !memcmp(&x, &y, sizeof x);
}

/* One product: every element of C to the bit, and every byte between them as it was. */
static void check(int64_t m, int64_t n, int64_t k, layout la, layout lb, layout lc)
{
    matrix a = filled(la, m, k, draw_real), b = filled(lb, k, n, draw_real);
    matrix c = new_matrix(lc, m, n);
    real *wanted = (real *)malloc((size_t)c.elements * sizeof(real));

    cr_assert(wanted);
    for (int64_t i = 0; i < c.elements; i++) c.storage[i] = (real)NAN;
    memcpy(wanted, c.storage, (size_t)c.elements * sizeof(real));
    multiply(m, n, k, &a, &b, &c);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            wanted[element_of(&c, i, j) - c.storage] = promised(&a, &b, i, j, k);
            cr_assert(within_tolerance(&a, &b, &c, i, j, k), "[%d,%d,%d] (%d,%d)", (int)m,
                      (int)n, (int)k, (int)i, (int)j);
        }
    cr_assert(!memcmp(wanted, c.storage, (size_t)c.elements * sizeof(real)),
              "[%d,%d,%d] layouts %d %d %d", (int)m, (int)n, (int)k, la, lb, lc);
    free(a.storage), free(b.storage), free(c.storage), free(wanted);
}

/* ---- tests ---- */

/* Sums in halves: on both sides of a power of two, with a half of one term. */
TEST(long_sums)
{
    const int64_t terms[] = {LONG, LONG + 1, 2 * LONG, 2 * LONG + 1, 3 * LONG + 300, 70000};

    for (int i = 0; i < 6; i++) {
        check(2, 3, terms[i], (layout)0, (layout)1, (layout)0);
        check(3, 1, terms[i], (layout)1, (layout)0, (layout)1);
        check(1, 37, terms[i], (layout)0, (layout)0, (layout)0);
    }
}

/* A thousand blocks in a row would be off by 2^-15. */
TEST(long_sums_keep_digits)
{
    const int64_t k = 3000000;
    const rn__matrix x = {&(real){(real)0.1}, 0, 0}, y = {&(real){1}, 0, 0};
    real sum,
        *scratch = (real *)aligned_alloc(64, R(rn__gemm_scratch)(1, 1, k) / 64 * 64 + 64);

    cr_assert(scratch);
    R(rn__gemm)(1, 1, k, x, y, (rn__matrix){&sum, 1, 1}, scratch);
    const double want = (double)k * (double)(real)0.1, off = fabs((double)sum / want - 1);
    cr_assert(off < 60 * (double)EPSILON, "off by %g", off);
    free(scratch);
}

TEST(every_layout)
{
    const int64_t sizes[][3] = {
        {1, 1, 1}, {7, 37, 5}, {29, 3, 19}, {33, 66, 70}, {2, 70, 9}};

    for (int s = 0; s < 5; s++)
        for (int la = 0; la < LAYOUTS; la++)
            for (int lb = 0; lb < LAYOUTS; lb++)
                for (int lc = (la + lb) % THINNING; lc < DISTINCT; lc += THINNING)
                    check(sizes[s][0], sizes[s][1], sizes[s][2], (layout)la, (layout)lb,
                          (layout)lc);
}

/* Every rest that tiles can leave. */
TEST(every_small_size)
{
    for (int64_t m = 0; m < 28; m++)
        for (int64_t n = m % THINNING; n < 70; n += THINNING)
            check(m, n, (m * 5 + n * 3) % 9, (layout)draw(3), (layout)draw(3),
                  (layout)draw(3));
}

TEST(random_sizes)
{
    const int64_t some[] = {0, 1, 2, 3, 5, 13, 31, 32, 61, 64, 127, 130};

    for (int i = 0; i < 150 / THINNING; i++)
        check(some[draw(12)], some[draw(12)], some[draw(12)], (layout)draw(LAYOUTS),
              (layout)draw(LAYOUTS), (layout)draw(DISTINCT));
}

/* More than one block of each of m, n and k. */
TEST(beyond_the_blocks)
{
    check(487, 35, 259, ROWS, ROWS, ROWS);
    check(487, 35, 3, COLUMNS, ROWS, ROWS);
    check(5, 1063, 257, ROWS, ROWS, ROWS);
    check(3, 1063, 257, ROWS, COLUMNS, PADDED_ROWS);
    check(1063, 9, 33, ROWS, ROWS, COLUMNS);
    check(140, 37, 1031, COLUMNS, PADDED_ROWS, ROWS);
    check(17, 50, 512, SPREAD, BACKWARDS, SPREAD);
    check(1, 1, 5003, ROWS, COLUMNS, ROWS);
}

TEST(integers_are_exact)
{
    const int64_t m = 45, n = 83, k = 700;

    for (int l = 0; l < DISTINCT; l++) {
        matrix a = filled((layout)l, m, k, draw_small), b = filled(ROWS, k, n, draw_small);
        matrix c = new_matrix(ROWS, m, n);

        multiply(m, n, k, &a, &b, &c);
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                int64_t sum = 0;

                for (int64_t p = 0; p < k; p++)
                    sum += (int64_t)*element_of(&a, i, p) * (int64_t)*element_of(&b, p, j);
                cr_assert(*element_of(&c, i, j) == (real)sum);
            }
        free(a.storage), free(b.storage), free(c.storage);
    }
}

/* A row of A gives the same bits in whatever batch it stands, and a column of B
 * likewise. */
TEST(rows_do_not_know_their_batch)
{
    const int64_t m = 150, n = 77, k = 300;

    matrix a = filled(ROWS, m, k, draw_real), b = filled(ROWS, k, n, draw_real);
    matrix whole = new_matrix(ROWS, m, n), part = new_matrix(ROWS, m, n);

    multiply(m, n, k, &a, &b, &whole);
    for (int64_t rows = 1; rows <= 40; rows += THINNING) {
        int64_t first = draw(m - rows), columns = 1 + draw(n), left = draw(n - columns + 1);
        matrix a_part = a, b_part = b;

        a_part.at.data = element_of(&a, first, 0);
        b_part.at.data = element_of(&b, 0, left);
        part.at = (rn__matrix){part.storage, columns, 1};
        multiply(rows, columns, k, &a_part, &b_part, &part);
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < columns; j++)
                cr_assert(same(*element_of(&part, i, j),
                               *element_of(&whole, first + i, left + j)));
    }
    free(a.storage), free(b.storage), free(whole.storage), free(part.storage);
}

TEST(no_terms_give_zeros)
{
    matrix none = new_matrix(ROWS, 0, 0), c = new_matrix(PADDED_ROWS, 3, 4);

    for (int64_t i = 0; i < c.elements; i++) c.storage[i] = 7;
    multiply(3, 4, 0, &none, &none, &c);
    for (int64_t i = 0; i < c.elements; i++) cr_assert(c.storage[i] == (i % 7 < 4 ? 0 : 7));
    free(none.storage), free(c.storage);
}

/* What is not finite reaches its own row and column and no other. */
TEST(nan_and_infinity_stay_in_their_lanes)
{
    const int64_t m = 15, n = 35, k = 6;

    matrix a = filled(ROWS, m, k, draw_real), b = filled(ROWS, k, n, draw_real);
    matrix c = new_matrix(ROWS, m, n);

    *element_of(&a, 14, 2) = (real)NAN;
    *element_of(&b, 3, 34) = (real)INFINITY;
    multiply(m, n, k, &a, &b, &c);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            cr_assert_eq(!isfinite(*element_of(&c, i, j)), i == 14 || j == 34);
    free(a.storage), free(b.storage), free(c.storage);
}
