/* SPDX-License-Identifier: MIT */
/* The order in which a reduction adds depends on the number of terms alone: the same
 * numbers have the same sum, to the bit, wherever in a tensor they stand. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "eval.h"

/* Sums over axes of an f32 input of this shape that is filled with x. */
static rn_test_array sums(const rn_test_array *x, rn_shape shape, const int *axes,
                          int count, bool transposed)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor input = rn_input(g, "x", RN_F32, shape);
    const rn_test_array fed = {RN_F32, shape, x->at};
    rn_tensor y = transposed ? rn_transpose(input) : input;

    y = rn_sum(y, axes, count, false);
    rn_test_array got = rn_test_eval(y, &(rn_test_feed){input, &fed}, 1);
    rn_graph_free(g);
    return got;
}

enum { OTHERS = 37 };

static void expect_all(rn_test_array *got, double want, int64_t n, const char *where)
{
    for (int64_t i = 0; i < rn_test_array_count(got); i++)
        cr_assert(got->at[i] == want, "%lld terms, %s %lld: %.9g, not %.9g", (long long)n,
                  where, (long long)i, got->at[i], want);
    rn_test_array_free(got);
}

/* One vector, and OTHERS copies of it as rows, as columns, and with an axis between. */
static void check(int64_t n, int64_t outer)
{
    rn_test_random random = {(uint64_t)n};
    rn_test_array x = rn_test_array_new(RN_F32, (rn_shape){1, {n}});
    rn_test_array rows = rn_test_array_new(RN_F32, (rn_shape){2, {OTHERS, n}});
    rn_test_array columns = rn_test_array_new(RN_F32, (rn_shape){2, {n, OTHERS}});
    rn_test_array between =
        rn_test_array_new(RN_F32, (rn_shape){3, {outer, OTHERS, n / outer}});

    rn_test_fill_regular(&x, &random);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < OTHERS; j++) {
            rows.at[j * n + i] = columns.at[i * OTHERS + j] = x.at[i];
            between.at[(i / (n / outer) * OTHERS + j) * (n / outer) + i % (n / outer)] =
                x.at[i];
        }
    rn_test_array alone = sums(&x, x.shape, NULL, 0, false);
    const double want = alone.at[0];
    rn_test_array got[5] = {sums(&rows, rows.shape, (const int[]){1}, 1, false),
                            sums(&columns, columns.shape, (const int[]){0}, 1, false),
                            sums(&rows, rows.shape, (const int[]){0}, 1, true),
                            sums(&columns, columns.shape, (const int[]){1}, 1, true),
                            sums(&between, between.shape, (const int[]){0, 2}, 2, false)};
    static const char *const names[5] = {"row", "column", "row, transposed",
                                         "column, transposed", "axis between"};

    for (int i = 0; i < 5; i++) expect_all(&got[i], want, n, names[i]);
    rn_test_array_free(&alone);
    rn_test_array_free(&x);
    rn_test_array_free(&rows);
    rn_test_array_free(&columns);
    rn_test_array_free(&between);
}

Test(reduce, order_depends_on_the_number_of_terms)
{
    check(1, 1);
    check(6, 3);
    check(16, 2);
    check(63, 7);
    check(64, 4);
    check(65, 5);
    check(200, 10);
    check(1023, 33);
    check(1024, 32);
    check(1025, 25);
    check(2500, 50);
}
