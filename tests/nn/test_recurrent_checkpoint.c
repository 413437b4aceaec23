/* SPDX-License-Identifier: MIT */
/* Recurrent layers with a memory budget: they train the same, in less memory. */
#include "run/driver.h"

#include <rondo/model.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>

/* ---- layers ---- */

enum { T = 11, B = 3, I = 3, H = 5, RUNS = 3 };

static int loops_of(const rn_program *p)
{
    static char text[400000];
    int n = 0;

    rn_program_print(p, text, sizeof text);
    for (const char *at = text; (at = strstr(at, "loop ")); at++) n++;
    return n;
}

typedef struct trained {
    double loss[RUNS], dx[T * B * I], final[B * H];
    int loops;
} trained;

/* Options that change what the loop is given, draws and keeps. */
static rn_recurrent_options options_of(rn_graph *g, int variant)
{
    const int32_t lengths[B] = {7, 0, T};
    bool on[T * B], begin[T * B];
    rn_recurrent_options o = {.units = H, .layers = 2};

    for (int i = 0; i < T * B; i++) on[i] = i % 5 != 2, begin[i] = i % 7 == 3;
    if (variant & 1) o.lengths = rn_constant(g, RN_I32, rn_shape(B), lengths);
    switch (variant / 2) {
    case 0:
        o.bidirectional = true;
        break;
    case 1:
        o.reverse = true, o.connect = RN_CONNECT_SKIP, o.learn_initial = true;
        break;
    case 2:
        o.dropout = 0.3, o.input_dropout = 0.2, o.recurrent_dropout = 0.25;
        o.zoneout[0] = 0.2, o.weight_drop = 0.1;
        break;
    case 3:
        o.dropout = 0.3, o.variational = true, o.stateful = true;
        break;
    default:
        o.mask = rn_constant(g, RN_BOOL, rn_shape(T, B), on), o.hold = true;
        o.restarts = rn_constant(g, RN_BOOL, rn_shape(T, B), begin);
    }
    return o;
}

static void train(int variant, int64_t bytes, trained *r)
{
    rn_model *model = rn_model_new_using(3, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, I));
    rn_recurrent_options o = options_of(g, variant);

    o.checkpoint = bytes;
    const rn_sequence s = variant % 3 ? rn_lstm(rn_root(g, model), "rnn", x, o)
                                      : rn_gru(rn_root(g, model), "rnn", x, o);
    const rn_tensor loss =
        rn_add(rn_mean_all(rn_square(s.outputs)), rn_mean_all(rn_sin(s.final[0])));
    double in[T * B * I];
    rn_tensor dx;

    rn_grad(loss, rn_null(), &x, 1, &dx);
    rn_program *p = rn_test_compile_with(g, (rn_compile_options){RN_OUTPUTS(dx, s.final[0]),
                                                                 .minimize = loss,
                                                                 .with = rn_sgd(0.5, 0.5)});
    r->loops = loops_of(p);
    rn_test_feed(p, x, rn_test_numbers(in, T * B * I, 7));
    for (int i = 0; i < RUNS; i++) {
        rn_test_run(p);
        r->loss[i] = rn_scalar(p, loss);
    }
    rn_test_read(p, dx, r->dx);
    rn_test_read(p, s.final[0], r->final);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(recurrent_checkpoint, layers_train_the_same)
{
    for (int variant = 0; variant < 10; variant++) {
        trained plain, divided;
        train(variant, 0, &plain);
        train(variant, variant & 1 ? 1 : RN_CHECKPOINT_SQRT, &divided);
        cr_assert(divided.loops > plain.loops, "variant %d", variant);
        cr_assert(divided.loss[0] == plain.loss[0], "variant %d", variant);
        rn_test_near(divided.loss, plain.loss, RUNS, 1e-12, "loss");
        rn_test_near(divided.dx, plain.dx, T * B * I, 1e-12, "dx");
        rn_test_near(divided.final, plain.final, B * H, 1e-12, "final");
    }
}

/* ---- memory ---- */

/* The workspace for training on the last step of `steps`. */
static double workspace(int64_t steps, int64_t bytes)
{
    rn_model *model = rn_model_new(3);
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(steps, 16, 1));
    const rn_sequence s = rn_lstm(rn_root(g, model), "rnn", x,
                                  (rn_recurrent_options){.units = 64, .checkpoint = bytes});
    const rn_tensor loss = rn_mean_all(rn_square(s.last));
    rn_program *p = rn_test_compile_with(
        g, (rn_compile_options){.minimize = loss, .with = rn_sgd(1, 0), .threads = 1});
    const double size = (double)rn_program_workspace(p);

    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return size;
}

Test(recurrent_checkpoint, memory_grows_with_the_square_root_of_the_steps)
{
    const double plain = workspace(10000, 0), little = workspace(10000, RN_CHECKPOINT_SQRT),
                 more = workspace(160000, RN_CHECKPOINT_SQRT);
    const double x = 10000 * 16 * 4, fixed = workspace(2, 0);

    cr_assert(little < plain / 10, "%g of %g", little, plain);
    cr_assert(more - 16 * x - fixed < 5 * (little - x - fixed), "%g, then %g", little,
              more);
}

/* The kept values are within the budget, and at least a quarter of it: a segment's length
 * is a power of two. The rest is x, weights and products of one segment. */
Test(recurrent_checkpoint, a_budget_is_used_and_kept)
{
    const double x = 10000 * 16 * 4, fixed = workspace(2, 0);
    double last = workspace(10000, RN_CHECKPOINT_SQRT);

    for (int64_t bytes = 8 << 20; bytes <= 128 << 20; bytes *= 4) {
        const double size = workspace(10000, bytes);
        cr_assert(size >= last && size < (double)bytes * 1.1 + x + 2 * fixed, "%g of %lld",
                  size, (long long)bytes);
        cr_assert(size > (double)bytes / 4, "%g of %lld", size, (long long)bytes);
        last = size;
    }
    cr_assert(workspace(10000, INT64_MAX) == workspace(10000, 0));
    cr_assert(workspace(10000, 1) == workspace(10000, RN_CHECKPOINT_SQRT));
}

Test(recurrent_checkpoint, of_less_than_no_bytes)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();

    rn_lstm(rn_root(g, model), "net", rn_input(g, "x", RN_F32, rn_shape(2, 2, 2)),
            (rn_recurrent_options){.units = 2, .checkpoint = -2});
    rn_test_error_is(g, "recurrent: checkpoint must not be negative: net has -2");
    rn_graph_free(g);
    rn_model_free(model);
}
