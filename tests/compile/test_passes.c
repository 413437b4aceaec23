/* SPDX-License-Identifier: MIT */
/* Every pass that can be left out: without it a program computes the same values. */
#include "run/driver.h"

#include <rondo/model.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>

enum { T = 8, B = 3, I = 4, H = 6, STEPS = 3 };

/* Larger than a tile, so that there is something to fuse. */
enum { WIDE = 3000, SIDE = 30 };

/* Enough for a loop to compute values again. */
enum { LARGE = 90 };

static const unsigned passes[] = {
    RN_PASS_MERGE_LOOPS, RN_PASS_HOIST,         RN_PASS_ELIDE,          RN_PASS_FUSE,
    RN_PASS_PACK,        RN_PASS_JOIN_PRODUCTS, RN_PASS_SPLIT_PRODUCTS, RN_PASS_ROWS,
    RN_PASS_ACCUMULATE,  RN_PASS_PARTS,         RN_PASS_RECOMPUTE,      RN_PASS_ROW_BLOCKS,
    RN_PASS_CHECKPOINT,  RN_PASS_SCAN,          RN_PASS_CONTRACT};

typedef struct results {
    double loss[STEPS], dx[T * B * I], wide[WIDE], split[SIDE * SIDE];
    int calls, lines;
} results;

static int lines_of(const rn_program *p)
{
    static char text[200000];
    int n = 0;

    rn_program_print(p, text, sizeof text);
    for (const char *at = text; (at = strchr(at, '\n')); at++) n++;
    return n;
}

/* An average of the steps of x, a loop that becomes a scan. */
static rn_tensor average_of(rn_tensor x)
{
    rn_loop *loop = rn_loop_begin(x.graph);
    const rn_tensor each = rn_loop_each(loop, x);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(x.graph, RN_F64, rn_shape(B, I), 0));
    const rn_tensor next = rn_add(rn_scale(h, 0.9), each);

    rn_loop_next(loop, h, next);
    cr_assert(rn_loop_end(loop));
    return rn_loop_collect(loop, next);
}

/* The gradient of x beside some steps of training, a chain, and a product of
 * concatenations. */
static void train(unsigned without, results *r)
{
    rn_model *model = rn_model_new_using(1, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    const rn_tensor v = rn_input(g, "v", RN_F64, rn_shape(WIDE));
    const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
    const rn_sequence s =
        rn_lstm(rn_root(g, model), "lstm", x,
                (rn_recurrent_options){
                    .units = H, .layers = 2, .bidirectional = true, .lengths = lengths});
    const rn_tensor low = rn_slice(s.outputs, -1, 0, H, 1);
    const rn_tensor high = rn_slice(s.outputs, -1, H, 2 * H, 1);
    const rn_sequence gru =
        rn_gru(rn_root(g, model), "gru", x, (rn_recurrent_options){.units = LARGE});
    const rn_sequence rnn =
        rn_rnn(rn_root(g, model), "rnn", x,
               (rn_recurrent_options){.units = H, .checkpoint = RN_CHECKPOINT_SQRT});
    const rn_tensor one = rn_add(rn_mean_all(rn_sum_axis(rn_mul(low, rn_sin(high)), -1)),
                                 rn_mean_all(rn_square(rn_normalize(gru.outputs, 1e-5))));
    const rn_tensor two = rn_add(one, rn_mean_all(rn_square(rnn.last)));
    const rn_tensor loss = rn_add(two, rn_mean_all(rn_square(average_of(x))));
    const rn_tensor wide = rn_mul(rn_exp(rn_tanh(v)), v);
    const rn_tensor square =
        rn_reshape(rn_slice(v, 0, 0, SIDE * SIDE, 1), rn_shape(SIDE, SIDE));
    const rn_tensor both[2] = {square, rn_tanh(square)};
    const rn_tensor split =
        rn_matmul_transposed(rn_concat(both, 2, 0), rn_concat(both, 2, 0), RN_TRANSPOSE_X);
    const int32_t length[B] = {5, 2, 3};
    double in[T * B * I], more[WIDE];
    rn_tensor dx;

    rn_grad(loss, rn_null(), &x, 1, &dx);
    rn_program *p =
        rn_compile(g, (rn_compile_options){RN_OUTPUTS(dx, wide, split), .minimize = loss,
                                           .with = rn_adam(0.1), .without = without});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_numbers(in, T * B * I, 7);
    rn_test_numbers(more, WIDE, 8);
    rn_test_feed(p, x, in);
    rn_test_feed(p, v, more);
    cr_assert_eq(rn_feed_i32(p, lengths, length, B), RN_OK);
    for (int i = 0; i < STEPS; i++) {
        rn_test_run(p);
        r->loss[i] = rn_scalar(p, loss);
    }
    rn_test_read(p, dx, r->dx);
    rn_test_read(p, wide, r->wide);
    rn_test_read(p, split, r->split);
    r->calls = rn_program_calls(p);
    r->lines = lines_of(p);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

static void expect_same(unsigned without, const results *all)
{
    static results some;

    train(without, &some);
    rn_test_near(some.loss, all->loss, STEPS, 1e-12, "loss");
    rn_test_near(some.dx, all->dx, T * B * I, 1e-12, "dx");
    rn_test_near(some.wide, all->wide, WIDE, 1e-12, "wide");
    rn_test_near(some.split, all->split, SIDE * SIDE, 1e-12, "split");
    cr_assert(some.calls != all->calls || some.lines != all->lines,
              "passes 0x%x change nothing", without);
}

Test(passes, without_any_pass_the_values_are_the_same)
{
    static results all;
    unsigned every = 0;

    train(0, &all);
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        expect_same(passes[i], &all);
        every |= passes[i];
    }
    cr_assert_eq(every, (unsigned)RN_PASS_ALL);
    expect_same(every, &all);
}

static void refused(rn_compile_options options, const char *message)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2));

    options.outputs = &x;
    options.output_count = 1;
    cr_assert(!rn_compile(g, options));
    rn_test_error_is(g, message);
    rn_graph_free(g);
}

Test(passes, unknown_ones_and_negative_threads_are_refused)
{
    refused((rn_compile_options){.without = RN_PASS_FUSE | 0x8000},
            "compile: without: 0x8000 is not of rn_pass");
    refused((rn_compile_options){.threads = -3}, "compile: -3 threads, an invalid number");
}
