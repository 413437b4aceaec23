/* SPDX-License-Identifier: MIT */
/* Stateful layers with non-finite states: the initial states of the next run. */
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
                       (rn_recurrent_options){.units = H, .layers = L, .stateful = true})
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
Test(stateful, only_the_sequence_that_is_not_finite_begins_anew)
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
Test(stateful, it_begins_with_zeros)
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
Test(stateful, all_layers_together)
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

Test(stateful, an_overflow_of_the_state_itself)
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

Test(stateful, training_goes_on_after_a_bad_batch)
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

/* ---- states of any shape and beginning ---- */

enum { PARTS = 2, OUT = B * RN_TEST_UNITS };

/* Runs steps numbers 0 .. parts steps - 1 of x through a stateful layer, `steps` at a time,
 * and gives the outputs of the last part's last step; returns their number. */
static int64_t run_parts(rn_model *model, const rn_cell *cell, int steps, int parts,
                         const double *x, double *last)
{
    rn_graph *g = rn_graph_new();
    rn_tensor in = rn_input(g, "x", RN_F64, rn_shape(steps, B, I));
    rn_sequence y =
        rn_recurrent(rn_root(g, model), "net", cell, in,
                     (rn_recurrent_options){.units = H, .layers = L, .stateful = true});
    cr_assert_str_eq(rn_graph_error(g), "");
    const int64_t count = rn_shape_count(rn_shape_get(y.last));
    rn_program *p = rn_test_compile(y.last);

    cr_assert(count <= OUT);
    for (int i = 0; i < parts; i++) {
        rn_test_feed_f64(p, in, x + i * steps * B * I);
        rn_test_run_once(p);
    }
    if (parts) rn_test_read_f64(p, y.last, last);
    rn_program_free(p);
    rn_graph_free(g);
    return count;
}

/* Two runs of half the steps are one of all, from the cell's beginning and not from zeros;
 * and so it is again after the states are reset. */
Test(stateful, every_cell_goes_on_where_it_ended)
{
    double x[PARTS * X], whole[OUT], parts[OUT], plain[OUT],
        outputs[PARTS * T * B * RN_TEST_UNITS], final[1000];

    rn_test_numbers(x, PARTS * X, 3);
    for (int c = 0; c < RN_TEST_CELLS; c++) {
        const rn_test_cell *cell = rn_test_cell_at(c);
        const rn_recurrent_options o = {.units = H, .layers = L};
        rn_model *model = rn_test_model(4);

        run_parts(model, cell->cell, 1, 0, x, whole); /* makes the weights */
        rn_test_scramble(model, 0.7);
        rn_test_recurrent(&(rn_test_run){.model = model,
                                         .name = "net",
                                         .cell = cell,
                                         .options = o,
                                         .T = PARTS * T,
                                         .B = B,
                                         .I = I,
                                         .x = x,
                                         .outputs = outputs,
                                         .last = plain,
                                         .final = final});
        for (int k = 0; k < 2; k++) {
            rn_model_reset_states(model);
            const int64_t n = run_parts(model, cell->cell, PARTS * T, 1, x, whole);
            rn_test_close(whole, plain, n, 1e-12, cell->cell->name);
            rn_model_reset_states(model);
            run_parts(model, cell->cell, T, PARTS, x, parts);
            cr_assert(!memcmp(whole, parts, (size_t)n * sizeof *whole), "%s",
                      cell->cell->name);
        }
        rn_model_free(model);
    }
}

/* A sequence with a NaN begins the next run as the cell declares; the others go on. */
Test(stateful, every_cell_begins_anew_after_a_nan)
{
    double x[PARTS * X], bad[PARTS * X], want[OUT], fresh[OUT], got[OUT];

    rn_test_numbers(x, PARTS * X, 3);
    memcpy(bad, x, sizeof x);
    bad[0] = (double)NAN; /* step 0 of sequence 0 */
    for (int c = 0; c < RN_TEST_CELLS; c++) {
        const rn_cell *cell = rn_test_cell_at(c)->cell;
        rn_model *model = rn_test_model(4);

        const int64_t n = run_parts(model, cell, T, PARTS, x, want), O = n / B;
        rn_model_reset_states(model);
        run_parts(model, cell, T, 1, x + X, fresh);
        rn_model_reset_states(model);
        run_parts(model, cell, T, PARTS, bad, got);
        cr_assert(!memcmp(got, fresh, (size_t)O * sizeof *got), "%s", cell->name);
        cr_assert(!memcmp(got + O, want + O, (size_t)(n - O) * sizeof *got), "%s",
                  cell->name);
        rn_model_free(model);
    }
}
