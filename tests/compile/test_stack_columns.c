/* SPDX-License-Identifier: MIT */
/* Stacks that a loop puts over columns of others, and those that it must not. */
#include "stack_world.h"

/* Two gates, columns of one product for all steps to which h U is added: z = s(t) + h U;
 * h' = sigmoid(z1) tanh(z2), with or without a bias. */
typedef struct gates {
    world w;
    rn_tensor before, sum, one, two; /* [N,2N], then [N,N] */
} gates;

static gates begin_gates(bool reverse)
{
    gates a = {.w.g = rn_graph_new()};
    world *w = &a.w;

    w->x = rn_test_f64(w->g, "x", rn_shape(T, N, N));
    const rn_tensor eye = rn_concat((rn_tensor[]){rn_fill(w->g, RN_F64, rn_shape(N, N), 1),
                                                  rn_fill(w->g, RN_F64, rn_shape(N, N), 2)},
                                    2, 1);
    w->s = rn_matmul(w->x, eye);
    w->loop = rn_loop_begin(w->g);
    if (reverse) rn_loop_reverse(w->loop);
    w->now = rn_loop_each(w->loop, w->s);
    w->carry = rn_loop_carry(w->loop, rn_fill(w->g, RN_F64, rn_shape(N, N), 0.5));
    a.before = rn_matmul(w->carry, eye);
    a.sum = rn_add(w->now, a.before);
    a.one = rn_sigmoid(rn_slice(a.sum, 1, 0, N, 1));
    a.two = rn_tanh(rn_slice(a.sum, 1, N, 2 * N, 1));
    return a;
}

/* A second loop that reads the stacks, in the other direction, in a way of its own. */
static rn_tensor read_gates(gates *a, rn_tensor one, rn_tensor two)
{
    world *w = &a->w;

    w->loop = rn_loop_begin(w->g);
    w->carry = rn_loop_carry(w->loop, rn_fill(w->g, RN_F64, rn_shape(N, N), 1));
    const rn_tensor x = rn_loop_each(w->loop, one), y = rn_loop_each(w->loop, two);
    rn_loop_next(w->loop, w->carry, rn_sin(rn_add(rn_mul(x, w->carry), y)));
    cr_assert(rn_loop_end(w->loop));
    return rn_loop_final(w->loop, w->carry);
}

static rn_tensor end_gates(gates *a)
{
    rn_loop_next(a->w.loop, a->w.carry, rn_mul(a->one, a->two));
    cr_assert(rn_loop_end(a->w.loop));
    const rn_tensor one = rn_loop_collect(a->w.loop, a->one);
    const rn_tensor two = rn_loop_collect(a->w.loop, a->two);
    return read_gates(a, one, two);
}

/* x and the product of two. */
Test(stack_columns, over_the_columns_of_a_product)
{
    for (int reverse = 0; reverse < 2; reverse++) {
        gates a = begin_gates(reverse);
        expect(&a.w, end_gates(&a), 3);
    }
}

Test(stack_columns, over_the_columns_of_what_they_are_computed_from)
{
    gates a = begin_gates(false);
    const rn_tensor bias = rn_fill(a.w.g, RN_F64, rn_shape(N), 0.25);
    a.one = rn_sigmoid(rn_add(rn_slice(a.sum, 1, 0, N, 1), bias));
    a.two = rn_tanh(rn_sin(rn_slice(a.sum, 1, N, 2 * N, 1)));
    expect(&a.w, end_gates(&a), 3);
}

/* The second stack would lie where the first one does. */
Test(stack_columns, not_over_columns_that_are_taken)
{
    gates a = begin_gates(false);
    a.two = rn_cos(rn_slice(a.sum, 1, 0, N, 1));
    expect(&a.w, end_gates(&a), 4);
}

Test(stack_columns, not_over_columns_that_are_read_later_in_the_step)
{
    gates a = begin_gates(false);
    a.two = rn_tanh(rn_add(rn_slice(a.sum, 1, N, 2 * N, 1),
                           rn_matmul(a.one, rn_slice(a.sum, 1, 0, N, 1))));
    expect(&a.w, end_gates(&a), 4);
}

/* Each of them reads a column of the other's. */
Test(stack_columns, not_over_columns_that_overlap)
{
    gates a = begin_gates(false);
    a.two = rn_tanh(rn_slice(a.sum, 1, N - 1, 2 * N - 1, 1));
    expect(&a.w, end_gates(&a), 4);
}

Test(stack_columns, not_over_columns_that_are_read_after_the_loop)
{
    gates a = begin_gates(false);
    const rn_tensor y = end_gates(&a);
    const rn_tensor last = rn_index(rn_slice(a.w.s, 2, N, 2 * N, 1), 0, T - 1);
    expect(&a.w, rn_add(y, last), 5);
}

/* A wide stack, made after both, would fit over what they lie in. */
Test(stack_columns, not_over_columns_that_others_have_taken)
{
    gates a = begin_gates(false);
    const rn_tensor ones = rn_fill(a.w.g, RN_F64, rn_shape(N, 2 * N), 1);
    const rn_tensor wide = rn_cos(rn_matmul(a.two, ones));
    rn_loop_next(a.w.loop, a.w.carry, rn_sin(rn_slice(wide, 1, 0, N, 1)));
    cr_assert(rn_loop_end(a.w.loop));
    const rn_tensor one = rn_loop_collect(a.w.loop, a.one);
    const rn_tensor two = rn_loop_collect(a.w.loop, a.two);
    const rn_tensor all = rn_loop_collect(a.w.loop, wide);
    const rn_tensor y =
        read_gates(&a, rn_slice(one, 0, 1, T, 1), rn_slice(two, 0, 1, T, 1));
    expect(&a.w, rn_add(y, rn_slice(rn_sum_axis(all, 0), 1, 0, N, 1)), 5);
}

/* Gates of a loop over what `take` makes of the stack s, which is not added to. */
static gates begin_columns(rn_tensor (*take)(rn_tensor s), bool reverse)
{
    gates a = begin_gates(false);
    world *w = &a.w;

    w->loop = rn_loop_begin(w->g);
    if (reverse) rn_loop_reverse(w->loop);
    w->now = rn_loop_each(w->loop, take(w->s));
    w->carry = rn_loop_carry(w->loop, rn_fill(w->g, RN_F64, rn_shape(N, N), 0.5));
    a.one = rn_sigmoid(rn_slice(w->now, 1, 0, N, 1));
    a.two = rn_tanh(rn_mul(rn_slice(w->now, 1, N, 2 * N, 1), w->carry));
    return a;
}

static void expect_columns(rn_tensor (*take)(rn_tensor s), bool reverse, int stacks)
{
    gates a = begin_columns(take, reverse);
    expect(&a.w, end_gates(&a), stacks);
}

static rn_tensor all_of(rn_tensor s)
{
    return s;
}

static rn_tensor backwards(rn_tensor s)
{
    return rn_reverse(s, 0);
}

static rn_tensor every_other(rn_tensor s)
{
    return rn_slice(s, 0, 0, T, 2);
}

Test(stack_columns, over_columns_only_in_the_same_slots)
{
    expect_columns(all_of, false, 3);
    expect_columns(all_of, true, 3);
    expect_columns(backwards, false, 5);
    expect_columns(every_other, false, 4);
    expect_columns(every_other, true, 4);
}

Test(stack_columns, not_over_columns_of_an_input)
{
    gates a = {.w.g = rn_graph_new()};
    world *w = &a.w;

    w->x = rn_test_f64(w->g, "x", rn_shape(T / 2, N, 2 * N));
    w->loop = rn_loop_begin(w->g);
    w->now = rn_loop_each(w->loop, w->x);
    w->carry = rn_loop_carry(w->loop, rn_fill(w->g, RN_F64, rn_shape(N, N), 0.5));
    a.one = rn_sigmoid(rn_slice(w->now, 1, 0, N, 1));
    a.two = rn_tanh(rn_mul(rn_slice(w->now, 1, N, 2 * N, 1), w->carry));
    expect(w, end_gates(&a), 2);
}

Test(stack_columns, not_over_columns_that_the_map_reads_in_another_order_too)
{
    gates a = begin_gates(false);
    const rn_tensor first = rn_slice(a.sum, 1, 0, N, 1);
    a.one = rn_sub(first, rn_transpose(first));
    expect(&a.w, end_gates(&a), 4);
}

/* In the reversed loop, what was written one iteration before is read. */
Test(stack_columns, not_over_columns_of_other_slots)
{
    for (int reverse = 0; reverse < 2; reverse++) {
        gates a = begin_gates(false);
        world *w = &a.w;
        w->loop = rn_loop_begin(w->g);
        if (reverse) rn_loop_reverse(w->loop);
        w->now = rn_loop_each(w->loop, rn_slice(w->s, 0, 0, T - 1, 1));
        const rn_tensor after = rn_loop_each(w->loop, rn_slice(w->s, 0, 1, T, 1));
        w->carry = rn_loop_carry(w->loop, rn_fill(w->g, RN_F64, rn_shape(N, N), 0.5));
        const rn_tensor early = rn_sin(rn_slice(after, 1, 0, N, 1));
        const rn_tensor late = rn_sin(rn_slice(after, 1, N, 2 * N, 1));
        a.one = rn_sigmoid(rn_slice(w->now, 1, 0, N, 1));
        a.two = rn_tanh(rn_mul(rn_slice(w->now, 1, N, 2 * N, 1), rn_add(early, late)));
        expect(w, end_gates(&a), 5);
    }
}

/* Each run of the inner loop reads the stack again. */
Test(stack_columns, not_over_columns_from_outside_two_loops)
{
    gates a = begin_gates(false);
    world *w = &a.w;

    rn_loop *outer = rn_loop_begin(w->g);
    const rn_tensor start =
        rn_loop_carry(outer, rn_fill(w->g, RN_F64, rn_shape(N, N), 0.5));
    rn_loop_each(outer, rn_slice(w->x, 0, 0, 3, 1));
    w->loop = rn_loop_begin(rn_loop_body(outer));
    w->now = rn_loop_each(w->loop, w->s);
    w->carry = rn_loop_carry(w->loop, start);
    const rn_tensor one = rn_sigmoid(rn_slice(w->now, 1, 0, N, 1));
    rn_loop_next(w->loop, w->carry,
                 rn_tanh(rn_mul(rn_slice(w->now, 1, N, 2 * N, 1), w->carry)));
    cr_assert(rn_loop_end(w->loop));
    const rn_tensor all = rn_loop_collect(w->loop, one);
    rn_loop_next(outer, start,
                 rn_add(rn_loop_final(w->loop, w->carry), rn_index(all, 0, 7)));
    cr_assert(rn_loop_end(outer));
    expect(w, rn_loop_final(outer, start), 4);
}

/* The columns of s are the steps of another loop. */
Test(stack_columns, not_over_columns_that_a_loop_walks_along)
{
    gates a = begin_columns(all_of, false);
    world *w = &a.w;
    const rn_tensor y = end_gates(&a);

    rn_loop *loop = rn_loop_begin(w->g);
    const rn_tensor column = rn_loop_each(loop, rn_permute(w->s, (int[]){2, 1, 0}));
    const rn_tensor sum = rn_loop_carry(loop, rn_fill(w->g, RN_F64, rn_shape(N, T), 0));
    rn_loop_next(loop, sum, rn_sin(rn_sub(column, sum)));
    cr_assert(rn_loop_end(loop));
    expect(w, rn_add(y, rn_slice(rn_loop_final(loop, sum), 1, 0, N, 1)), 6);
}

/* s is read after the run too. */
Test(stack_columns, not_over_columns_of_an_output)
{
    static double got[2 * COUNT], want[2 * COUNT];
    gates a = begin_columns(all_of, false);
    const rn_tensor y = end_gates(&a);
    double *to[2] = {got, want};

    for (int i = 0; i < 2; i++) {
        static double x[COUNT];
        rn_program *p = rn_test_compile_with(
            a.w.g,
            (rn_compile_options){RN_OUTPUTS(y, a.w.s), .without = i ? RN_PASS_ELIDE : 0});
        rn_test_feed(p, a.w.x, rn_test_numbers(x, COUNT, 3));
        rn_test_run(p);
        rn_test_read(p, a.w.s, to[i]);
        rn_program_free(p);
    }
    rn_test_near(got, want, 2 * COUNT, 0, "s");
    rn_graph_free(a.w.g);
}

/* The first half of its rows is written where the second half of the columns' is: it would
 * begin in one slot and end in the next. */
Test(stack_columns, not_over_columns_of_two_slots)
{
    gates a = begin_gates(false);
    world *w = &a.w;

    w->loop = rn_loop_begin(w->g);
    w->now = rn_loop_each(w->loop, rn_slice(w->s, 0, 0, T / 2, 1));
    w->carry = rn_loop_carry(w->loop, rn_fill(w->g, RN_F64, rn_shape(N, N), 0.5));
    const rn_tensor first = rn_slice(w->now, 1, 0, N, 1);
    const rn_tensor before = rn_sin(rn_slice(first, 0, 0, N / 2, 1));
    const rn_tensor upper = rn_sigmoid(rn_slice(first, 0, N / 2, N, 1));
    const rn_tensor lower = rn_cos(rn_mul(before, rn_slice(w->carry, 0, 0, N / 2, 1)));
    a.one = rn_concat((rn_tensor[]){upper, lower}, 2, 0);
    a.two = rn_tanh(rn_mul(rn_slice(w->now, 1, N, 2 * N, 1), w->carry));
    expect(w, end_gates(&a), 4);
}

/* What is read after the run has no strides of its own. */
Test(stack_columns, outputs_not_over_columns)
{
    gates a = begin_gates(false);
    rn_loop_next(a.w.loop, a.w.carry, rn_mul(a.one, a.two));
    cr_assert(rn_loop_end(a.w.loop));
    expect(&a.w, rn_loop_collect(a.w.loop, a.one), 4);
}

/* A kernel that needs dense operands. */
Test(stack_columns, not_over_columns_for_a_kernel_that_takes_no_strides)
{
    gates a = begin_gates(false);
    rn_loop_next(a.w.loop, a.w.carry, rn_mul(a.one, a.two));
    cr_assert(rn_loop_end(a.w.loop));
    const rn_tensor one = rn_loop_collect(a.w.loop, a.one);
    const rn_tensor two = rn_loop_collect(a.w.loop, a.two);
    const rn_tensor y = read_gates(&a, one, two);
    const rn_tensor three = rn_constant(a.w.g, RN_I32, rn_shape(1), (int32_t[]){3});
    expect(&a.w, rn_add(y, rn_index(rn_take(one, three), 0, 0)), 4);
}

/* ---- old stacks as columns of a new one ---- */

enum { PLAIN, READ_LATER, TRANSPOSED, READ_AFTER, THREE, HISTORY, ALONE };

/* A loop fills two stacks. A second one, in the other direction, is the last to read them
 * and fills a wide one, whose columns are computed from them. */
static rn_tensor wide_from(world *w, int kind)
{
    w->g = rn_graph_new();
    w->x = rn_test_f64(w->g, "x", rn_shape(T, N, N));
    w->loop = rn_loop_begin(w->g);
    w->now = rn_loop_each(w->loop, w->x);
    w->carry = rn_loop_carry(w->loop, rn_fill(w->g, RN_F64, rn_shape(N, N), 0.5));
    const rn_tensor first = rn_sigmoid(rn_add(w->now, w->carry));
    const rn_tensor second = rn_tanh(rn_mul(w->now, w->carry));
    rn_loop_next(w->loop, w->carry, rn_mul(first, second));
    cr_assert(rn_loop_end(w->loop));
    const rn_tensor ones =
        kind == HISTORY ? rn_slice(rn_loop_history(w->loop, w->carry), 0, 1, T + 1, 1)
                        : rn_loop_collect(w->loop, first);
    const rn_tensor twos = rn_loop_collect(w->loop, second);

    w->loop = rn_loop_begin(w->g);
    rn_loop_reverse(w->loop);
    const rn_tensor one = rn_loop_each(w->loop, ones), two = rn_loop_each(w->loop, twos);
    w->carry = rn_loop_carry(w->loop, rn_fill(w->g, RN_F64, rn_shape(N, N), 1));
    const rn_tensor u = rn_mul(w->carry, rn_cos(one));
    const rn_tensor read = kind == TRANSPOSED ? rn_transpose(one) : one;
    const rn_tensor part[3] = {rn_sub(u, read), rn_mul(w->carry, two), rn_cos(u)};
    const rn_tensor wide = rn_concat(part, kind == THREE ? 3 : 2, 1);
    const rn_tensor by = kind == READ_LATER ? one : part[1];
    rn_loop_next(w->loop, w->carry,
                 rn_tanh(kind == ALONE ? rn_mul(part[0], by) : rn_matmul(part[0], by)));
    cr_assert(rn_loop_end(w->loop));
    rn_tensor y = rn_reshape(rn_slice(rn_loop_collect(w->loop, wide), 2, 0, 2 * N, 1),
                             rn_shape(T, 2, SLOT));
    y = rn_add(rn_sum_axis(y, 1), rn_reshape(w->x, rn_shape(T, SLOT)));
    return kind == READ_AFTER ? rn_mul(y, rn_reshape(ones, rn_shape(T, SLOT))) : y;
}

/* The workspace holds x, the wide stack and the result, which lies over the old ones if
 * these are elsewhere. */
static void expect_wide(int kind, int stacks)
{
    world w;
    const rn_tensor y = wide_from(&w, kind);

    expect(&w, y, stacks);
}

Test(stack_columns, become_columns_of_a_new_stack)
{
    expect_wide(PLAIN, 4);
}

Test(stack_columns, become_no_columns_if_read_later)
{
    expect_wide(READ_LATER, 5);
}

Test(stack_columns, become_no_columns_if_read_in_another_order)
{
    expect_wide(TRANSPOSED, 5);
}

Test(stack_columns, become_no_columns_if_read_after_the_loop)
{
    expect_wide(READ_AFTER, 5);
}

/* The third column would be held for longer than the stacks of the others. */
Test(stack_columns, become_no_columns_if_there_are_others)
{
    expect_wide(THREE, 6);
}

/* The first slot of a history would lie before the new stack. */
Test(stack_columns, become_no_columns_if_they_are_longer)
{
    expect_wide(HISTORY, 5);
}

/* Maps that nothing but maps are beside run over whole steps. */
Test(stack_columns, become_no_columns_without_products)
{
    expect_wide(ALONE, 5);
}
