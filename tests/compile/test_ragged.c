/* SPDX-License-Identifier: MIT */
/*
 * Ragged loops: the same values as with all rows in every step, bit for bit where the order
 * of additions is the same.
 */
#include "ragged_world.h"

/* ---- layers ---- */

static void check_layer(const rn_cell *cell, rn_recurrent_options o, rn_type type)
{
    world w = begin(type);
    rn_tensor initial[8];

    o.units = H;
    o.lengths = w.lengths;
    o.initial_count = (o.layers ? o.layers : 1) * (o.bidirectional ? 2 : 1) * cell->states;
    for (int i = 0; i < o.initial_count; i++) initial[i] = w.initial;
    o.initial = initial;
    const rn_sequence s = rn_recurrent(rn_root(w.g, w.model), "net", cell, w.x, o);
    give(&w, s.outputs, false);
    give(&w, s.last, false);
    for (int i = 0; i < s.final_count; i++) give(&w, s.final[i], false);
    give_gradient(&w);
    check(&w, type == RN_F64 ? 1e-14 : 1e-5);
}

Test(ragged, layers_in_both_directions)
{
    const rn_cell *const cells[] = {&rn_cell_rnn, &rn_cell_gru, &rn_cell_lstm};

    for (int i = 0; i < 3; i++)
        for (int back = 0; back < 2; back++)
            check_layer(cells[i], (rn_recurrent_options){.reverse = back}, RN_F64);
}

Test(ragged, several_layers)
{
    check_layer(&rn_cell_gru, (rn_recurrent_options){.layers = 2}, RN_F64);
    check_layer(&rn_cell_rnn, (rn_recurrent_options){.layers = 2, .bidirectional = true},
                RN_F64);
}

Test(ragged, single_precision)
{
    check_layer(&rn_cell_lstm, (rn_recurrent_options){0}, RN_F32);
}

/* Products of a network and its gradient, with and without lengths. */
static int count_products(const rn_cell *cell, bool lengths, unsigned without)
{
    world w = begin(RN_F32);
    rn_recurrent_options o = {.units = H};

    if (lengths) o.lengths = w.lengths;
    give(&w, rn_recurrent(rn_root(w.g, w.model), "net", cell, w.x, o).outputs, false);
    rn_tensor of[OUTS] = {w.x}, dx[OUTS];
    int count = 1;
    for (int i = 0; i < rn_model_count(w.model); i++)
        of[count++] = rn_read_variable(w.g, rn_model_at(w.model, i));
    cr_assert(rn_grad(rn_sum_all(w.out[0]), rn_null(), of, count, dx));
    for (int i = 0; i < count; i++) give(&w, dx[i], i > 0);
    rn_program *p = compile(&w, without, RN_WATCH_OFF);
    const int products = count_of(p, " matmul ");
    rn_program_free(p);
    finish(&w);
    return products;
}

Test(ragged, products_are_joined_as_without_lengths)
{
    const rn_cell *const cells[] = {&rn_cell_gru, &rn_cell_lstm};

    for (int i = 0; i < 2; i++) {
        const int joined = count_products(cells[i], true, 0);
        cr_assert_eq(joined, count_products(cells[i], false, 0));
        cr_assert_lt(joined, count_products(cells[i], true, RN_PASS_JOIN_PRODUCTS));
    }
}

/* The states of a run begin the next one. */
Test(ragged, states_from_run_to_run)
{
    world w = begin(RN_F64);
    rn_model *other = rn_model_new_using(3, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    const world v = {.g = g,
                     .x = rn_input(g, "x", RN_F64, rn_shape(T, B, I)),
                     .initial = rn_input(g, "initial", RN_F64, rn_shape(B, H)),
                     .lengths = rn_input(g, "lengths", RN_I32, rn_shape(B))};
    const world *const both[2] = {&w, &v};
    rn_model *const models[2] = {w.model, other};
    rn_program *p[2];
    rn_tensor y[2];
    double got[2][T * B * H];

    for (int i = 0; i < 2; i++) {
        const rn_recurrent_options o = {
            .units = H, .stateful = true, .lengths = both[i]->lengths};
        y[i] = rn_gru(rn_root(both[i]->g, models[i]), "net", both[i]->x, o).outputs;
        p[i] = rn_test_compile_with(
            both[i]->g,
            (rn_compile_options){RN_OUTPUTS(y[i]), .without = i ? RN_PASS_ROWS : 0});
    }
    cr_assert(count_of(p[0], " ragged ") > 0 && count_of(p[1], " ragged ") == 0);
    for (int k = 0; k < PATTERNS; k++) {
        for (int i = 0; i < 2; i++) {
            feed(both[i], p[i], patterns[k], NAN);
            rn_test_read(p[i], y[i], got[i]);
        }
        rn_test_near(got[0], got[1], T * B * H, 0, "outputs");
    }
    for (int i = 0; i < 2; i++) rn_program_free(p[i]);
    rn_graph_free(g);
    rn_model_free(other);
    finish(&w);
}

/* ---- loops ---- */

/* Tensors of the outer graph with rows; values that depend on the step alone, among them
 * some with rows and random ones; a carry that is only added to; what is collected that has
 * no rows. */
static void captures(bool back)
{
    world w = begin(RN_F64);
    rn_loop *loop = loop_begin(&w, back);
    const rn_tensor x = rn_loop_each(loop, w.x), h = rn_loop_carry(loop, w.initial);
    const rn_tensor total = rn_loop_carry(loop, rn_fill(w.g, RN_F64, rn_shape(B, H), 1));
    const rn_tensor t = rn_cast(rn_loop_index(loop), RN_F64);
    const rn_tensor row =
        rn_constant(w.g, RN_F64, rn_shape(B, 1), (double[B]){1, 10, 0.1, 3, -2});
    const rn_tensor moving = rn_mul(rn_cos(t), row);
    const rn_tensor a =
        rn_add(rn_matmul(x, weight(&w, "w", I, H)), rn_matmul(h, weight(&w, "u", H, H)));
    const rn_tensor noise =
        rn_uniform(rn_reshape(rn_loop_index(loop), rn_shape(1)), 7, RN_F64, rn_shape(B, H));
    const rn_tensor n =
        rn_tanh(rn_add(rn_mul(a, rn_sin(w.initial)), rn_mul(noise, moving)));
    rn_loop_next(loop, h, n);
    rn_loop_next(loop, total, rn_add(total, rn_mul(n, row)));
    const rn_tensor product = rn_sin(rn_matmul(n, weight(&w, "v", H, H)));
    const rn_tensor step = rn_broadcast(t, rn_shape(B, 2));
    rn_loop_end(loop);
    give(&w, rn_loop_final(loop, h), false);
    give(&w, rn_loop_final(loop, total), false);
    give(&w, rn_loop_collect(loop, product), false);
    give(&w, rn_loop_collect(loop, moving), false);
    give(&w, rn_loop_collect(loop, step), false);
    give(&w, rn_loop_collect(loop, row), false);
    give(&w, rn_loop_collect(loop, x), false);
    give_gradient(&w);
    check(&w, 1e-14);
}

Test(ragged, what_the_body_reads_from_outside)
{
    captures(false);
    captures(true);
}

/* Carries that become each other, and one that becomes a constant. */
static void exchanged(bool back)
{
    world w = begin(RN_F64);
    rn_loop *loop = loop_begin(&w, back);
    const rn_tensor x = rn_loop_each(loop, w.x), h = rn_loop_carry(loop, w.initial);
    const rn_tensor k = rn_loop_carry(loop, rn_fill(w.g, RN_F64, rn_shape(B, H), 0.5));
    const rn_tensor one = rn_loop_carry(loop, w.initial);
    rn_loop_next(loop, h, k);
    rn_loop_next(loop, k, rn_tanh(rn_add(rn_matmul(x, weight(&w, "w", I, H)), h)));
    rn_loop_next(loop, one, rn_fill(w.g, RN_F64, rn_shape(B, H), 1));
    rn_loop_end(loop);
    give(&w, rn_loop_final(loop, h), false);
    give(&w, rn_loop_final(loop, k), false);
    give(&w, rn_loop_final(loop, one), false);
    give(&w, rn_loop_collect(loop, k), false);
    give_gradient(&w);
    check(&w, 1e-14);
}

Test(ragged, carries_that_become_each_other)
{
    exchanged(false);
    exchanged(true);
}

/* The gradient of a gradient. */
static void twice(bool back)
{
    world w = begin(RN_F64);
    rn_loop *loop = loop_begin(&w, back);
    const rn_tensor x = rn_loop_each(loop, w.x), h = rn_loop_carry(loop, w.initial);
    rn_loop_next(loop, h,
                 rn_tanh(rn_add(rn_matmul(x, weight(&w, "w", I, H)),
                                rn_matmul(h, weight(&w, "u", H, H)))));
    const rn_tensor square = rn_square(h);
    rn_loop_end(loop);
    const rn_tensor loss = rn_sum_all(rn_sin(rn_loop_collect(loop, square)));
    rn_tensor of[2] = {w.x, w.initial}, dx[2], ddx[2];
    cr_assert(rn_grad(loss, rn_null(), of, 2, dx), "%s", rn_graph_error(w.g));
    const rn_tensor norm = rn_add(rn_sum_all(rn_square(dx[0])), rn_sum_all(rn_sin(dx[1])));
    cr_assert(rn_grad(norm, rn_null(), of, 2, ddx), "%s", rn_graph_error(w.g));
    for (int i = 0; i < 2; i++) give(&w, dx[i], false), give(&w, ddx[i], false);
    check(&w, 1e-14);
}

Test(ragged, gradients_of_gradients)
{
    twice(false);
    twice(true);
}

/* Lengths of its own at each step of an outer loop. */
static void nested(bool back)
{
    world w = begin(RN_F64);
    rn_loop *outer = rn_loop_begin(w.g);
    rn_loop_steps(outer, 3);
    const rn_tensor s = rn_loop_carry(outer, w.initial);
    const rn_tensor left =
        rn_maximum(rn_sub(rn_broadcast(rn_reshape(w.lengths, rn_shape(B)), rn_shape(B)),
                          rn_loop_index(outer)),
                   rn_constant_like(w.lengths, 0));
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    if (back) rn_loop_reverse(inner);
    rn_loop_lengths(inner, left);
    const rn_tensor x = rn_loop_each(inner, w.x), h = rn_loop_carry(inner, s);
    rn_loop_next(inner, h,
                 rn_tanh(rn_add(rn_matmul(x, weight(&w, "w", I, H)),
                                rn_matmul(h, weight(&w, "u", H, H)))));
    rn_loop_end(inner);
    const rn_tensor hs = rn_loop_collect(inner, h);
    rn_loop_next(outer, s, rn_loop_final(inner, h));
    rn_loop_end(outer);
    give(&w, rn_loop_collect(outer, hs), false);
    give(&w, rn_loop_final(outer, s), false);
    give_gradient(&w);
    check(&w, 1e-14);
}

Test(ragged, loops_in_loops)
{
    nested(false);
    nested(true);
}

/* With as many rows as columns one value may be both: its gradient is then a sum of rows
 * and of a product over the rows, all of which counts. */
Test(ragged, a_value_read_by_rows_and_as_a_weight)
{
    enum { SIDE = 3, STEPS = 4 };
    const int32_t length[SIDE] = {2, 4, 0};
    double w0[SIDE * SIDE], x0[STEPS * SIDE * SIDE], got[2][SIDE * SIDE];
    rn_graph *g = rn_graph_new();
    const rn_tensor w = rn_test_f64(g, "w", rn_shape(SIDE, SIDE));
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(STEPS, SIDE, SIDE));
    const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(SIDE));
    rn_loop *loop = rn_loop_begin(g);
    rn_tensor dw;

    rn_loop_lengths(loop, lengths);
    const rn_tensor each = rn_loop_each(loop, x), h = rn_loop_carry(loop, w);
    rn_loop_next(loop, h, rn_sin(rn_sub(rn_add(w, each), rn_tanh(rn_matmul(h, w)))));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    cr_assert(rn_grad(rn_sum_all(rn_loop_final(loop, h)), rn_null(), &w, 1, &dw));
    for (int i = 0; i < 2; i++) {
        rn_program *p = rn_test_compile_with(
            g, (rn_compile_options){RN_OUTPUTS(dw), .without = i ? RN_PASS_ROWS : 0});
        rn_test_feed(p, w, rn_test_numbers(w0, SIDE * SIDE, 1));
        rn_test_feed(p, x, rn_test_numbers(x0, STEPS * SIDE * SIDE, 2));
        cr_assert_eq(rn_feed_i32(p, lengths, length, SIDE), RN_OK);
        rn_test_run(p);
        rn_test_read(p, dw, got[i]);
        rn_program_free(p);
    }
    rn_test_near(got[0], got[1], SIDE * SIDE, 1e-13, "dw");
    rn_graph_free(g);
}
