/* SPDX-License-Identifier: MIT */
/* Uses of recurrent layers: stateful layers, single steps, users' cells, layers inside
 * loops.
 * */
#include "reference.h"

#include <stdlib.h>
#include <string.h>

enum { T = 6, B = 3, I = 4, H = 5 };

/* ---- stateful layers ---- */

/* Trains nothing, runs `parts` pieces of T / parts steps, and writes all outputs. */
static void run_in_parts(rn_model *model, int layers, int parts, const double *x,
                         double *outputs)
{
    const int steps = T / parts;
    rn_graph *g = rn_graph_new();
    rn_tensor in = rn_input(g, "x", RN_F64, rn_shape(steps, B, I));
    rn_sequence y =
        rn_lstm(rn_root(g, model), "net", in,
                (rn_recurrent_options){.units = H, .layers = layers, .stateful = true});
    rn_program *p = rn_test_compile(y.outputs);

    for (int i = 0; i < parts; i++) {
        rn_test_feed_f64(p, in, x + i * steps * B * I);
        rn_test_run_once(p);
        rn_test_read_f64(p, y.outputs, outputs + i * steps * B * H);
    }
    rn_program_free(p);
    rn_graph_free(g);
}

Test(recurrent_use, stateful_parts_are_one_run)
{
    rn_model *model = rn_test_model(9);
    double x[T * B * I], whole[T * B * H], parts[T * B * H];

    rn_test_numbers(x, T * B * I, 4);
    run_in_parts(model, 2, 1, x, whole);
    for (int n = 2; n <= T; n++) {
        if (T % n) continue;
        rn_model_reset_states(model);
        run_in_parts(model, 2, n, x, parts);
        cr_assert(!memcmp(whole, parts, sizeof whole), "%d parts differ", n);
    }
    run_in_parts(model, 2, 1, x, parts);
    cr_assert(memcmp(whole, parts, sizeof whole), "the state is not kept");
    rn_model_free(model);
}

Test(recurrent_use, kept_states_are_variables_by_batch)
{
    rn_model *model = rn_test_model(9);
    double x[T * B * I] = {1}, y[T * B * H];

    run_in_parts(model, 1, 1, x, y);
    const double *h = rn_test_values(model, "net/layer0/state0/batch3");
    cr_assert(!memcmp(h, y + (T - 1) * B * H, B * H * sizeof *h));
    cr_assert(rn_model_find(model, "net/layer0/state1/batch3"));
    rn_model_reset_states(model);
    for (int i = 0; i < B * H; i++) cr_assert(h[i] == 0);

    /* Another batch size has other states and the same weights. */
    const int before = rn_model_count(model);
    rn_graph *g = rn_graph_new();
    rn_lstm(rn_root(g, model), "net", rn_input(g, "x", RN_F64, rn_shape(1, 1, I)),
            (rn_recurrent_options){.units = H, .stateful = true});
    cr_assert_str_eq(rn_graph_error(g), "");
    cr_assert_eq(rn_model_count(model), before + 2);
    cr_assert(rn_model_find(model, "net/layer0/state0/batch1"));
    rn_graph_free(g);
    rn_model_free(model);
}

Test(recurrent_use, programs_without_assignments_keep_nothing)
{
    rn_model *model = rn_test_model(9);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_fill(g, RN_F64, rn_shape(T, B, I), 1);
    rn_sequence y = rn_gru(rn_root(g, model), "net", x,
                           (rn_recurrent_options){.units = H, .stateful = true});
    rn_program *p =
        rn_compile(g, (rn_compile_options){RN_OUTPUTS(y.last), .omit_assignments = true});

    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_run_once(p);
    const double *h = rn_test_values(model, "net/layer0/state0/batch3");
    for (int i = 0; i < B * H; i++) cr_assert(h[i] == 0);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- single steps ---- */

/* Fails unless two tensors have the same bits. */
static void same(rn_program *p, rn_tensor x, rn_tensor y, const char *what)
{
    const int64_t count = rn_shape_count(rn_shape_get(x));
    double *one = (double *)calloc(2 * (size_t)count, sizeof *one), *other = one + count;

    cr_assert(rn_shape_equal(rn_shape_get(x), rn_shape_get(y)), "%s", what);
    rn_test_read_f64(p, x, one);
    rn_test_read_f64(p, y, other);
    cr_assert(!memcmp(one, other, (size_t)count * sizeof *one), "%s", what);
    free(one);
}

/* T steps by rn_recurrent_step, from what rn_recurrent_begin gives, have the bits of what
 * one loop gives. */
static void steps_are_the_loop(const rn_cell *cell, rn_recurrent_options o)
{
    enum { STATES = 3 * RN_STATES_MAX };
    rn_model *model = rn_test_model(2);
    rn_graph *g = rn_graph_new(), *first = rn_graph_new();
    const rn_scope s = rn_root_inference(g, model);
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I)), steps[T];
    rn_tensor states[STATES], all[2 * STATES + 2];
    double data[T * B * I];
    int n = 0;

    rn_recurrent(rn_root(first, model), "net", cell,
                 rn_fill(first, RN_F64, rn_shape(T, B, I), 0), o);
    rn_test_scramble(model, 0.6);
    const int weights = rn_model_count(model);
    rn_sequence y = rn_recurrent(s, "net", cell, x, o);
    cr_assert(rn_recurrent_begin(s, "net", cell, rn_index(x, 0, 0), states, o), "%s",
              rn_graph_error(g));
    for (int t = 0; t < T; t++)
        steps[t] = rn_recurrent_step(s, "net", cell, rn_index(x, 0, t), states, o);
    cr_assert_str_eq(rn_graph_error(g), "");
    cr_assert_eq(rn_model_count(model), weights);

    const rn_tensor stack = rn_stack(steps, T, 0);
    all[n++] = y.outputs, all[n++] = stack;
    for (int i = 0; i < y.final_count; i++) all[n++] = y.final[i], all[n++] = states[i];
    rn_program *p = rn_compile(g, (rn_compile_options){.outputs = all, .output_count = n});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_numbers(data, T * B * I, 1);
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    same(p, y.outputs, stack, cell->name);
    for (int i = 0; i < y.final_count; i++) same(p, y.final[i], states[i], cell->name);
    rn_program_free(p);
    rn_graph_free(first);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(recurrent_use, steps_are_the_loop)
{
    const rn_recurrent_layer own[2] = {{.units = 3}, {.cell = &rn_cell_gru}};

    for (int c = 0; c < RN_TEST_CELLS; c++) {
        const rn_cell *cell = rn_test_cell_at(c)->cell;
        steps_are_the_loop(cell, (rn_recurrent_options){.units = H, .layers = 2});
        steps_are_the_loop(cell, (rn_recurrent_options){.units = H,
                                                        .layers = 2,
                                                        .own = own,
                                                        .connect = RN_CONNECT_SKIP,
                                                        .learn_initial = true,
                                                        .zoneout = {0.25, 0.5},
                                                        .dropout = 0.5,
                                                        .input_dropout = 0.5,
                                                        .recurrent_dropout = 0.5,
                                                        .weight_drop = 0.5});
    }
    steps_are_the_loop(
        &rn_cell_lstm,
        (rn_recurrent_options){.units = H, .layers = 3, .connect = RN_CONNECT_RESIDUAL});
}

/* ---- users' cells ---- */

/* Minimal gated unit, arXiv:1603.09420. */
static rn_tensor mgu(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0];
    rn_tensor f = rn_sigmoid(rn_gate(s, "f", x, h));
    rn_tensor g = rn_tanh(rn_gate(s, "g", x, rn_mul(f, h)));

    return state[0] = rn_add(rn_mul(rn_one_minus(f), h), rn_mul(f, g));
}

static const rn_cell mgu_cell = {.name = "mgu", .states = 1, .step = mgu};

/* A cell with a state that it never changes, one that it counts in, and another output. */
static rn_tensor odd(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s;
    (void)x;
    state[1] = rn_offset(state[1], 1);
    return rn_add(state[0], rn_scale(state[1], 10));
}

static const rn_cell odd_cell = {.name = "odd", .states = 2, .step = odd};

Test(recurrent_use, a_cell_of_the_user)
{
    rn_model *model = rn_test_model(2);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_fill(g, RN_F64, rn_shape(T, B, I), 1);
    rn_sequence y =
        rn_recurrent(rn_root(g, model), "net", &mgu_cell, x,
                     (rn_recurrent_options){
                         .units = H, .layers = 2, .bidirectional = true, .dropout = 0.5});

    cr_assert_eq(rn_size(y.outputs, -1), 2 * H, "%s", rn_graph_error(g));
    cr_assert_eq(rn_model_parameters(model),
                 2 * 2 * (H * H + H) + 2 * 2 * I * H + 2 * 2 * (H * H + H + 2 * H * H));
    rn_program_free(rn_test_compile(y.outputs));
    rn_graph_free(g);
    rn_model_free(model);
}

Test(recurrent_use, output_and_states_may_differ)
{
    rn_model *model = rn_test_model(2);
    rn_graph *g = rn_graph_new();
    rn_tensor initial[2] = {rn_fill(g, RN_F64, rn_shape(B, 1), 0.5),
                            rn_fill(g, RN_F64, rn_shape(B, 1), 7)};
    rn_sequence y = rn_recurrent(
        rn_root(g, model), "net", &odd_cell, rn_fill(g, RN_F64, rn_shape(T, B, I), 1),
        (rn_recurrent_options){.units = 1, .initial = initial, .initial_count = 2});
    double outputs[T * B], last[B];

    rn_test_value_f64(y.outputs, outputs);
    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) cr_assert(outputs[t * B + b] == 0.5 + 10 * (8 + t));
    rn_test_value_f64(y.last, last);
    cr_assert(last[0] == outputs[(T - 1) * B], "last is the output, not state 0");
    rn_test_value_f64(y.final[1], last);
    cr_assert(last[0] == 7 + T);
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- loops round a layer ---- */

/* A layer in the body of a loop, over an outer sequence, from a state of the body: S times
 * the layer, each begun where the last one ended. */
Test(recurrent_use, inside_a_loop)
{
    enum { S = 3 };
    rn_model *model = rn_test_model(2);
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    rn_tensor zero = rn_fill(g, RN_F64, rn_shape(B, H), 0), h = zero;
    rn_recurrent_options o = {.units = H, .initial_count = 1};
    double data[T * B * I], one[B * H], other[B * H];

    rn_loop *loop = rn_loop_begin(g);
    rn_loop_steps(loop, S);
    rn_tensor carry = rn_loop_carry(loop, zero);
    o.initial = &carry;
    rn_loop_next(loop, carry, rn_gru(s, "net", x, o).last);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    rn_tensor nested = rn_loop_final(loop, carry);
    for (int i = 0; i < S; i++) {
        o.initial = &h;
        h = rn_gru(rn_share(s), "net", x, o).last;
    }
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(nested, h)});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_numbers(data, T * B * I, 1);
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    rn_test_read_f64(p, nested, one);
    rn_test_read_f64(p, h, other);
    rn_test_close(one, other, B * H, 1e-14, "nested");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- memory ---- */

static bool build(rn_allocator a)
{
    rn_model *model = rn_model_new_using(1, RN_F64, a);
    rn_graph *g = rn_graph_new_using(a);
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2, 2, 3));
    rn_sequence y = rn_recurrent(
        rn_root(g, model), "net", &mgu_cell, x,
        (rn_recurrent_options){.units = 3, .layers = 2, .stateful = true, .dropout = 0.5});
    const bool done = model && g && !rn_is_null(y.outputs);

    cr_assert(y.final, "final may always be indexed");
    cr_assert_eq(rn_is_null(y.final[0]), rn_is_null(y.outputs));
    rn_graph_free(g);
    rn_model_free(model);
    return done;
}

Test(recurrent_use, every_allocation_may_fail)
{
    rn_test_each_failure(build);
}
