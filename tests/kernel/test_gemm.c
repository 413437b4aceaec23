/* SPDX-License-Identifier: MIT */
/*
 * The matrix product of one variant: against the sum that gemm.h promises, to the bit;
 * against a sum in higher precision; and on integers, where every order gives the same.
 *
 * The kernels are the library's; what is compiled here keeps to the baseline.
 */
#include "gemm_test.h"
#include "kernel/caches.h"

#define SUITE_TEST(suite, name) Test(suite, name)
#define TEST(name)              SUITE_TEST(R(gemm), name)

/* One product in one form: every element of C to the bit, and every byte between them as
 * it was. */
static void check_as(form f, int64_t m, int64_t n, int64_t k, const matrix *a,
                     const matrix *b, layout lc)
{
    matrix c = new_matrix(lc, m, n);
    real *wanted = (real *)malloc((size_t)c.elements * sizeof(real));

    cr_assert(wanted);
    for (int64_t i = 0; i < c.elements; i++)
        c.storage[i] = f & ADDED ? draw_real() : (real)NAN;
    memcpy(wanted, c.storage, (size_t)c.elements * sizeof(real));
    multiply_as(f, m, n, k, a, b, &c);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            real *want = &wanted[element_of(&c, i, j) - c.storage];
            const real sum = promised(a, b, i, j, k);
            *want = f & ADDED ? *want + sum : sum;
        }
    cr_assert(!memcmp(wanted, c.storage, (size_t)c.elements * sizeof(real)),
              "[%d,%d,%d] form %d, layout of c %d", (int)m, (int)n, (int)k, f, lc);
    free(c.storage), free(wanted);
}

/* One product in all forms. */
static void check(int64_t m, int64_t n, int64_t k, layout la, layout lb, layout lc)
{
    matrix a = filled(la, m, k, draw_real), b = filled(lb, k, n, draw_real);

    for (int f = 0; f < FORMS; f++) check_as((form)f, m, n, k, &a, &b, lc);
    free(a.storage), free(b.storage);
}

/* ---- tests ---- */

/* The promised sum is right but for rounding. */
TEST(promise_is_the_product)
{
    const int64_t terms[] = {1, 2, 255, 256, 257, 700, LONG + 1};

    for (int s = 0; s < 7; s++) {
        const int64_t k = terms[s];
        matrix a = filled(ROWS, 1, k, draw_real), b = filled(COLUMNS, k, 1, draw_real);
        long double sum = 0, size = 0;

        for (int64_t p = 0; p < k; p++) {
            long double term = (long double)*element_of(&a, 0, p) * *element_of(&b, p, 0);
            sum += term, size += fabsl(term);
        }
        cr_assert(fabsl((long double)promised(&a, &b, 0, 0, k) - sum) <=
                  (long double)k * (long double)EPSILON * size);
        free(a.storage), free(b.storage);
    }
}

/* Some columns of B packed with more. */
TEST(columns_of_packed)
{
    const int64_t k = 300, n = 209, firsts[] = {0, 64, 128, 192};
    matrix b = filled(ROWS, k, n, draw_real);
    block packed = new_block(R(rn__gemm_packed)(n, k));

    R(rn__gemm_pack)(n, k, b.at, packed.at);
    for (int f = 0; f < 4; f++)
        for (int64_t m = 1; m < 30; m += 5 * FEWER)
            for (int64_t columns = n - firsts[f]; columns > 0; columns -= 16 * FEWER) {
                matrix a = filled(ROWS, m, k, draw_real), c = new_matrix(ROWS, m, columns);
                rn__product g = {.m = m,
                                 .n = columns,
                                 .k = k,
                                 .a = a.at,
                                 .b = no_matrix(),
                                 .c = c.at,
                                 .packed = packed.at,
                                 .first = firsts[f]};
                block scratch = new_block(R(rn__gemm_scratch)(&g));
                g.scratch = scratch.at;
                R(rn__gemm)(&g);
                for (int64_t i = 0; i < m; i++)
                    for (int64_t j = 0; j < columns; j++)
                        cr_assert(same(*element_of(&c, i, j),
                                       promised(&a, &b, i, firsts[f] + j, k)));
                free(a.storage), free(c.storage);
                free_block(scratch);
            }
    free(b.storage);
    free_block(packed);
}

/* Packed B that has the columns of the product is used from its first column on, wherever
 * the product's rows are in a divided call. */
TEST(first_is_not_of_rows)
{
    matrix a = filled(ROWS, 1, 5, draw_real), b = filled(ROWS, 5, 64, draw_real);
    matrix c = new_matrix(ROWS, 1, 64);
    block packed = new_block(R(rn__gemm_packed)(64, 5));
    const rn__product g = {
        .m = 1, .n = 64, .k = 5, .a = a.at, .c = c.at, .packed = packed.at, .first = 64};

    R(rn__gemm_pack)(64, 5, b.at, packed.at);
    R(rn__gemm)(&g);
    for (int64_t j = 0; j < 64; j++)
        cr_assert(same(*element_of(&c, 0, j), promised(&a, &b, 0, j, 5)));
    free(a.storage), free(b.storage), free(c.storage);
    free_block(packed);
}

/* Sums in halves: on both sides of a power of two, with a half of one term. */
TEST(long_sums)
{
    const int64_t terms[] = {LONG, LONG + 1, 2 * LONG, 2 * LONG + 1, 3 * LONG + 300, 70000};

    for (int i = 0; i < 6; i += FEWER) {
        check(2, 3, terms[i], (layout)0, (layout)1, (layout)0);
        check(3, 1, terms[i], (layout)1, (layout)0, (layout)1);
        check(1, 37, terms[i], (layout)0, (layout)0, (layout)0);
    }
}

/* A thousand blocks in a row would be off by 2^-15. */
TEST(long_sums_keep_digits)
{
    const int64_t k = 3000000;
    real tenth = (real)0.1, one = 1, sum;
    const matrix x = {.at = {&tenth, 0, 0}}, y = {.at = {&one, 0, 0}};

    multiply(1, 1, k, &x, &y, &(matrix){.at = {&sum, 1, 1}});
    const double want = (double)k * (double)(real)0.1, off = fabs((double)sum / want - 1);
    cr_assert(off < 60 * (double)EPSILON, "off by %g", off);
}

/* One row and long rows of B, which are read along them: two panels, two blocks of k. */
TEST(one_row_and_long_rows)
{
    matrix a = filled(SPREAD, 1, 264, draw_real);
    matrix b = filled(PADDED_ROWS, 264, 1040, draw_real);

    check_as(PLAIN, 1, 1040, 264, &a, &b, ROWS);
    free(a.storage), free(b.storage);
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
    if (FEWER > 1) return;
    check(5, 1063, 257, ROWS, ROWS, ROWS);
    check(3, 1063, 257, ROWS, COLUMNS, PADDED_ROWS);
    check(1063, 9, 33, ROWS, ROWS, COLUMNS);
    check(140, 37, 1031, COLUMNS, PADDED_ROWS, ROWS);
    check(17, 50, 512, SPREAD, BACKWARDS, SPREAD);
    check(1, 1, 5003, ROWS, COLUMNS, ROWS);
    if (THINNING > 1) return;
    check(30, 150, 520, COLUMNS, COLUMNS, ROWS);
    check(600, 40, 300, ROWS, COLUMNS, ROWS);
    check(600, 40, 300, COLUMNS, PADDED_ROWS, PADDED_ROWS);
    check(200, 33, 2900, ROWS, ROWS, ROWS);
    check(390, 1100, 257, COLUMNS, ROWS, ROWS);
}

/* Some elements of a product that is too large to check whole. */
static void check_some(form f, int64_t m, int64_t n, int64_t k, layout la, layout lb)
{
    matrix a = filled(la, m, k, draw_real), b = filled(lb, k, n, draw_real);
    matrix c = new_matrix(ROWS, m, n);

    for (int64_t i = 0; i < c.elements; i++) c.storage[i] = 0;
    multiply_as(f, m, n, k, &a, &b, &c);
    for (int i = 0; i < 2000; i++) {
        const int64_t x = i < 50 ? m - 1 : draw(m), y = i % 50 == 0 ? n - 1 : draw(n);
        cr_assert(same(*element_of(&c, x, y), promised(&a, &b, x, y, k)),
                  "[%d,%d,%d] form %d: row %d, column %d", (int)m, (int)n, (int)k, f,
                  (int)x, (int)y);
    }
    free(a.storage), free(b.storage), free(c.storage);
}

/* Operands that the second-level cache does not hold, in all ways of packing them. */
TEST(beyond_the_cache)
{
    const int64_t k = 520, cache = rn__cache_bytes(2) / (int64_t)sizeof(real);
    const int64_t far = cache / k + 37, large = 4 * cache / k + 5;

    for (int64_t m = 13; m < 65; m += 17 * THINNING)
        check_some(PACKED, m, far, k, ROWS, ROWS);
    if (THINNING > 1) return;
    check_some(PLAIN, 600, far, k, ROWS, COLUMNS);
    check_some(ADDED, large, 2 * far, k, ROWS, ROWS);
    check_some(PLAIN, large, 515, k, COLUMNS, ROWS);
    check_some(PLAIN, 550, 1100, 777, PADDED_COLUMNS, PADDED_ROWS);
}

/* Every size of a tile, with more than one block of k, and in the columns at the edge. */
TEST(every_tile)
{
    for (int64_t m = 1; m < 27; m += 1 + THINNING / 5)
        for (int64_t n = 1; n < 180; n += n < 30 ? FEWER : 13 * THINNING) {
            check(m, n, 257 + n % 3, ROWS, ROWS, ROWS);
            check(m, n, 257, COLUMNS, COLUMNS, PADDED_ROWS);
        }
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

/* Added to a C of -0 they give 0, as an addition does. */
TEST(no_terms_give_zeros)
{
    matrix none = new_matrix(ROWS, 0, 0), c = new_matrix(PADDED_ROWS, 3, 4);

    for (int64_t i = 0; i < c.elements; i++) c.storage[i] = 7;
    multiply(3, 4, 0, &none, &none, &c);
    for (int64_t i = 0; i < c.elements; i++) cr_assert(c.storage[i] == (i % 7 < 4 ? 0 : 7));
    c.storage[0] = -(real)0, c.storage[1] = 5;
    multiply_as(ADDED, 3, 4, 0, &none, &none, &c);
    cr_assert(same(c.storage[0], 0) && c.storage[1] == 5);
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
