/* SPDX-License-Identifier: MIT */
/*
 * Complete training runs: every cell learns to add, and equal runs agree bit for bit.
 *
 * The task is a small form of the adding problem of Hochreiter and Schmidhuber 1997: of T
 * numbers two are marked, and the target is their sum.
 */
#include "nn_support.h"

#include <string.h>

enum { T = 8, B = 32, H = 16, STEPS = 700 };

typedef struct batch {
    float x[T * B * 2], y[B];
} batch;

static batch make_batch(uint64_t number)
{
    batch b;

    memset(&b, 0, sizeof b);
    for (int i = 0; i < B; i++) {
        const uint64_t seed = (number * B + (uint64_t)i) * (T + 2);
        const int first = (int)((rn_test_number(seed) + 1) * T / 4);
        const int second = T / 2 + (int)((rn_test_number(seed + 1) + 1) * T / 4);
        for (int t = 0; t < T; t++) {
            float *x = b.x + (t * B + i) * 2;
            x[0] = (float)rn_test_number(seed + 2 + (uint64_t)t) / 2;
            x[1] = t == first || t == second;
            if (t == first || t == second) b.y[i] += x[0];
        }
    }
    return b;
}

/* Trains a new f32 model for some steps. Returns the loss of a batch not seen before, which
 * it then has without dropout; the output layer's weights go to `weights`. */
static double train(const rn_cell *cell, double dropout, int steps, float weights[H])
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(T, B, 2));
    rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(B));
    rn_tensor loss[2];

    for (int i = 0; i < 2; i++) {
        const rn_scope s = i ? rn_root_inference(g, model) : rn_root(g, model);
        rn_sequence h = rn_recurrent(
            s, "net", cell, x,
            (rn_recurrent_options){.units = H, .layers = 2, .dropout = dropout});
        rn_tensor sum = rn_squeeze(rn_linear(s, "out", h.last, 1), 1);
        loss[i] = rn_mean_squared_error(sum, y);
    }
    rn_program *p = rn_test_training(loss[0], rn_clipped(rn_adam(0.01), 1));
    rn_program *use =
        rn_compile(g, (rn_compile_options){RN_OUTPUTS(loss[1]), .omit_assignments = true});
    cr_assert(use, "%s", rn_graph_error(g));
    for (int i = 0; i <= steps; i++) {
        const batch b = make_batch((uint64_t)i);
        rn_program *now = i < steps ? p : use;
        cr_assert(!rn_feed(now, x, b.x, sizeof b.x) && !rn_feed(now, y, b.y, sizeof b.y));
        rn_test_run_once(now);
    }
    const double result = rn_scalar(use, loss[1]);
    cr_assert_eq(rn_training_of(model).steps, steps);
    cr_assert_eq(rn_model_get(model, "out/w", weights, H * sizeof *weights), RN_OK);
    rn_program_free(p);
    rn_program_free(use);
    rn_graph_free(g);
    rn_model_free(model);
    return result;
}

/* To say 0 always costs 2 / 12. */
static void learns(const rn_cell *cell)
{
    float weights[H];
    const double before = train(cell, 0, 0, weights),
                 after = train(cell, 0, STEPS, weights);

    cr_assert(before > 0.1, "%s begins with %g", cell->name, before);
    cr_assert(after < 0.01, "%s ends with %g", cell->name, after);
}

/* A test for each cell of the list. */
#define RN_CELL(name, formula)                                                             \
    Test(learning, name)                                                                   \
    {                                                                                      \
        learns(&rn_cell_##name);                                                           \
    }
#include "nn/cells/cells.def"
#undef RN_CELL

Test(learning, repeats_bit_for_bit)
{
    float one[H], other[H];
    const double a = train(&rn_cell_lstm, 0.3, 30, one);
    const double b = train(&rn_cell_lstm, 0.3, 30, other);

    cr_assert(a == b && !memcmp(one, other, sizeof one));
}
