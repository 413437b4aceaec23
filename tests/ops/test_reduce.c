/* SPDX-License-Identifier: MIT */
/* The order of summation depends on the number of terms only: the same numbers have bitwise
 * the same sum anywhere in a tensor. */
#include <criterion/criterion.h>
#include <math.h>
#include <rondo/grad.h>
#include <rondo/losses.h>
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
    check(3072, 32);
    check(5000, 50);
    check(7 * 1024 + 8, 8);
    check(20000, 100);
}

/* ---- sums of many terms ---- */

/* The elements of y must be within 2^-20 of this, relative to it. */
static void expect_near(rn_tensor y, double want, const char *what)
{
    rn_test_array got = rn_test_eval(y, NULL, 0);

    for (int64_t i = 0; i < rn_test_array_count(&got); i++)
        cr_assert(fabs(got.at[i] / want - 1) < 0x1p-20, "%s: off by %.2g", what,
                  fabs(got.at[i] / want - 1));
    rn_test_array_free(&got);
}

enum { MANY = 10000000 };

static rn_tensor tenths(rn_graph *g, rn_shape shape)
{
    return rn_fill(g, RN_F32, shape, 0.1);
}

/* A row of ones as it lies in memory, repeated. */
static rn_tensor repeated_row(rn_graph *g, int64_t rows, int64_t columns)
{
    rn_variable *zeros = rn_variable_new((rn_allocator){NULL, NULL}, "zeros", RN_F32,
                                         (rn_shape){1, {columns}});
    const rn_tensor row = rn_exp(rn_read_variable(g, zeros));

    rn_variable_release(zeros);
    return rn_broadcast(rn_scale(row, 0.1), (rn_shape){2, {rows, columns}});
}

Test(reduce, many_terms_lose_no_digits)
{
    const double tenth = (double)0.1f;
    rn_graph *g = rn_graph_new();
    const rn_tensor x = tenths(g, (rn_shape){1, {MANY}});

    expect_near(rn_sum_all(x), MANY * tenth, "sum");
    expect_near(rn_mean_all(x), tenth, "mean");
    expect_near(
        rn_variance(rn_concat((const rn_tensor[]){x, rn_neg(x)}, 2, 0), NULL, 0, false),
        tenth * tenth, "variance");
    expect_near(rn_sum_axis(repeated_row(g, MANY / 10, 40), 0), MANY / 10 * tenth,
                "columns");
    expect_near(
        rn_sum(rn_broadcast(repeated_row(g, 1000, 3), (rn_shape){3, {1000, 1000, 3}}),
               (const int[]){0, 1}, 2, false),
        1e6 * tenth, "two axes");
    expect_near(rn_mean_squared_error(rn_fill_like(x, 0), x), tenth * tenth, "loss");
    rn_graph_free(g);
}

/* ---- rows added at indices ---- */

Test(reduce, an_index_named_often_loses_no_digits)
{
    for (int64_t n = 100000; n <= MANY; n *= 10) {
        rn_graph *g = rn_graph_new();
        const rn_tensor table = rn_input(g, "table", RN_F32, (rn_shape){2, {3, 2}});
        const rn_tensor indices = rn_fill(g, RN_I32, (rn_shape){1, {n}}, 1);
        const rn_tensor taken = rn_take(table, indices);
        rn_tensor dx;

        cr_assert(rn_grad(taken, tenths(g, rn_shape_get(taken)), &table, 1, &dx));
        expect_near(rn_slice(dx, 0, 1, 2, 1), (double)n * (double)0.1f, "take");
        rn_graph_free(g);
    }
}

/* Integers are added exactly, whichever way: to rows that are named up to n times, from
 * rows that lie dense or transposed. */
static void check_exact(int64_t n, bool transposed, int64_t every)
{
    enum { ROWS = 9, M = 3, K = 2 };
    rn_graph *g = rn_graph_new();
    rn_test_array indices = rn_test_array_new(RN_I32, (rn_shape){1, {n}});
    rn_test_array updates = rn_test_array_new(
        RN_F32, transposed ? (rn_shape){3, {n, K, M}} : (rn_shape){3, {n, M, K}});
    rn_test_array want = rn_test_array_new(RN_F32, (rn_shape){3, {ROWS, M, K}});
    const rn_tensor i = rn_input(g, "i", RN_I32, indices.shape);
    const rn_tensor u = rn_input(g, "u", RN_F32, updates.shape);

    for (int64_t k = 0; k < ROWS * M * K; k++) want.at[k] = 7;
    for (int64_t k = 0; k < n; k++) {
        indices.at[k] = (double)(k % every ? 4 : k / every * 7 % ROWS);
        for (int64_t j = 0; j < M * K; j++) {
            const double value = (double)((k * 31 + j * 17) % 13 - 6);
            updates.at[k * M * K + (transposed ? j % K * M + j / K : j)] = value;
            want.at[(int64_t)indices.at[k] * M * K + j] += value;
        }
    }
    rn_test_array got = rn_test_eval(
        rn_add_at(rn_fill(g, RN_F32, want.shape, 7), i, transposed ? rn_transpose(u) : u),
        (const rn_test_feed[]){{i, &indices}, {u, &updates}}, 2);
    rn_test_compare(&got, &want, 0, 0, transposed ? "transposed rows" : "rows");
    rn_test_array_free(&got);
    rn_test_array_free(&want);
    rn_test_array_free(&updates);
    rn_test_array_free(&indices);
    rn_graph_free(g);
}

Test(reduce, rows_are_added_exactly)
{
    static const int64_t counts[] = {0, 1, 512, 513, 576, 577, 640, 1100, 5000, 20000};

    for (int k = 0; k < 10; k++)
        for (int64_t every = 1; every <= 10; every += 3) {
            check_exact(counts[k], false, every);
            check_exact(counts[k], true, every);
        }
}
