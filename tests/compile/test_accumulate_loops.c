/* SPDX-License-Identifier: MIT */
/* Which products and additions in loops become one step, with the bits of two. */
#include "accumulate.h"

/* z = s[t] + h w; h' = tanh(z), a stack of cos z + v; s is xs W of all steps. */
typedef struct looping {
    rn_loop *loop;
    rn_tensor s, now, h, sum, next, kept;
} looping;

static looping recur(world *a)
{
    looping l = {.s = rn_matmul(a->xs, a->v)};

    l.loop = rn_loop_begin(a->g);
    l.now = rn_loop_each(l.loop, l.s);
    l.h = rn_loop_carry(l.loop, a->x);
    l.sum = rn_add(l.now, rn_matmul(l.h, a->w));
    l.next = rn_tanh(l.sum);
    l.kept = rn_cos(rn_add(l.sum, rn_index(a->v, 0, 0)));
    return l;
}

/* The last h, plus the sum of the stack, of which each step keeps one. */
static rn_tensor end(const looping *l, rn_tensor next)
{
    rn_loop_next(l->loop, l->h, next);
    cr_assert(rn_loop_end(l->loop));
    const rn_tensor last = rn_loop_final(l->loop, l->h);
    if (rn_is_null(l->kept)) return last;
    return rn_add(last, rn_sum_axis(rn_loop_collect(l->loop, l->kept), 0));
}

Test(accumulate_loops, adds_to_the_slot_of_a_stack)
{
    world a = begin();
    const looping l = recur(&a);
    expect(&a, end(&l, l.next), 1);
}

/* A batch with lengths: slots are the rows that a step has. */
Test(accumulate_loops, adds_to_rows_of_a_batch_with_lengths)
{
    static const int32_t lengths[N] = {2, T, 0, 5, 3};
    world a = begin();
    const rn_tensor n = rn_constant(a.g, RN_I32, rn_shape(N), lengths);
    rn_loop *loop = rn_loop_begin(a.g);
    rn_loop_lengths(loop, n);
    const rn_tensor now = rn_loop_each(loop, a.xs), h = rn_loop_carry(loop, a.x);
    const rn_tensor sum = rn_add(rn_matmul(now, a.v), rn_matmul(h, a.w));
    const rn_tensor kept = rn_sin(sum);
    rn_loop_next(loop, h, rn_tanh(sum));
    cr_assert(rn_loop_end(loop));
    EXPECT(a, 1, rn_loop_final(loop, h), rn_cos(rn_loop_collect(loop, kept)));
}

/* Of what nothing keeps, no slot is written. */
Test(accumulate_loops, not_to_a_slot_for_temporaries_alone)
{
    world a = begin();
    looping l = recur(&a);
    l.kept = rn_null();
    expect(&a, end(&l, l.next), 0);
}

Test(accumulate_loops, not_to_a_slot_for_what_is_kept_in_another_order)
{
    world a = begin();
    looping l = recur(&a);
    l.kept = rn_matmul(l.sum, a.w);
    expect(&a, end(&l, rn_tanh(l.kept)), 0);
}

Test(accumulate_loops, not_to_a_stack_that_is_read_after_the_loop)
{
    world a = begin();
    const looping l = recur(&a);
    EXPECT(a, 0, end(&l, l.next), rn_sin(l.s));
}

/* The second loop advances like the first, one slot ahead. */
Test(accumulate_loops, not_to_a_stack_that_another_loop_reads)
{
    world a = begin();
    looping l = recur(&a);
    const rn_tensor first = end(&l, l.next);
    l.kept = rn_null();
    l.loop = rn_loop_begin(a.g);
    l.h = rn_loop_carry(l.loop, first);
    l.now = rn_loop_each(l.loop, rn_slice(l.s, 0, 1, T, 1));
    expect(&a, end(&l, rn_sin(rn_sub(l.now, l.h))), 0);
}

Test(accumulate_loops, not_to_a_slot_that_is_read_later_in_the_step)
{
    world a = begin();
    const looping l = recur(&a);
    expect(&a, end(&l, rn_mul(l.next, l.now)), 0);
}

Test(accumulate_loops, not_to_a_stack_of_which_other_slots_are_read)
{
    world a = begin();
    const rn_tensor s = rn_matmul(a.xs, a.v);
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor now = rn_loop_each(loop, rn_slice(s, 0, 0, T - 1, 1));
    const rn_tensor after = rn_loop_each(loop, rn_slice(s, 0, 1, T, 1));
    const rn_tensor h = rn_loop_carry(loop, a.x);
    const rn_tensor sum = rn_add(after, rn_matmul(h, a.w));
    const rn_tensor kept = rn_cos(sum);
    rn_loop_next(loop, h, rn_tanh(rn_mul(sum, rn_sin(now))));
    cr_assert(rn_loop_end(loop));
    EXPECT(a, 0, rn_loop_final(loop, h), rn_sum_axis(rn_loop_collect(loop, kept), 0));
}

/* Every step reads it again. */
Test(accumulate_loops, not_to_a_value_from_outside_the_loop)
{
    world a = begin();
    const rn_tensor outside = rn_tanh(a.v);
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor h = rn_loop_carry(loop, a.x);
    rn_loop_each(loop, a.xs);
    const rn_tensor sum = rn_add(outside, rn_matmul(h, a.w)), kept = rn_cos(sum);
    rn_loop_next(loop, h, rn_tanh(sum));
    cr_assert(rn_loop_end(loop));
    EXPECT(a, 0, rn_loop_final(loop, h), rn_sum_axis(rn_loop_collect(loop, kept), 0));
}

/* The loop around runs the inner one again, on the same stack. */
Test(accumulate_loops, not_to_a_stack_from_outside_two_loops)
{
    world a = begin();
    const rn_tensor s = rn_matmul(a.xs, a.v);
    rn_loop *outer = rn_loop_begin(a.g);
    const rn_tensor first = rn_loop_carry(outer, a.x);
    rn_loop_each(outer, a.xs);
    rn_loop *loop = rn_loop_begin(rn_loop_body(outer));
    const rn_tensor now = rn_loop_each(loop, s), h = rn_loop_carry(loop, first);
    const rn_tensor sum = rn_add(now, rn_matmul(h, a.w)), kept = rn_cos(sum);
    rn_loop_next(loop, h, rn_tanh(sum));
    cr_assert(rn_loop_end(loop));
    const rn_tensor all = rn_sum_axis(rn_loop_collect(loop, kept), 0);
    rn_loop_next(outer, first, rn_sin(rn_add(rn_loop_final(loop, h), all)));
    cr_assert(rn_loop_end(outer));
    expect(&a, rn_loop_final(outer, first), 0);
}

/* The product before the loop is added in each of its steps. */
Test(accumulate_loops, not_a_product_from_outside_the_loop)
{
    world a = begin();
    const rn_tensor s = rn_tanh(a.xs), product = rn_matmul(a.v, a.w);
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor h = rn_loop_carry(loop, a.x), now = rn_loop_each(loop, s);
    const rn_tensor sum = rn_add(now, product), kept = rn_cos(sum);
    rn_loop_next(loop, h, rn_tanh(rn_mul(sum, h)));
    cr_assert(rn_loop_end(loop));
    EXPECT(a, 0, rn_loop_final(loop, h), rn_sum_axis(rn_loop_collect(loop, kept), 0));
}

/* c' = c + tanh(h w) v: the carry stays where it is. */
Test(accumulate_loops, adds_to_a_carry)
{
    world a = begin();
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor h = rn_loop_carry(loop, a.x), c = rn_loop_carry(loop, a.v);
    rn_loop_each(loop, a.xs);
    const rn_tensor next = rn_add(c, rn_matmul(rn_tanh(rn_matmul(h, a.w)), a.v));
    rn_loop_next(loop, c, next);
    rn_loop_next(loop, h, rn_sin(rn_mul(h, next)));
    cr_assert(rn_loop_end(loop));
    EXPECT(a, 1, rn_loop_final(loop, h), rn_loop_final(loop, c));
}

Test(accumulate_loops, not_to_a_carry_that_the_product_reads)
{
    world a = begin();
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor h = rn_loop_carry(loop, a.x);
    rn_loop_each(loop, a.xs);
    rn_loop_next(loop, h, rn_add(h, rn_matmul(h, a.w)));
    cr_assert(rn_loop_end(loop));
    expect(&a, rn_loop_final(loop, h), 0);
}

/* h' = 0.5 h + sin(h) w: half of h is computed where h' goes. */
Test(accumulate_loops, adds_where_the_result_goes)
{
    world a = begin();
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor h = rn_loop_carry(loop, a.x);
    rn_loop_each(loop, a.xs);
    const rn_tensor sin = rn_sin(h), half = rn_scale(h, 0.5);
    rn_loop_next(loop, h, rn_add(half, rn_matmul(sin, a.w)));
    cr_assert(rn_loop_end(loop));
    EXPECT(a, 1, rn_loop_history(loop, h));
}

/* A later product reads h, where h' must not be yet. */
Test(accumulate_loops, not_where_the_result_goes_while_that_is_read)
{
    world a = begin();
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor h = rn_loop_carry(loop, a.x);
    rn_loop_each(loop, a.xs);
    const rn_tensor half = rn_scale(h, 0.5);
    rn_loop_next(loop, h, rn_add(half, rn_matmul(h, a.w)));
    cr_assert(rn_loop_end(loop));
    expect(&a, rn_loop_final(loop, h), 0);
}
