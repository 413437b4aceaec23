/* SPDX-License-Identifier: MIT */
/*
 * A user-defined recurrent cell: its equations, a check of its gradient, and a task that it
 * learns.
 *
 * The minimal gated unit (Zhou et al. 2016, arXiv:1603.09420):
 *   f  = s(Wf x + Uf h + bf)
 *   g  = tanh(Wg x + Ug (f .* h) + bg)
 *   h' = (1 - f) .* h + f .* g
 *
 * The task is to add two numbers of a sequence (Hochreiter and Schmidhuber 1997). Each step
 * has a number in [0, 1) and a mark, which is 1 at two steps and 0 at the others. The
 * target is the sum of the two marked numbers. Always answering 1 has a mean squared error
 * of 1/6.
 */
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rn_tensor mgu(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    rn_tensor f = rn_sigmoid(rn_gate(s, "f", x, h)); /* W x + U h + b */
    rn_tensor g = rn_tanh(rn_gate(s, "g", x, rn_mul(f, h)));

    return state[0] = rn_add(rn_mul(rn_one_minus(f), h), rn_mul(f, g));
}

static const rn_cell mgu_cell = {.name = "mgu", .states = 1, .step = mgu};

enum { STEPS = 24, BATCH = 64, UNITS = 48, FEATURES = 2, RUNS = 1500 };
static const double good_error = 0.005;

/* x [T, B, 2] -> the answers [B, 1] -> their mean squared error. */
static rn_tensor adding_loss(rn_scope s, rn_tensor x, rn_tensor y, int64_t units)
{
    rn_sequence h =
        rn_recurrent(s, "rnn", &mgu_cell, x, (rn_recurrent_options){.units = units});

    return rn_mean_squared_error(rn_linear(s, "out", h.last, 1), y);
}

/* ---- the gradient ---- */

static bool check_gradient(void)
{
    rn_graph *g = rn_graph_new();
    rn_model *model = rn_model_new(7);
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(6, 3, FEATURES));
    rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(3, 1));
    rn_tensor loss = adding_loss(rn_root(g, model), x, y, 5);
    rn_gradcheck_report *report = rn_gradcheck(loss, (rn_gradcheck_options){.worst = 3});
    const bool passed = report && report->passed;

    puts(report ? report->text : "out of memory");
    rn_gradcheck_free(report);
    rn_graph_free(g);
    rn_model_free(model);
    return passed;
}

/* ---- the task ---- */

static uint32_t random_bits = 1;

/* 0 <= result < below; Marsaglia 2003, "Xorshift RNGs". */
static int draw(int below)
{
    random_bits ^= random_bits << 13;
    random_bits ^= random_bits >> 17;
    random_bits ^= random_bits << 5;
    return (int)(random_bits % (uint32_t)below);
}

static void make_batch(float *x, float *y)
{
    memset(x, 0, sizeof(float) * STEPS * BATCH * FEATURES);
    for (int b = 0; b < BATCH; b++) {
        const int first = draw(STEPS / 2), second = STEPS / 2 + draw(STEPS / 2);
        y[b] = 0;
        for (int t = 0; t < STEPS; t++) {
            float *at = x + (t * BATCH + b) * FEATURES;
            at[0] = (float)draw(1 << 16) / (1 << 16);
            if (t != first && t != second) continue;
            at[1] = 1;
            y[b] += at[0];
        }
    }
}

/* Whether the final error is small; all sequences are new. */
static bool train(rn_program *program, rn_tensor x, rn_tensor y, rn_tensor loss)
{
    static float x_data[STEPS * BATCH * FEATURES], y_data[BATCH];
    double error = 1.0 / 6;

    for (int i = 1; i <= RUNS; i++) {
        make_batch(x_data, y_data);
        if (rn_feed_f32(program, x, x_data, STEPS * BATCH * FEATURES) != RN_OK ||
            rn_feed_f32(program, y, y_data, BATCH) != RN_OK || rn_run(program) != RN_OK) {
            fprintf(stderr, "custom_cell: %s\n", rn_program_error(program));
            return false;
        }
        error += 0.02 * (rn_scalar(program, loss) - error);
        if (i % (RUNS / 10) == 0) printf("run %4d  mean squared error %.5f\n", i, error);
    }
    return error < good_error;
}

static bool learn_to_add(void)
{
    rn_graph *g = rn_graph_new();
    rn_model *model = rn_model_new(1);
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(STEPS, BATCH, FEATURES));
    rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(BATCH, 1));
    rn_tensor loss = adding_loss(rn_root(g, model), x, y, UNITS);
    rn_program *program = rn_compile(
        g, (rn_compile_options){.minimize = loss, .with = rn_clipped(rn_adam(5e-3), 1)});
    bool ok = program != NULL;

    if (!ok) fprintf(stderr, "custom_cell: %s\n", rn_graph_error(g));
    ok = ok && train(program, x, y, loss);
    rn_program_free(program);
    rn_graph_free(g);
    rn_model_free(model);
    return ok;
}

int main(int argc, char **argv)
{
    /* Only the check, for slow memory checkers. */
    const bool check_only = argc == 2 && strcmp(argv[1], "--check-only") == 0;

    if (argc > 1 && !check_only)
        return fputs("usage: custom_cell [--check-only]\n", stderr), 2;
    if (!check_gradient()) return fputs("custom_cell: the gradient is wrong\n", stderr), 1;
    if (check_only) return 0;
    if (!learn_to_add()) return fputs("custom_cell: the task was not learnt\n", stderr), 1;
    puts("learnt to add");
    return 0;
}
