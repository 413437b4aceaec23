/* SPDX-License-Identifier: MIT */
/* Stacks that a loop puts over others, and those that it must not. */
#include "stack_world.h"

#include <rondo/losses.h>
#include <rondo/model.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>

static world begin(bool reverse)
{
    world w = {.g = rn_graph_new()};

    w.x = rn_test_f64(w.g, "x", rn_shape(T, N, N));
    w.s = rn_tanh(w.x);
    w.loop = rn_loop_begin(w.g);
    if (reverse) rn_loop_reverse(w.loop);
    w.now = rn_loop_each(w.loop, w.s);
    w.carry = rn_loop_carry(w.loop, rn_fill(w.g, RN_F64, rn_shape(N, N), 0.5));
    return w;
}

static rn_tensor end(world *w, rn_tensor next, rn_tensor collected)
{
    rn_loop_next(w->loop, w->carry, next);
    cr_assert(rn_loop_end(w->loop));
    return rn_loop_collect(w->loop, collected);
}

Test(stacks, over_one_that_is_not_read_again)
{
    for (int reverse = 0; reverse < 2; reverse++) {
        world w = begin(reverse);
        const rn_tensor y = rn_sin(rn_mul(rn_matmul(w.now, w.carry), w.now));
        expect(&w, end(&w, rn_tanh(y), y), 2);
    }
}

Test(stacks, over_one_that_this_map_reads)
{
    world w = begin(false);
    const rn_tensor y = rn_mul(w.now, rn_sub(w.carry, w.now));
    expect(&w, end(&w, rn_tanh(rn_matmul(y, y)), y), 2);
}

/* The second loop's stack lies over the first one's, which lies over s. */
Test(stacks, over_one_that_lies_over_another)
{
    world w = begin(false);
    const rn_tensor product = rn_mul(w.carry, w.now);
    const rn_tensor first = end(&w, rn_sin(product), product);

    w.loop = rn_loop_begin(w.g);
    rn_loop_reverse(w.loop);
    w.now = rn_loop_each(w.loop, first);
    w.carry = rn_loop_carry(w.loop, rn_fill(w.g, RN_F64, rn_shape(N, N), 1));
    const rn_tensor y = rn_sub(w.carry, w.now);
    expect(&w, end(&w, rn_sin(rn_matmul(y, y)), y), 2);
}

Test(stacks, not_over_one_that_is_read_after_the_loop)
{
    world w = begin(false);
    const rn_tensor product = rn_mul(w.carry, w.now);
    const rn_tensor y = end(&w, rn_sin(product), product);
    expect(&w, rn_add(y, rn_reverse(w.s, 0)), 3);
}

Test(stacks, not_over_one_that_is_read_later_in_the_step)
{
    world w = begin(false);
    const rn_tensor y = rn_mul(w.now, w.carry);
    expect(&w, end(&w, rn_add(rn_matmul(y, w.now), w.carry), y), 3);
}

Test(stacks, not_over_one_that_this_map_reads_in_another_order)
{
    world w = begin(false);
    const rn_tensor y = rn_mul(rn_transpose(w.now), w.carry);
    expect(&w, end(&w, rn_tanh(y), y), 3);
}

/* A kernel must not write over what it reads. */
Test(stacks, not_over_one_that_this_kernel_reads)
{
    world w = begin(false);
    const rn_tensor y = rn_matmul(w.now, w.carry);
    expect(&w, end(&w, rn_tanh(y), y), 3);
}

/* Of a history, two slots are read in each step: the second loop's stack would overwrite
 * one that the next step reads. */
Test(stacks, not_over_one_of_which_other_slots_are_read)
{
    world w = begin(false);
    const rn_tensor next = rn_tanh(rn_matmul(w.now, w.carry));
    end(&w, next, next);
    const rn_tensor all = rn_loop_history(w.loop, w.carry);

    w.loop = rn_loop_begin(w.g);
    const rn_tensor before = rn_loop_each(w.loop, rn_slice(all, 0, 0, T, 1));
    const rn_tensor after = rn_loop_each(w.loop, rn_slice(all, 0, 1, T + 1, 1));
    w.carry = rn_loop_carry(w.loop, rn_fill(w.g, RN_F64, rn_shape(N, N), 1));
    const rn_tensor y = rn_sub(rn_mul(before, after), w.carry);
    expect(&w, end(&w, rn_sin(y), y), 3);
}

/* One slot is read in each step: the stack, which is shorter, lies over the slots. */
Test(stacks, over_a_longer_history)
{
    world w = begin(false);
    const rn_tensor next = rn_tanh(rn_matmul(w.now, w.carry));
    end(&w, next, next);
    const rn_tensor all = rn_loop_history(w.loop, w.carry);

    w.loop = rn_loop_begin(w.g);
    const rn_tensor after = rn_loop_each(w.loop, rn_slice(all, 0, 1, T + 1, 1));
    w.carry = rn_loop_carry(w.loop, rn_fill(w.g, RN_F64, rn_shape(N, N), 1));
    const rn_tensor y = rn_sub(after, w.carry);
    expect(&w, end(&w, rn_sin(y), y), 3);
}

/* ---- a training step ---- */

/* What the backward pass of an LSTM needs are three gates, the candidate and tanh c of each
 * step, and the states; with inputs and their gradient. Scratch memory is the larger part
 * of a small batch's; joining products takes some. */
static void train_an_lstm(int64_t batch, unsigned without)
{
    enum { STEPS = 400, H = 32, LIMIT = 9 };
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_shape shape = rn_shape(STEPS, batch, H);
    const rn_tensor x = rn_input(g, "x", RN_F32, shape),
                    y = rn_input(g, "y", RN_F32, shape);
    const rn_sequence s =
        rn_lstm(rn_root(g, model), "lstm", x, (rn_recurrent_options){.units = H});
    const rn_tensor loss = rn_mean_squared_error(s.outputs, y);
    rn_tensor dx;

    rn_grad(loss, rn_null(), &x, 1, &dx);
    rn_program *p =
        rn_compile(g, (rn_compile_options){RN_OUTPUTS(dx), .minimize = loss,
                                           .with = rn_sgd(0.1, 0), .without = without});
    cr_assert(p, "%s", rn_graph_error(g));
    const double value = (double)(STEPS * batch * H) * sizeof(float);
    const double values = (double)rn_program_workspace(p) / value;
    cr_assert_leq(values, 1.25 * LIMIT, "%.2f values [T,B,H]", values);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(stacks, training_an_lstm_takes_little_more_than_it_must_keep)
{
    train_an_lstm(32, 0);
    train_an_lstm(8, RN_PASS_JOIN_PRODUCTS);
}
