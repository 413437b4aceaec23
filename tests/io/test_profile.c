/* SPDX-License-Identifier: MIT */
/* What a profile counts and measures, beside numbers that follow from the shapes. */
#include "driver.h"

#include <rondo/profile.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>

static rn_program *compile(rn_graph *g, rn_tensor y)
{
    return rn_test_compile_with(g, (rn_compile_options){RN_OUTPUTS(y), .profile = true});
}

static void feed(rn_program *p, rn_tensor x)
{
    static double data[100000];

    rn_test_feed(p, x, rn_test_numbers(data, rn_test_count(x), 3));
}

/* The only step whose operator has this name. */
static rn_profile the(const rn_program *p, const char *op)
{
    rn_profile step, found = {.times = -1};

    for (int i = 0; rn_profile_at(p, i, &step); i++) {
        if (strcmp(step.op, op) != 0) continue;
        cr_assert_eq(found.times, -1, "two steps: %s", op);
        found = step;
    }
    cr_assert(found.times >= 0, "no step: %s", op);
    return found;
}

static void counts_are(rn_profile s, double operations, double read, double written)
{
    cr_assert_eq(s.operations, operations, "%s: %g operations", s.op, s.operations);
    cr_assert_eq(s.read, read, "%s: %g bytes read", s.op, s.read);
    cr_assert_eq(s.written, written, "%s: %g bytes written", s.op, s.written);
}

/* ---- counts ---- */

/* [5,7] times [7,3] in all four ways to store the factors. */
Test(profile, a_product)
{
    for (int which = 0; which < 4; which++) {
        const bool x_turned = which & RN_TRANSPOSE_X, y_turned = which & RN_TRANSPOSE_Y;
        rn_graph *g = rn_graph_new();
        rn_tensor x = rn_input(g, "x", RN_F32, x_turned ? rn_shape(7, 5) : rn_shape(5, 7));
        rn_tensor y = rn_input(g, "y", RN_F32, y_turned ? rn_shape(3, 7) : rn_shape(7, 3));
        rn_program *p =
            compile(g, rn_name(rn_matmul_transposed(x, y, (rn_transposition)which), "xy"));

        feed(p, x), feed(p, y);
        for (int runs = 1; runs <= 3; runs++) {
            rn_test_run(p);
            const rn_profile s = the(p, "matmul");
            counts_are(s, runs * 2.0 * 5 * 7 * 3, runs * 4.0 * (5 * 7 + 7 * 3),
                       runs * 4.0 * 5 * 3);
            cr_assert_eq(s.times, runs);
            cr_assert_eq(rn_profile_runs(p), runs);
            cr_assert(s.seconds > 0 && s.share_of_peak > 0);
            cr_assert_str_eq(s.name, "xy");
            cr_assert(s.type == RN_F32 && rn_shape_equal(s.shape, rn_shape(5, 3)));
        }
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* Added to what is there, which is read and written. */
Test(profile, a_product_that_is_added)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(5, 7));
    const rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(7, 3));
    const rn_tensor v = rn_input(g, "v", RN_F32, rn_shape(5, 3));
    const rn_tensor before = rn_tanh(v);
    rn_program *p = compile(g, rn_add(before, rn_matmul(x, y)));

    feed(p, x), feed(p, y), feed(p, v);
    rn_test_run(p);
    counts_are(the(p, "matmul"), 2.0 * 5 * 7 * 3 + 5 * 3, 4.0 * (5 * 7 + 7 * 3 + 5 * 3),
               4.0 * 5 * 3);
    rn_program_free(p);
    rn_graph_free(g);
}

/* One y for all three x, read once. */
Test(profile, a_product_with_a_broadcast_factor)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3, 5, 7));
    rn_tensor y = rn_input(g, "y", RN_F64, rn_shape(7, 2));
    rn_program *p = compile(g, rn_matmul(x, y));

    feed(p, x), feed(p, y);
    rn_test_run(p);
    counts_are(the(p, "matmul"), 2.0 * 3 * 5 * 7 * 2, 8.0 * (3 * 5 * 7 + 7 * 2),
               8.0 * 3 * 5 * 2);
    rn_program_free(p);
    rn_graph_free(g);
}

/* A view that repeats a row is read as what it repeats. */
Test(profile, a_sum_of_a_broadcast)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(1, 11));
    rn_program *p = compile(g, rn_max_axis(rn_broadcast(x, rn_shape(6, 11)), 1));

    feed(p, x);
    rn_test_run(p);
    counts_are(the(p, "max"), 6 * 11, 4 * 11, 4 * 6);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(profile, a_reduction_and_a_broadcast)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(6, 11));
    rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(11));
    const rn_tensor outputs[] = {rn_sum_axis(x, 1), rn_div(x, y)};
    rn_program *p = rn_test_compile_with(
        g, (rn_compile_options){.outputs = outputs, .output_count = 2, .profile = true});

    feed(p, x), feed(p, y);
    rn_test_run(p);
    counts_are(the(p, "sum"), 6 * 11, 4 * 6 * 11, 4 * 6);
    counts_are(the(p, "div"), 6 * 11, 4 * (6 * 11 + 11), 4 * 6 * 11);
    rn_program_free(p);
    rn_graph_free(g);
}

/* Of a chain only what it reads and writes outside of its tiles counts. */
Test(profile, a_chain)
{
    enum { N = 20000 };
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(N));
    rn_program *p = compile(g, rn_exp(rn_tanh(rn_neg(x))));

    feed(p, x);
    rn_test_run(p);
    rn_test_run(p);
    const rn_profile chain = the(p, "chain"), tanh = the(p, "tanh");
    counts_are(chain, 2 * 3.0 * N, 2 * 4.0 * N, 2 * 4.0 * N);
    counts_are(tanh, 2.0 * N, 0, 0);
    cr_assert(chain.seconds > 0 && isnan(tanh.seconds) && isnan(tanh.share_of_peak));
    cr_assert(chain.blocks == 0 && tanh.blocks == 1 && tanh.times == 2);
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- loops ---- */

enum { T = 9, B = 2, I = 3, H = 4 };

/* A training step of a GRU with lengths; `most` is the longest. */
static rn_program *train(rn_graph *g, rn_model *model, int32_t most, unsigned without)
{
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(T, B, I));
    rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
    rn_sequence s = rn_gru(rn_root(g, model), "gru", x,
                           (rn_recurrent_options){.units = H, .lengths = lengths});
    rn_program *p = rn_test_compile_with(
        g, (rn_compile_options){.minimize = rn_mean_all(rn_square(s.outputs)),
                                .with = rn_adam(0.1),
                                .without = without,
                                .profile = true});

    feed(p, x);
    rn_test_feed_i32(p, lengths, (int32_t[]){most, 1});
    return p;
}

/* Steps of a block's body are inside it: their times add up to no more, and their counts to
 * its own. */
static int check_blocks(const rn_program *p)
{
    rn_profile block, step;
    int loops = 0;

    for (int i = 0; rn_profile_at(p, i, &block); i++) {
        rn_profile sum = {.times = 0};
        if (strcmp(block.op, "loop") != 0 && strcmp(block.op, "chain") != 0) continue;
        for (int k = i + 1; rn_profile_at(p, k, &step) && step.blocks > block.blocks; k++) {
            if (strcmp(step.op, "loop") == 0 || strcmp(step.op, "chain") == 0) {
                if (step.blocks == block.blocks + 1) sum.seconds += step.seconds;
                continue;
            }
            sum.operations += step.operations;
            sum.read += step.read;
            sum.written += step.written;
            if (step.blocks == block.blocks + 1 && !isnan(step.seconds))
                sum.seconds += step.seconds;
        }
        cr_assert(block.seconds >= sum.seconds * (1 - 1e-12), "%g s in a loop of %g s",
                  sum.seconds, block.seconds);
        counts_are(block, sum.operations, sum.read, sum.written);
        loops += strcmp(block.op, "loop") == 0;
    }
    return loops;
}

Test(profile, loops_hold_their_bodies)
{
    rn_graph *g = rn_graph_new();
    rn_model *model = rn_model_new(1);
    rn_program *p = train(g, model, T, 0);

    for (int i = 0; i < 3; i++) rn_test_run(p);
    cr_assert_eq(check_blocks(p), 2, "a loop forward and one back");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* Operations of all products in a run, and how often those in loops ran. */
static double products(const rn_program *p, int64_t *times)
{
    rn_profile s;
    double sum = 0;

    *times = 0;
    for (int i = 0; rn_profile_at(p, i, &s); i++) {
        if (strcmp(s.op, "matmul") != 0) continue;
        sum += s.operations;
        if (s.blocks) *times += s.times;
    }
    return sum;
}

/* Operations of programs with lengths 9, 1 and 3, 1. */
static void count_limited(unsigned without, double ratio)
{
    double sum[2];
    int64_t times[2];

    for (int i = 0; i < 2; i++) {
        rn_graph *g = rn_graph_new();
        rn_model *model = rn_model_new(1);
        rn_program *p = train(g, model, i ? 3 : 9, without);
        rn_test_run(p);
        sum[i] = products(p, &times[i]);
        rn_program_free(p);
        rn_graph_free(g);
        rn_model_free(model);
    }
    cr_assert(times[1] > 0 && times[0] == 3 * times[1], "%lld and %lld products in loops",
              (long long)times[0], (long long)times[1]);
    cr_assert(sum[1] > 0 && fabs(sum[0] - ratio * sum[1]) < 1e-6 * sum[0],
              "%g and %g operations", sum[0], sum[1]);
}

/* Loops stop at the longest sequence, and so does what has left them. Of each step only the
 * sequences that have it count, but where the padding is computed. */
Test(profile, limits_count)
{
    count_limited(0, 10.0 / 4);
    count_limited(RN_PASS_ROWS, 3);
}

/* ---- runs ---- */

Test(profile, results_are_the_same)
{
    double loss[2];

    for (int profile = 0; profile < 2; profile++) {
        rn_graph *g = rn_graph_new();
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(40, 40));
        rn_tensor y = rn_sum_all(rn_tanh(rn_matmul(x, x)));
        rn_program *p = rn_test_compile_with(
            g, (rn_compile_options){RN_OUTPUTS(y), .profile = profile});
        feed(p, x);
        rn_test_run(p);
        rn_test_read(p, y, &loss[profile]);
        rn_program_free(p);
        rn_graph_free(g);
    }
    cr_assert_eq(loss[0], loss[1]);
}

Test(profile, clear_forgets)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(4));
    rn_program *p = compile(g, rn_exp(x));
    rn_profile s;

    feed(p, x);
    rn_test_run(p);
    cr_assert(rn_profile_at(p, 0, &s) && s.times == 1);
    rn_profile_clear(p);
    cr_assert_eq(rn_profile_runs(p), 0);
    cr_assert(rn_profile_at(p, 0, &s) && s.times == 0 && s.operations == 0);
    rn_test_run(p);
    cr_assert(rn_profile_at(p, 0, &s) && s.times == 1 && s.operations == 4);
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- the table ---- */

Test(profile, a_table_has_a_line_for_each_step)
{
    static char text[100000], first[40];
    rn_graph *g = rn_graph_new();
    rn_model *model = rn_model_new(1);
    rn_program *p = train(g, model, T, 0);
    int lines = 0, steps = 0;
    rn_profile s;

    cr_assert(rn_profile_text(p, text, sizeof text) > 0);
    cr_assert_str_eq(text, "no run was measured yet\n");
    rn_test_run(p);
    rn_test_run(p);
    const size_t used = rn_profile_text(p, text, sizeof text);
    cr_assert(used == strlen(text) && rn_profile_text(p, NULL, 0) == used);
    for (const char *at = text; (at = strchr(at, '\n')); at++) lines++;
    while (rn_profile_at(p, steps, &s)) steps++;
    cr_assert_eq(lines, 2 + steps);
    cr_assert(strstr(text, "2 runs of ") == text && strstr(text, " loop\n"));
    cr_assert_eq(rn_profile_text(p, first, sizeof first), used);
    cr_assert(strlen(first) == sizeof first - 1 && strncmp(first, text, 39) == 0);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(profile, without_the_option_nothing_is_measured)
{
    char text[100];
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(4));
    rn_program *p = rn_test_compile(g, rn_exp(x));
    rn_profile s;

    feed(p, x);
    rn_test_run(p);
    cr_assert(!rn_profile_at(p, 0, &s) && rn_profile_runs(p) == 0);
    rn_profile_clear(p);
    rn_profile_text(p, text, sizeof text);
    cr_assert_str_eq(text, "not measured: the program was not compiled with .profile\n");
    cr_assert_eq(rn_profile_trace(p, "trace.json"), RN_INVALID);
    cr_assert_str_eq(rn_program_error(p),
                     "profile_trace: the program was not compiled with .profile");
    rn_program_free(p);
    rn_graph_free(g);
}
