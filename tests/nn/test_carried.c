/* SPDX-License-Identifier: MIT */
/* Carried states that are not finite: what the next run begins with. */
#include "reference.h"

#include <math.h>
#include <string.h>

enum { T = 4, B = 3, I = 2, H = 3, L = 2, STATES = 2, X = T * B * I, S = B * H };

typedef struct world {
    rn_model *model;
    rn_graph *graph;
    rn_tensor x, y;
    rn_program *program;
} world;

static world make(const rn_cell *cell, rn_optimizer optimizer)
{
    world w = {.model = rn_test_model(4), .graph = rn_graph_new()};
    const rn_scope s = rn_root(w.graph, w.model);

    w.x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, I));
    w.y = rn_recurrent(s, "net", cell, w.x,
                       (rn_recurrent_options){.units = H, .layers = L, .carry = true})
              .outputs;
    w.program = optimizer.build ? rn_test_training(rn_sum_all(rn_square(w.y)), optimizer)
                                : rn_test_compile(w.y);
    return w;
}

static void finish(world *w)
{
    rn_program_free(w->program);
    rn_graph_free(w->graph);
    rn_model_free(w->model);
}

/* Runs on other numbers for each k, of which one is `value` when at >= 0. */
static void run(const world *w, uint64_t k, int at, double value)
{
    double x[X];

    rn_test_numbers(x, X, k);
    if (at >= 0) x[at] = value;
    rn_test_feed_f64(w->program, w->x, x);
    rn_test_run_once(w->program);
}

static double *state(const world *w, int layer, int i)
{
    char name[64];

    snprintf(name, sizeof name, "net/layer%d/state%d/batch%d", layer, i, B);
    return rn_test_values(w->model, name);
}

/* The row of every state is zero, or none is. */
static bool begins_anew(const world *w, int row)
{
    int zeros = 0;

    for (int k = 0; k < L * STATES * H; k++) {
        const double s = state(w, k / H / STATES, k / H % STATES)[row * H + k % H];
        cr_assert(isfinite(s), "row %d", row);
        zeros += s == 0;
    }
    cr_assert(zeros == 0 || zeros == L * STATES * H, "row %d: %d zeros", row, zeros);
    return zeros > 0;
}

/* One number of row 1 of the input; the other rows are what they are without it. */
Test(carried, only_the_sequence_that_is_not_finite_begins_anew)
{
    const double bad[] = {NAN, -NAN};

    for (int k = 0; k < 2; k++)
        for (int t = 0; t < T; t++) {
            world w = make(&rn_cell_lstm, (rn_optimizer){.name = NULL});
            world good = make(&rn_cell_lstm, (rn_optimizer){.name = NULL});
            run(&w, 1, -1, 0), run(&good, 1, -1, 0);
            run(&w, 2, t * B * I + I, bad[k]), run(&good, 2, -1, 0);
            for (int row = 0; row < B; row++) {
                cr_assert_eq(begins_anew(&w, row), row == 1);
                if (row == 1) continue;
                for (int i = 0; i < L * STATES; i++)
                    cr_assert(!memcmp(state(&w, i / 2, i % 2) + row * H,
                                      state(&good, i / 2, i % 2) + row * H,
                                      H * sizeof(double)));
            }
            run(&w, 3, -1, 0);
            for (int row = 0; row < B; row++) cr_assert(!begins_anew(&w, row));
            finish(&w), finish(&good);
        }
}

/* After it a sequence goes on as one that begins. */
Test(carried, it_begins_with_zeros)
{
    world w = make(&rn_cell_lstm, (rn_optimizer){.name = NULL});
    world fresh = make(&rn_cell_lstm, (rn_optimizer){.name = NULL});
    double y[T * S], want[T * S];

    run(&w, 1, -1, 0);
    run(&w, 2, I, NAN);
    run(&w, 3, -1, 0), run(&fresh, 3, -1, 0);
    rn_test_read_f64(w.program, w.y, y), rn_test_read_f64(fresh.program, fresh.y, want);
    for (int t = 0; t < T; t++)
        cr_assert(!memcmp(y + t * S + H, want + t * S + H, H * sizeof *y), "step %d", t);
    cr_assert(memcmp(y, want, H * sizeof *y), "the others go on");
    finish(&w), finish(&fresh);
}

/* A state that only a lower layer has lost: all layers begin anew together. */
Test(carried, all_layers_together)
{
    world w = make(&rn_cell_lstm, (rn_optimizer){.name = NULL});

    run(&w, 1, -1, 0);
    for (int i = 0; i < L * STATES; i++) {
        run(&w, 2, -1, 0);
        state(&w, i / STATES, i % STATES)[0] = NAN; /* however it came there */
        run(&w, 3, -1, 0);
        cr_assert(begins_anew(&w, 0) && !begins_anew(&w, 1) && !begins_anew(&w, 2));
    }
    finish(&w);
}

/* h' = h h: it overflows from a state that is finite, which must not come back. */
static rn_tensor square(rn_scope s, rn_tensor x, rn_tensor *h)
{
    const rn_tensor in =
        rn_weight(s, "w", rn_shape(rn_size(x, 1), H), (rn_init){RN_INIT_CONSTANT, 1});

    return h[0] = rn_add(rn_square(h[0]), rn_matmul(x, in));
}

Test(carried, an_overflow_of_the_state_itself)
{
    static const rn_cell cell = {.name = "square", .states = 1, .step = square};
    world w = make(&cell, (rn_optimizer){.name = NULL});

    run(&w, 1, 0, 1e100);
    cr_assert(state(&w, 0, 0)[0] == 0, "%g", state(&w, 0, 0)[0]);
    state(&w, 0, 0)[0] = 1e200;
    run(&w, 1, -1, 0);
    cr_assert(state(&w, 0, 0)[0] == 0);
    finish(&w);
}

Test(carried, training_goes_on_after_a_bad_batch)
{
    world w = make(&rn_cell_lstm, rn_clipped(rn_adam(0.01), 1));

    for (uint64_t k = 0; k < 6; k++) {
        run(&w, k, k == 2 ? 0 : -1, NAN);
        const rn_training t = rn_training_of(w.model);
        cr_assert_eq(t.skipped, k >= 2);
        cr_assert_eq(t.steps + t.skipped, (int64_t)k + 1);
    }
    finish(&w);
}
