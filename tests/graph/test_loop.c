/* SPDX-License-Identifier: MIT */
/* The messages of the builders of loops. */
#include "run/driver.h"

typedef struct world {
    rn_graph *g, *other;
    rn_tensor xs, ys, h0, s, lengths, w;
    rn_loop *loop;
} world;

static world begin(void)
{
    world w = {.g = rn_graph_new(), .other = rn_graph_new()};

    w.xs = rn_test_f64(w.g, "xs", rn_shape(5, 3, 2));
    w.ys = rn_test_f64(w.g, "ys", rn_shape(4, 3, 2));
    w.h0 = rn_test_f64(w.g, "h0", rn_shape(3, 2));
    w.s = rn_test_f64(w.g, "s", rn_shape());
    w.lengths = rn_input(w.g, "lengths", RN_I32, rn_shape(3));
    w.w = rn_test_f64(w.g, "w", rn_shape(4, 2));
    w.loop = rn_loop_begin(w.g);
    cr_assert(w.loop);
    return w;
}

static void expect(world *w, const char *message)
{
    rn_test_error_is(w->g, message);
    rn_graph_free(w->g);
    rn_graph_free(w->other);
}

/* A loop h = -h over xs that has ended. */
static rn_tensor ended(world *w)
{
    rn_loop_each(w->loop, w->xs);
    const rn_tensor h = rn_name(rn_loop_carry(w->loop, w->h0), "h"), n = rn_neg(h);

    rn_loop_next(w->loop, h, n);
    cr_assert(rn_loop_end(w->loop), "%s", rn_graph_error(w->g));
    return n;
}

/* ---- step inputs and steps ---- */

Test(loop, steps_differ)
{
    world w = begin();
    rn_loop_each(w.loop, w.xs);
    cr_assert(rn_is_null(rn_loop_each(w.loop, w.ys)));
    expect(&w, "loop: number of steps differs: ys [4,3,2] has 4, others 5");
}

Test(loop, steps_differ_from_what_was_set)
{
    world w = begin();
    rn_loop_steps(w.loop, 9);
    cr_assert(rn_is_null(rn_loop_each(w.loop, w.xs)));
    expect(&w, "loop: number of steps differs: xs [5,3,2] has 5, others 9");
}

Test(loop, more_steps_than_an_index_counts)
{
    for (int k = 0; k < 2; k++) {
        world w = begin();
        rn_loop_steps(w.loop, ((int64_t)1 << 31) + k);
        const rn_tensor i = rn_loop_index(w.loop);
        const rn_tensor c = rn_loop_carry(w.loop, rn_constant_scalar(w.g, RN_I32, 0));
        rn_loop_next(w.loop, c, i);
        cr_assert_eq(rn_loop_end(w.loop), k == 0);
        expect(&w, k ? "loop: too many steps for an i32 index: 2147483649" : "");
    }
}

Test(loop, steps_set_differently)
{
    world w = begin();
    rn_loop_each(w.loop, w.xs);
    rn_loop_steps(w.loop, 5);
    rn_test_error_is(w.g, "");
    rn_loop_steps(w.loop, 6);
    expect(&w, "loop: number of steps differs: rn_loop_steps has 6, others 5");
}

Test(loop, negative_steps)
{
    world w = begin();
    rn_loop_steps(w.loop, -1);
    expect(&w, "loop: rn_loop_steps: steps must not be negative: -1");
}

Test(loop, steps_unknown)
{
    world w = begin();
    const rn_tensor h = rn_loop_carry(w.loop, w.h0);
    rn_loop_next(w.loop, h, rn_neg(h));
    cr_assert_not(rn_loop_end(w.loop));
    expect(&w, "loop: number of steps unknown: no step inputs, no rn_loop_steps");
}

Test(loop, a_scalar_has_no_steps)
{
    world w = begin();
    cr_assert(rn_is_null(rn_loop_each(w.loop, w.s)));
    expect(&w, "loop: each: a scalar has no steps: s []");
}

Test(loop, the_same_sequence_twice_is_one_leaf)
{
    world w = begin();
    cr_assert_eq(rn_loop_each(w.loop, w.xs).id, rn_loop_each(w.loop, w.xs).id);
    expect(&w, "");
}

/* ---- form ---- */

Test(loop, reversed_too_late)
{
    world w = begin();
    rn_loop_each(w.loop, w.xs);
    rn_loop_reverse(w.loop);
    expect(&w, "loop: reverse: must come before the loop's inputs and carries");
}

Test(loop, lengths_too_late)
{
    world w = begin();
    rn_loop_carry(w.loop, w.h0);
    rn_loop_lengths(w.loop, w.lengths);
    expect(&w, "loop: lengths: must come before the loop's inputs and carries");
}

Test(loop, lengths_of_another_type)
{
    world w = begin();
    rn_loop_lengths(w.loop, w.h0);
    expect(&w, "loop: lengths must be i32 [B]: f64 h0 [3,2]");
}

Test(loop, lengths_need_the_batch_in_step_inputs)
{
    world w = begin();
    rn_loop_lengths(w.loop, w.lengths);
    cr_assert(rn_is_null(rn_loop_each(w.loop, w.w)));
    expect(&w, "loop: each: with lengths the first axis must be the batch of 3: w [2]");
}

Test(loop, lengths_need_the_batch_in_carries)
{
    world w = begin();
    rn_loop_lengths(w.loop, w.lengths);
    rn_loop_each(w.loop, w.xs);
    rn_loop_carry(w.loop, rn_name(w.s, "c"));
    expect(&w, "loop: carry: with lengths the first axis must be the batch of 3: c []");
}

Test(loop, lengths_need_the_batch_in_what_is_collected)
{
    world w = begin();
    rn_loop_lengths(w.loop, w.lengths);
    const rn_tensor x = rn_loop_each(w.loop, w.xs);
    const rn_tensor sum = rn_name(rn_sum_all(x), "sum");
    cr_assert(rn_loop_end(w.loop));
    cr_assert(rn_is_null(rn_loop_collect(w.loop, sum)));
    expect(&w, "loop: collect: with lengths the first axis must be the batch of 3: sum []");
}

/* ---- carries ---- */

Test(loop, a_carry_changes_shape)
{
    world w = begin();
    const rn_tensor x = rn_loop_each(w.loop, w.xs), h = rn_loop_carry(w.loop, w.h0);
    rn_loop_next(w.loop, h, rn_sum_axis(rn_add(h, x), 0));
    expect(&w, "loop: carry \"h0\" changes shape: [3,2] becomes [2]");
}

Test(loop, a_carry_changes_type)
{
    world w = begin();
    const rn_tensor h = rn_name(rn_loop_carry(w.loop, w.h0), "lstm/h");
    rn_loop_next(w.loop, h, rn_cast(h, RN_F32));
    expect(&w, "loop: carry \"lstm/h\" changes type: f64 becomes f32");
}

Test(loop, a_carry_has_no_next_value)
{
    world w = begin();
    rn_loop_each(w.loop, w.xs);
    rn_loop_carry(w.loop, w.h0);
    cr_assert_not(rn_loop_end(w.loop));
    expect(&w, "loop: carry \"h0\" has no next value");
}

Test(loop, an_unnamed_carry_has_no_next_value)
{
    world w = begin();
    rn_loop_each(w.loop, w.xs);
    rn_loop_carry(w.loop, rn_neg(w.h0));
    cr_assert_not(rn_loop_end(w.loop));
    expect(&w, "loop: carry \"a carry\" has no next value");
}

Test(loop, a_carry_has_two_next_values)
{
    world w = begin();
    const rn_tensor h = rn_loop_carry(w.loop, w.h0);
    rn_loop_next(w.loop, h, rn_neg(h));
    rn_loop_next(w.loop, h, rn_tanh(h));
    expect(&w, "loop: carry \"h0\" has a next value already");
}

Test(loop, next_of_what_is_no_carry)
{
    world w = begin();
    const rn_tensor x = rn_loop_each(w.loop, w.xs);
    rn_loop_next(w.loop, x, rn_neg(x));
    expect(&w, "loop: next: not a carry of this loop");
}

Test(loop, final_of_what_is_no_carry)
{
    world w = begin();
    const rn_tensor n = ended(&w);
    cr_assert(rn_is_null(rn_loop_final(w.loop, n)));
    expect(&w, "loop: final: not a carry of this loop");
}

Test(loop, history_of_what_is_no_carry)
{
    world w = begin();
    ended(&w);
    cr_assert(rn_is_null(rn_loop_history(w.loop, w.h0)));
    expect(&w, "loop: history: not a carry of this loop");
}

/* ---- where tensors belong ---- */

Test(loop, a_body_tensor_outside)
{
    world w = begin();
    const rn_tensor n = ended(&w);
    cr_assert(rn_is_null(rn_neg(n)));
    expect(&w, "neg: the loop has ended; rn_loop_collect returns its values: neg#2 [3,2]");
}

Test(loop, a_body_tensor_with_an_outer_one)
{
    world w = begin();
    const rn_tensor n = ended(&w);
    cr_assert(rn_is_null(rn_add(rn_name(n, "n"), w.h0)));
    expect(
        &w,
        "add: the loop has ended; rn_loop_collect returns its values: n [3,2], h0 [3,2]");
}

Test(loop, a_body_tensor_in_another_loop)
{
    world w = begin();
    const rn_tensor n = rn_name(ended(&w), "n");
    rn_loop *second = rn_loop_begin(w.g);
    const rn_tensor x = rn_loop_each(second, w.ys);
    cr_assert(rn_is_null(rn_add(x, n)));
    expect(&w, "add: tensor of a loop's body used outside it: n [3,2]");
}

Test(loop, a_body_tensor_as_an_initial_value)
{
    world w = begin();
    const rn_tensor n = rn_name(ended(&w), "n");
    rn_loop *second = rn_loop_begin(w.g);
    cr_assert(rn_is_null(rn_loop_carry(second, n)));
    expect(&w, "loop: carry: tensor of a loop's body used outside it: n [3,2]");
}

Test(loop, a_body_tensor_as_an_output)
{
    world w = begin();
    const rn_tensor n = rn_name(ended(&w), "n");
    cr_assert_null(rn_compile(w.g, (rn_compile_options){RN_OUTPUTS(n)}));
    expect(&w, "compile: output 0 is of another graph or a loop's body: n [3,2]");
}

Test(loop, a_body_tensor_assigned)
{
    world w = begin();
    rn_variable *v = rn_variable_new((rn_allocator){0}, "v", RN_F64, rn_shape(3, 2));
    const rn_tensor x = rn_loop_each(w.loop, w.xs);
    cr_assert(rn_is_null(rn_assign(rn_read_variable(w.g, v), x)));
    rn_variable_release(v);
    expect(&w, "assign: tensor of a loop's body used outside it: xs [3,2]");
}

Test(loop, a_tensor_of_another_graph)
{
    world w = begin();
    const rn_tensor far = rn_test_f64(w.other, "far", rn_shape(5, 2));
    cr_assert(rn_is_null(rn_loop_each(w.loop, far)));
    expect(&w, "loop: each: tensor of another graph: far [5,2]");
}

Test(loop, a_tensor_of_another_graph_collected)
{
    world w = begin();
    rn_graph *far = rn_graph_new();
    ended(&w);
    cr_assert(
        rn_is_null(rn_loop_collect(w.loop, rn_input(far, "far", RN_F32, rn_shape(2)))));
    expect(&w, "loop: collect: tensor of another graph: far [2]");
    rn_graph_free(far);
}

Test(loop, null_tensors_are_told_of)
{
    world w = begin();
    cr_assert(rn_is_null(rn_loop_carry(w.loop, rn_null())));
    expect(&w, "loop: carry: given the null tensor");
}

Test(loop, a_history_of_too_many_steps)
{
    world w = begin();
    rn_loop *loop = rn_loop_begin(w.g);
    const rn_tensor h = rn_loop_carry(loop, w.h0);
    rn_loop_steps(loop, INT64_MAX);
    rn_loop_next(loop, h, h);
    cr_assert(rn_loop_end(loop));
    cr_assert(rn_is_null(rn_loop_history(loop, h)));
    expect(&w, "loop: collect: invalid shape: [9223372036854775807,3,2]");
}
