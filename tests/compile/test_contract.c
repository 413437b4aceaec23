/* SPDX-License-Identifier: MIT */
/* Sums that read the factors of a product in its place: which do, and that every bit stays.
 */
#include <rondo/model.h>
#include <rondo/recurrent.h>

#include "program/program.h"
#include "run/driver.h"

enum { B = 3, MOST = 30000 };

/* Reductions with two operands, and additions with three. */
static int contracted(const rn_program *p)
{
    int n = 0;

    for (int32_t i = 0; i < p->plan.steps; i++)
        n += rn__reduces_product(&p->plan, &p->plan.step[i]) ||
             rn__adds_product(&p->plan, &p->plan.step[i]);
    return n;
}

static void run(rn_program *p, rn_graph *g, rn_tensor y, double *out)
{
    static double data[MOST];

    for (int32_t id = 0; id < g->count; id++) {
        const rn_tensor x = rn__tensor(g, id);
        if (rn__at(g, id)->op != &rn__op_input) continue;
        cr_assert(rn_test_count(x) <= MOST);
        rn_test_feed(p, x, rn_test_numbers(data, rn_test_count(x), (uint64_t)id + 1));
    }
    rn_test_run(p);
    rn_test_read(p, y, out);
}

/* In both types the bits are those of a program without the pass. */
static void expect_in(rn_graph *g, rn_tensor y, int count, int threads)
{
    static double got[MOST], want[MOST];

    for (int type = 0; type < 2; type++) {
        rn_compile_options o = {RN_OUTPUTS(y), .convert = true,
                                .real = type ? RN_F64 : RN_F32};
        o.threads = threads;
        rn_program *p = rn_test_compile_with(g, o);
        o.without = RN_PASS_CONTRACT;
        rn_program *apart = rn_test_compile_with(g, o);
        cr_assert_eq(contracted(p), count, "%d, not %d", contracted(p), count);
        cr_assert_eq(contracted(apart), 0);
        run(p, g, y, got), run(apart, g, y, want);
        cr_assert(rn_test_count(y) <= MOST);
        rn_test_near(got, want, rn_test_count(y), 0, "y");
        rn_program_free(p);
        rn_program_free(apart);
    }
}

/* Also frees the graph. */
static void expect(rn_graph *g, rn_tensor y, int count)
{
    expect_in(g, y, count, 1);
    rn_graph_free(g);
}

/* ---- which are ---- */

/* A matrix of each sequence times a vector. */
Test(contract, sums_of_rows)
{
    static const int64_t terms[] = {2, 7, 64, 100, 1100};

    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 5, terms[i]));
        const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 1, terms[i]));
        expect(g, rn_sum_axis(i % 2 ? rn_mul(x, y) : rn_mul(y, x), 2), 1);
    }
}

/* And the transposed one. */
Test(contract, sums_of_columns)
{
    static const int64_t terms[] = {4, 16, 37, 64, 128}, columns[] = {32, 45};

    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
            rn_graph *g = rn_graph_new();
            const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, terms[i], columns[k]));
            const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, terms[i], 1));
            const bool power = terms[i] <= 64 && terms[i] != 37;
            expect(g, rn_sum_axis(i % 2 ? rn_mul(x, y) : rn_mul(y, x), 1), power);
        }
}

Test(contract, a_factor_that_is_repeated_along_the_terms)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 8, 40));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 1, 40));
    expect(g, rn_sum_axis(rn_mul(x, y), 1), 1);
}

/* More terms than a block, in rows of the chain around. */
Test(contract, sums_of_whole_matrices)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 50, 50));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 50, 50));
    const int axes[2] = {1, 2};
    expect(g, rn_sum(rn_mul(rn_sin(x), rn_cos(y)), axes, 2, true), 1);
}

Test(contract, a_product_of_a_product)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 40));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 40));
    expect(g, rn_sum_axis(rn_mul(rn_mul(x, y), x), 1), 1);
}

Test(contract, in_threads)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(7, 64, 64));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(7, 64, 1));
    const rn_tensor z = rn_sum_axis(rn_mul(x, y), 1);
    const rn_tensor row = rn_reshape(y, rn_shape(7, 1, 64));
    const rn_tensor s = rn_sum_axis(rn_mul(rn_add(rn_mul(x, row), x), row), 2);

    expect_in(g, rn_add(z, s), 3, 3);
    rn_graph_free(g);
}

Test(contract, additions_of_a_product)
{
    static const int64_t column[] = {40, 1, 40, 37}, other[] = {40, 40, 1, 37};

    for (int i = 0; i < 8; i++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 5, column[i / 2]));
        const rn_tensor y = rn_test_f64(g, "y", rn_shape(5, other[i / 2]));
        const rn_tensor p = rn_mul(x, y);
        const rn_tensor w = rn_test_f64(g, "w", rn_shape_get(p));
        expect(g, rn_exp(i % 2 ? rn_add(w, p) : rn_add(p, w)), 1);
    }
}

/* A matrix times a number, and an outer product. */
Test(contract, additions_of_two_products)
{
    for (int64_t n = 9; n <= 37; n += 28) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, n, n));
        const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, n));
        const rn_tensor outer = rn_mul(rn_expand(y, 1), rn_expand(rn_sin(y), 2));
        const rn_tensor f = rn_expand(rn_expand(rn_sum_axis(y, 1), -1), -1);
        expect(g, rn_add(rn_mul(x, f), outer), 1);
    }
}

Test(contract, additions_of_two_products_of_all_forms)
{
    static const int64_t size[3][2] = {{37, 37}, {1, 37}, {37, 1}};

    for (int i = 0; i < 9; i++) {
        rn_graph *g = rn_graph_new();
        const int64_t *p = size[i / 3], *q = size[i % 3];
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 5, p[0]));
        const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 5, p[1]));
        const rn_tensor u = rn_test_f64(g, "u", rn_shape(B, 5, q[0]));
        const rn_tensor v = rn_test_f64(g, "v", rn_shape(B, 5, q[1]));
        expect(g, rn_add(rn_mul(x, y), rn_mul(u, v)), 1);
    }
}

/* ---- which are not ---- */

/* What is added has another shape, or is one number for all columns. */
Test(contract, additions_with_a_broadcast)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 40));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 1));
    const rn_tensor z = rn_test_f64(g, "z", rn_shape(4, B, 40));
    expect(g, rn_add(rn_add(rn_mul(x, x), y), z), 0);
}

/* The product of matrices is added to it. */
Test(contract, additions_of_a_product_of_matrices)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(9, 9));
    expect(g, rn_add(rn_mul(x, x), rn_matmul(x, x)), 0);
}

Test(contract, a_product_that_is_read_elsewhere)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 40));
    const rn_tensor p = rn_mul(x, rn_sin(x));
    expect(g, rn_div(p, rn_expand(rn_sum_axis(p, 1), -1)), 0);
}

/* All terms of a result have one factor in common: the kernel would read it element by
 * element. */
Test(contract, a_factor_of_all_terms)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 40));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 1));
    expect(g, rn_sum_axis(rn_mul(x, y), 1), 0);
}

Test(contract, columns_of_few_results)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 32, 8));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 32, 1));
    expect(g, rn_sum_axis(rn_mul(x, y), 1), 0);
}

/* Two large factors, which would be kept in place of one product. */
Test(contract, of_all_rows)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(30, 40));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(30, 40));
    expect(g, rn_sum_axis(rn_mul(rn_sin(x), rn_cos(y)), 0), 0);
}

/* ---- where an infinity appeared ---- */

/* The factors are named, and their own elements. */
static void expect_text(rn_graph *g, rn_tensor x, rn_tensor y, rn_tensor z,
                        const char *text)
{
    static double data[MOST];
    rn_nonfinite found;
    rn_program *p =
        rn_test_compile_with(g, (rn_compile_options){RN_OUTPUTS(z), .watch = RN_WATCH_ON});

    cr_assert_eq(contracted(p), 1);
    for (int64_t i = 0; i < rn_test_count(x); i++) data[i] = i == 85 ? 1e200 : 1;
    rn_test_feed(p, x, data);
    for (int64_t i = 0; i < rn_test_count(y); i++) data[i] = i == 45 ? 1e200 : 1;
    rn_test_feed(p, y, data);
    rn_test_run(p);
    cr_assert(rn_program_nonfinite(p, 0, &found));
    cr_assert_str_eq(found.text, text);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(contract, an_infinity_of_a_product)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 2, 40));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 1, 40));

    expect_text(g, x, y, rn_sum_axis(rn_mul(x, y), 2),
                "sum [3,2]: inf at element 2, computed from largest 1e+200 at 85 of "
                "x [3,2,40], largest 1e+200 at 45 of y [3,1,40]");
}

/* In a chain by rows. */
Test(contract, an_infinity_of_a_product_in_a_row)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 2, 40));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 1, 40));
    const rn_tensor z = rn_sum_axis(rn_mul(rn_neg(x), rn_abs(y)), 2);

    expect_text(g, x, y, rn_neg(z),
                "sum [3,2]: -inf at element 2, computed from largest -1e+200 at 85 of "
                "neg [3,2,40], largest 1e+200 at 45 of abs [3,1,40]");
}

Test(contract, an_infinity_of_an_addition)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(B, 2, 40));
    const rn_tensor y = rn_test_f64(g, "y", rn_shape(B, 1, 40));
    const rn_tensor w = rn_floor(rn_sigmoid(x));

    expect_text(
        g, x, y, rn_add(w, rn_mul(x, y)),
        "add [3,2,40]: inf at element 85, computed from 1e+200 at 85 of x [3,2,40], "
        "1e+200 at 45 of y [3,1,40], 1 at 85 of floor [3,2,40]");
}
