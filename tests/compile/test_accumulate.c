/* SPDX-License-Identifier: MIT */
/* Which products and additions become one step, with the bits of two. */
#include "accumulate.h"

Test(accumulate, adds_to_a_value_that_is_not_read_again)
{
    for (int i = 0; i < 2; i++) {
        world a = begin();
        const rn_tensor before = rn_tanh(a.v), product = rn_matmul(a.x, a.w);
        expect(&a, rn_sin(i ? rn_add(product, before) : rn_add(before, product)), 1);
    }
}

Test(accumulate, adds_where_the_result_is_an_output)
{
    world a = begin();
    const rn_tensor before = rn_tanh(a.v);
    expect(&a, rn_add(before, rn_matmul(a.x, a.w)), 1);
}

Test(accumulate, products_to_products)
{
    world a = begin();
    const rn_tensor one = rn_matmul(a.x, a.w), two = rn_matmul(a.w, a.v);
    const rn_tensor three = rn_matmul(a.v, a.v);
    expect(&a, rn_add(rn_add(one, two), three), 2);
}

Test(accumulate, not_to_a_value_that_is_read_later)
{
    world a = begin();
    const rn_tensor before = rn_tanh(a.v), y = rn_add(before, rn_matmul(a.x, a.w));
    EXPECT(a, 0, rn_sin(y), rn_cos(before));
}

Test(accumulate, not_to_a_value_that_is_read_in_between)
{
    world a = begin();
    const rn_tensor before = rn_tanh(a.v), product = rn_matmul(a.x, a.w);
    const rn_tensor other = rn_cos(before);
    EXPECT(a, 0, rn_sin(rn_add(before, product)), other);
}

Test(accumulate, not_to_an_output)
{
    world a = begin();
    const rn_tensor before = rn_tanh(a.v), y = rn_add(before, rn_matmul(a.x, a.w));
    EXPECT(a, 0, y, before);
}

Test(accumulate, not_to_an_input)
{
    world a = begin();
    expect(&a, rn_sin(rn_add(a.v, rn_matmul(a.x, a.w))), 0);
}

Test(accumulate, not_to_a_value_that_comes_after_the_product)
{
    world a = begin();
    const rn_tensor product = rn_matmul(a.x, a.w), after = rn_tanh(a.v);
    expect(&a, rn_sin(rn_add(after, product)), 0);
}

Test(accumulate, not_to_what_the_product_reads)
{
    world a = begin();
    const rn_tensor before = rn_tanh(a.v);
    expect(&a, rn_sin(rn_add(before, rn_matmul(before, a.w))), 0);
}

Test(accumulate, not_what_is_read_otherwise)
{
    world a = begin();
    const rn_tensor before = rn_tanh(a.v), product = rn_matmul(a.x, a.w);
    expect(&a, rn_mul(rn_add(before, product), product), 0);
    a = begin();
    const rn_tensor again = rn_tanh(a.v), output = rn_matmul(a.x, a.w);
    EXPECT(a, 0, rn_sin(rn_add(again, output)), output);
}

Test(accumulate, not_twice)
{
    world a = begin();
    const rn_tensor product = rn_matmul(a.x, a.w);
    expect(&a, rn_sin(rn_add(product, product)), 0);
}

Test(accumulate, not_where_an_operand_is_broadcast)
{
    world a = begin();
    const rn_tensor row = rn_tanh(rn_index(a.v, 0, 1));
    expect(&a, rn_sin(rn_add(row, rn_matmul(a.x, a.w))), 0);
    a = begin();
    const rn_tensor whole = rn_tanh(a.v), first = rn_slice(a.x, 0, 0, 1, 1);
    expect(&a, rn_sin(rn_add(whole, rn_matmul(first, a.w))), 0);
}

/* A value that stays, one row for all, and one that is computed too late. */
Test(accumulate, adds_values_that_lie_elsewhere)
{
    static double values[1][WIDE];
    world a = begin();
    const rn_tensor row = rn_index(a.v, 0, 1), y[] = {rn_add(rn_matmul(a.x, a.w), a.v)};
    const rn_tensor z[] = {rn_sin(rn_add(row, rn_matmul(a.xs, y[0])))};
    const rn_tensor product = rn_matmul(a.x, a.w), late[] = {rn_add(product, rn_tanh(a.x))};
    rn_program *two = run(&a, z, 1, 0, values), *none = run(&a, late, 1, 0, values);

    cr_expect_eq(count_added(two, false), 2);
    cr_expect_eq(count_added(none, false), 0);
    rn_program_free(two);
    rn_program_free(none);
    expect(&a, z[0], 0);
}

/* Of one column the kernel computes the transposed product. */
Test(accumulate, adds_a_number_to_a_column)
{
    static double values[1][WIDE];
    world a = begin();
    const rn_tensor column = rn_slice(a.w, 1, 0, 1, 1);
    const rn_tensor number = rn_slice(rn_index(a.v, 0, 1), 0, 0, 1, 1);
    const rn_tensor rows = rn_slice(rn_reshape(a.xs, rn_shape(T * N, N)), 0, 0, 24, 1);
    const rn_tensor y = rn_add(rn_matmul(rows, column), number);
    rn_program *p = run(&a, &y, 1, 0, values);

    cr_expect_eq(count_added(p, false), 1);
    rn_program_free(p);
    expect(&a, y, 0);
}

Test(accumulate, not_to_columns_as_rows)
{
    world a = begin();
    const rn_tensor turned = rn_transpose(rn_tanh(a.v));
    expect(&a, rn_sin(rn_add(turned, rn_matmul(a.x, a.w))), 0);
}

Test(accumulate, not_a_product_that_is_turned)
{
    world a = begin();
    const rn_tensor before = rn_tanh(a.v);
    expect(&a, rn_sin(rn_add(before, rn_transpose(rn_matmul(a.x, a.w)))), 0);
}

/* A kernel after it may fail; a failed run changes no variable. */
Test(accumulate, not_to_a_variable)
{
    rn_graph *g = rn_graph_new();
    rn_variable *variable = rn_variable_new((rn_allocator){0}, "v", RN_F64, rn_shape(N, N));
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(N, N)),
                    v = rn_read_variable(g, variable);

    rn_assign(v, rn_add(v, rn_matmul(x, x)));
    rn_program *p = rn_test_compile_with(g, (rn_compile_options){.watch = RN_WATCH_OFF});
    cr_assert_eq(count_added(p, true), 0);
    rn_program_free(p);
    rn_graph_free(g);
    rn_variable_release(variable);
}

Test(accumulate, not_in_another_shape)
{
    world a = begin();
    const rn_tensor flat = rn_tanh(rn_reshape(a.v, rn_shape(N * N)));
    const rn_tensor product = rn_matmul(a.x, a.w);
    expect(&a, rn_sin(rn_add(flat, rn_reshape(product, rn_shape(N * N)))), 0);
}

/* ---- other operators ---- */

Test(accumulate, only_kernels_that_can_add)
{
    world a = begin();
    const rn_tensor before = rn_tanh(a.v), sum = rn_sum_axis(a.xs, 0);
    expect(&a, rn_sin(rn_add(before, sum)), 0);
}

Test(accumulate, only_additions)
{
    world a = begin();
    const rn_tensor before = rn_tanh(a.v);
    expect(&a, rn_sin(rn_sub(before, rn_matmul(a.x, a.w))), 0);
    a = begin();
    const rn_tensor factor = rn_tanh(a.v);
    expect(&a, rn_sin(rn_mul(factor, rn_matmul(a.x, a.w))), 0);
}

static void plus(int64_t n, const void *const *x, const int64_t *step, void *y,
                 const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++)
        ((double *)y)[i] =
            ((const double *)x[0])[i * step[0]] + ((const double *)x[1])[i * step[1]];
}

/* What an addition is, its record says. */
Test(accumulate, additions_of_users)
{
    static const rn_op op = {.name = "plus",
                             .inputs = 2,
                             .flags =
                                 RN_OP_ADDITIVE | RN_OP_NEUTRAL_LEFT | RN_OP_NEUTRAL_RIGHT,
                             .map = {[RN_F64] = plus}};
    world a = begin();
    const rn_tensor in[2] = {rn_tanh(a.v), rn_matmul(a.x, a.w)};
    expect(&a, rn_sin(rn_apply(&op, in, 2, NULL, 0)), 1);
}

/* ---- columns ---- */

Test(accumulate, adds_to_columns)
{
    world a = begin();
    const rn_tensor all = rn_matmul(a.x, a.wide);
    const rn_tensor middle = rn_slice(all, 1, N, 2 * N, 1);
    const rn_tensor one = rn_add(middle, rn_matmul(a.v, a.w));
    const rn_tensor two =
        rn_add(rn_slice(all, 1, 2 * N, 3 * N, 1), rn_matmul(rn_tanh(one), a.w));
    const rn_tensor rest = rn_cos(rn_slice(all, 1, 0, N, 1)); /* read later */
    EXPECT(a, 3, rn_sin(rn_add(rn_matmul(one, a.x), two)), rest);
}

Test(accumulate, not_to_columns_that_are_read_later)
{
    world a = begin();
    const rn_tensor all = rn_matmul(a.x, a.wide);
    const rn_tensor middle = rn_slice(all, 1, N, 2 * N, 1);
    const rn_tensor one = rn_add(middle, rn_matmul(a.v, a.w));
    EXPECT(a, 0, rn_sin(one), rn_cos(rn_slice(all, 1, N - 1, N + 1, 1)));
}

/* What is read after the run has no strides of its own. */
Test(accumulate, not_to_columns_for_an_output)
{
    world a = begin();
    const rn_tensor all = rn_matmul(a.x, a.wide);
    expect(&a, rn_add(rn_slice(all, 1, N, 2 * N, 1), rn_matmul(a.v, a.w)), 0);
}

Test(accumulate, not_to_every_other_column)
{
    world a = begin();
    const rn_tensor all = rn_matmul(a.x, a.wide);
    const rn_tensor odd = rn_slice(all, 1, 1, 2 * N, 2);
    expect(&a, rn_sin(rn_add(odd, rn_matmul(a.v, a.w))), 0);
}
