/* SPDX-License-Identifier: MIT */
/*
 * Products that share an operand become one, products of concatenations several, and the
 * gradients of biases leave loops. Programs are compared with those without these passes.
 */
#include "run/driver.h"

#include <rondo/model.h>
#include <rondo/recurrent.h>
#include <rondo/train.h>

enum { T = 8, B = 3, I = 4, H = 5 };

static const unsigned NONE = RN_PASS_JOIN_PRODUCTS | RN_PASS_SPLIT_PRODUCTS;

/* ---- cells of a user ---- */

/* h' = (1 - z) h + z g, with z = s([h|x] Wz + bz) and g = tanh([h|x] Wg + bg). */
static rn_tensor joint_step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const rn_tensor h = state[0], both[2] = {h, x}, hx = rn_concat(both, 2, 1);
    const int64_t n = rn_size(h, 1), m = n + rn_size(x, 1);
    const rn_tensor wz =
        rn_weight(s, "wz", rn_shape(m, n), (rn_init){RN_INIT_GLOROT_UNIFORM, 1});
    const rn_tensor wg =
        rn_weight(s, "wg", rn_shape(m, n), (rn_init){RN_INIT_GLOROT_UNIFORM, 1});
    const rn_tensor z = rn_sigmoid(rn_matmul(hx, wz)), g = rn_tanh(rn_matmul(hx, wg));

    return state[0] = rn_add(rn_mul(rn_one_minus(z), h), rn_mul(z, g));
}

static const rn_cell joint = {.name = "joint", .states = 1, .step = joint_step};

/* Two gates whose weights are read transposed, and no biases. */
static rn_tensor transposed_step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const rn_tensor h = state[0];
    const int64_t n = rn_size(h, 1), m = rn_size(x, 1);
    rn_tensor gate[2];

    for (int k = 0; k < 2; k++) {
        const rn_scope of = rn_scope_in(s, k ? "b" : "a");
        const rn_init init = (rn_init){RN_INIT_GLOROT_UNIFORM, 1};
        const rn_tensor w = rn_weight(of, "w", rn_shape(n, m), init);
        const rn_tensor u = rn_weight(of, "u", rn_shape(n, n), init);
        gate[k] = rn_tanh(rn_add(rn_matmul_transposed(x, w, RN_TRANSPOSE_Y),
                                 rn_matmul_transposed(h, u, RN_TRANSPOSE_Y)));
    }
    return state[0] = rn_mul(gate[0], rn_exp(gate[1]));
}

static const rn_cell transposed = {.name = "two", .states = 1, .step = transposed_step};

/* ---- programs ---- */

typedef struct net {
    rn_model *model;
    rn_graph *g;
    rn_tensor x, y, lengths, loss, dx;
    rn_program *p;
} net;

/* A layer of a cell; its outputs, or with `train` a step of training and the gradient of
 * x. */
static net build(const rn_cell *cell, rn_recurrent_options o, bool with_lengths, bool train,
                 unsigned without)
{
    net n = {.model = rn_model_new_using(3, RN_F64, (rn_allocator){0}),
             .g = rn_graph_new()};

    n.x = rn_input(n.g, "x", RN_F64, rn_shape(T, B, I));
    if (with_lengths) o.lengths = n.lengths = rn_input(n.g, "n", RN_I32, rn_shape(B));
    o.units = H;
    n.y = rn_recurrent(rn_root(n.g, n.model), "net", cell, n.x, o).outputs;
    n.loss = rn_mean_all(rn_square(n.y));
    rn_compile_options c = {.without = without};
    if (train) {
        rn_grad(n.loss, rn_null(), &n.x, 1, &n.dx);
        c = (rn_compile_options){RN_OUTPUTS(n.dx), .minimize = n.loss,
                                 .with = rn_sgd(0.5, 0), .without = without};
    } else {
        c.output[c.output_count++] = n.y;
    }
    n.p = rn_compile(n.g, c);
    cr_assert(n.p, "%s", rn_graph_error(n.g));
    return n;
}

static void finish(net *n)
{
    rn_program_free(n->p);
    rn_graph_free(n->g);
    rn_model_free(n->model);
}

/* Two runs; the second shows what the first made of the weights. */
static void run(const net *n, rn_tensor y, double *values)
{
    double x[T * B * I];
    const int32_t length[B] = {T, 2, 5};

    rn_test_feed(n->p, n->x, rn_test_numbers(x, T * B * I, 5));
    if (!rn_is_null(n->lengths)) rn_test_feed_i32(n->p, n->lengths, length);
    rn_test_run(n->p), rn_test_run(n->p);
    rn_test_read(n->p, y, values);
}

/* How many lines of the program have a word; of `inside`, in loops. */
static int lines(const rn_program *p, const char *word, bool inside)
{
    static char text[200000];
    int count = 0;
    bool loop = false;

    rn_program_print(p, text, sizeof text);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (line[0] != ' ') loop = strstr(line, " loop ") != NULL;
        count += (!inside || (line[0] == ' ' && loop)) && strstr(line, word);
    }
    return count;
}

/* ---- how many products ---- */

static void expect_products(const rn_cell *cell, rn_recurrent_options o, int forward,
                            int forward_inside, int training, int training_inside)
{
    net f = build(cell, o, false, false, 0), t = build(cell, o, false, true, 0);

    cr_expect_eq(lines(f.p, " matmul ", false), forward, "%s: %d products forward",
                 cell->name, lines(f.p, " matmul ", false));
    cr_expect_eq(lines(f.p, " matmul ", true), forward_inside, "%s: %d in loops forward",
                 cell->name, lines(f.p, " matmul ", true));
    cr_expect_eq(lines(t.p, " matmul ", false), training, "%s: %d products", cell->name,
                 lines(t.p, " matmul ", false));
    cr_expect_eq(lines(t.p, " matmul ", true), training_inside, "%s: %d in loops",
                 cell->name, lines(t.p, " matmul ", true));
    /* Gradients of biases leave loops, and nothing is copied there. */
    cr_expect_eq(lines(t.p, " sum ", true), 0, "%s: a sum in a loop", cell->name);
    cr_expect_eq(lines(t.p, " concat ", true), 0, "%s: a concat in a loop", cell->name);
    cr_expect_eq(lines(t.p, " copy ", true), 0, "%s: a copy in a loop", cell->name);
    finish(&f);
    finish(&t);
}

/* x W and h U; of the gradients dh, dx, dW and dU. */
Test(products, of_an_lstm_are_one_for_each_operand)
{
    expect_products(&rn_cell_lstm, (rn_recurrent_options){0}, 2, 1, 6, 2);
    expect_products(&rn_cell_lstm, (rn_recurrent_options){.layers = 2}, 4, 2, 12, 4);
    expect_products(&rn_cell_lstm, (rn_recurrent_options){.bidirectional = true}, 4, 2, 12,
                    4);
}

/* x W, h [Ur|Uz] and (r h) U, and so for the gradients. With the reset after the product,
 * the gradients by W and by U are of the same r and z, but of two candidates. */
Test(products, of_a_gru_are_one_for_each_operand)
{
    expect_products(&rn_cell_gru, (rn_recurrent_options){0}, 3, 2, 9, 4);
    expect_products(&rn_cell_gru_reset_after, (rn_recurrent_options){0}, 2, 1, 6, 2);
}

Test(products, with_transposed_weights_become_one)
{
    expect_products(&transposed, (rn_recurrent_options){0}, 2, 1, 6, 2);
}

/* One step of one sequence: to concatenate the weights would cost more than it saves. */
Test(products, of_single_steps_stay_as_they_are)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(1, I));
    rn_tensor states[RN_STATES_MAX];
    const rn_recurrent_options o = {.units = H};

    cr_assert(rn_recurrent_begin(rn_root(g, model), "net", &rn_cell_lstm, x, states, o));
    const rn_tensor y =
        rn_recurrent_step(rn_root(g, model), "net", &rn_cell_lstm, x, states, o);
    rn_program *p = rn_test_compile(g, y);
    cr_assert_eq(lines(p, " concat ", false), 0);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* Two steps of one sequence use large weights too little to concatenate them. What the
 * gradients of the weights and of the biases share costs nothing. */
Test(products, of_few_steps_concatenate_no_weights)
{
    enum { WIDE = 48, FEW = 2 };
    static double x[FEW * WIDE], want[FEW * WIDE], got[FEW * WIDE];
    const unsigned without[2] = {NONE, 0};

    for (int k = 0; k < 2; k++) {
        rn_model *model = rn_model_new_using(3, RN_F64, (rn_allocator){0});
        rn_graph *g = rn_graph_new();
        const rn_tensor in = rn_test_f64(g, "x", rn_shape(FEW, 1, WIDE));
        const rn_recurrent_options o = {.units = WIDE};
        const rn_tensor loss = rn_mean_all(rn_square(
            rn_recurrent(rn_root(g, model), "net", &rn_cell_lstm, in, o).outputs));
        rn_tensor dx;
        rn_grad(loss, rn_null(), &in, 1, &dx);
        rn_program *p = rn_test_compile_with(
            g, (rn_compile_options){RN_OUTPUTS(dx), .minimize = loss,
                                    .with = rn_sgd(0.5, 0), .without = without[k]});
        rn_test_feed(p, in, rn_test_numbers(x, FEW * WIDE, 5));
        rn_test_run(p), rn_test_run(p);
        rn_test_read(p, dx, k ? got : want);
        if (k) {
            cr_assert_eq(lines(p, " concat ", false), 0);
            cr_assert_eq(lines(p, " matmul ", false), 4 + 4 + 4 + 4 + 2);
            cr_assert_eq(lines(p, " sum ", true), 0);
        }
        rn_program_free(p);
        rn_graph_free(g);
        rn_model_free(model);
    }
    rn_test_near(got, want, FEW * WIDE, 1e-12, "dx");
}

/* ---- values ---- */

static void expect_same(const rn_cell *cell, rn_recurrent_options o, bool lengths)
{
    static double want[2 * T * B * H], got[2 * T * B * H];
    net one = build(cell, o, lengths, false, RN_PASS_JOIN_PRODUCTS);
    net all = build(cell, o, lengths, false, 0);
    const int64_t n = rn_test_count(one.y);

    /* The same terms in the same order. */
    run(&one, one.y, want), run(&all, all.y, got);
    cr_assert_eq(memcmp(got, want, (size_t)n * sizeof *want), 0, "%s: other bits",
                 cell->name);
    finish(&one), finish(&all);
    one = build(cell, o, lengths, true, NONE), all = build(cell, o, lengths, true, 0);
    cr_assert_lt(lines(all.p, " matmul ", false), lines(one.p, " matmul ", false));
    run(&one, one.dx, want), run(&all, all.dx, got);
    rn_test_near(got, want, T * B * I, 1e-12, cell->name);
    cr_assert_float_eq(rn_scalar(one.p, one.loss), rn_scalar(all.p, all.loss), 1e-12);
    finish(&one), finish(&all);
}

Test(products, joined_have_the_same_values)
{
    const rn_cell *cells[] = {&rn_cell_lstm, &rn_cell_gru, &rn_cell_gru_reset_after, &joint,
                              &transposed};

    for (int i = 0; i < 5; i++)
        for (int lengths = 0; lengths < 2; lengths++) {
            expect_same(cells[i], (rn_recurrent_options){0}, lengths);
            expect_same(cells[i], (rn_recurrent_options){.layers = 2}, lengths);
            expect_same(cells[i], (rn_recurrent_options){.bidirectional = true}, lengths);
        }
}

/* The gradient of the gradient's square. */
static void second(unsigned without, double *values)
{
    rn_model *model = rn_model_new_using(3, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, I));
    const rn_recurrent_options o = {.units = H};
    const rn_sequence s = rn_recurrent(rn_root(g, model), "net", &rn_cell_lstm, x, o);
    double in[T * B * I];
    rn_tensor dx, ddx;

    rn_grad(rn_mean_all(rn_square(s.outputs)), rn_null(), &x, 1, &dx);
    rn_grad(rn_sum_all(rn_square(dx)), rn_null(), &x, 1, &ddx);
    rn_program *p =
        rn_test_compile_with(g, (rn_compile_options){RN_OUTPUTS(ddx), .without = without});
    rn_test_feed(p, x, rn_test_numbers(in, T * B * I, 5));
    rn_test_run(p);
    rn_test_read(p, ddx, values);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(products, gradients_of_gradients_are_the_same)
{
    double want[T * B * I], got[T * B * I];

    second(NONE, want), second(0, got);
    rn_test_near(got, want, T * B * I, 1e-12, "ddx");
}

/* ---- concatenations ---- */

/* x's part of [h|x] W leaves the loop; so does x's part of its gradient. */
Test(products, of_concatenations_are_split)
{
    net f = build(&joint, (rn_recurrent_options){0}, false, false, 0);
    net t = build(&joint, (rn_recurrent_options){0}, false, true, 0);
    net old = build(&joint, (rn_recurrent_options){0}, false, false, NONE);

    cr_assert_eq(lines(old.p, " matmul ", true), 2);
    cr_assert_eq(lines(f.p, " matmul ", true), 1);
    cr_assert_eq(lines(f.p, " matmul ", false), 2);
    cr_assert_eq(lines(f.p, " concat ", true), 0);
    /* h U, and dh, but not dx. */
    cr_assert_eq(lines(t.p, " matmul ", true), 2);
    finish(&f), finish(&t), finish(&old);
}

/* Step by step, without a loop, a cell gives the bits of the loop. */
static void expect_steps(const rn_cell *cell)
{
    const rn_recurrent_options o = {.units = H, .layers = 2};
    rn_model *model = rn_model_new_using(3, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(T, B, I));
    rn_tensor step[T], states[2 * RN_STATES_MAX];
    double in[T * B * I], want[T * B * H], got[T * B * H];
    const rn_tensor y = rn_recurrent(s, "net", cell, x, o).outputs;

    cr_assert(rn_recurrent_begin(s, "net", cell, rn_index(x, 0, 0), states, o));
    for (int t = 0; t < T; t++)
        step[t] = rn_recurrent_step(s, "net", cell, rn_index(x, 0, t), states, o);
    const rn_tensor steps = rn_stack(step, T, 0);
    rn_program *p = rn_test_compile(g, y, steps);
    rn_test_feed(p, x, rn_test_numbers(in, T * B * I, 5));
    rn_test_run(p);
    rn_test_read(p, y, want), rn_test_read(p, steps, got);
    cr_assert_eq(memcmp(got, want, sizeof want), 0, "%s: other bits", cell->name);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(products, single_steps_have_the_bits_of_a_loop)
{
    expect_steps(&rn_cell_lstm);
    expect_steps(&rn_cell_gru);
    expect_steps(&joint);
    expect_steps(&transposed);
}

/* Step inputs that are a concatenation are split like those of a single step. */
Test(products, concatenated_step_inputs_have_the_bits_of_single_steps)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor a = rn_test_f64(g, "a", rn_shape(T, B, I));
    const rn_tensor b = rn_test_f64(g, "b", rn_shape(T, B, H));
    const rn_tensor w = rn_test_f64(g, "w", rn_shape(I + H, H)), both[2] = {a, b};
    rn_tensor step[T];
    double in[T * B * H], want[T * B * H], got[T * B * H];
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor y = rn_matmul(rn_loop_each(loop, rn_concat(both, 2, 2)), w);

    cr_assert(rn_loop_end(loop));
    const rn_tensor all = rn_loop_collect(loop, y);
    for (int t = 0; t < T; t++) {
        const rn_tensor at[2] = {rn_index(a, 0, t), rn_index(b, 0, t)};
        step[t] = rn_matmul(rn_concat(at, 2, 1), w);
    }
    const rn_tensor steps = rn_stack(step, T, 0);
    rn_program *p = rn_test_compile(g, all, steps);
    rn_test_feed(p, a, rn_test_numbers(in, T * B * I, 5));
    rn_test_feed(p, b, rn_test_numbers(in, T * B * H, 6));
    rn_test_feed(p, w, rn_test_numbers(in, (I + H) * H, 7));
    rn_test_run(p);
    rn_test_read(p, all, want), rn_test_read(p, steps, got);
    cr_assert_eq(memcmp(got, want, sizeof want), 0);
    rn_program_free(p);
    rn_graph_free(g);
}

/* Parts that element-wise operators compute are computed in place: along rows, along
 * columns, of one column, and where one part is read in another way too. */
Test(products, parts_of_a_concatenation_are_computed_in_place)
{
    for (int axis = 0; axis < 3; axis++)
        for (int width = 1; width < 4; width++) {
            rn_graph *g = rn_graph_new();
            const rn_tensor x = rn_test_f64(g, "x", rn_shape(2, 3, width));
            const rn_tensor a = rn_tanh(x), b = rn_exp(x), part[3] = {a, b, rn_neg(b)};
            const rn_tensor y = rn_concat(part, 3, axis);
            const rn_tensor z = rn_sum_axis(rn_permute(a, (const int[]){2, 1, 0}), 0);
            rn_program *p = rn_test_compile(g, y, z);
            rn_program *old = rn_test_compile_with(
                g, (rn_compile_options){RN_OUTPUTS(y, z), .without = RN_PASS_ELIDE});
            double in[18], want[54], got[54];

            if (width > 1) cr_expect_eq(lines(p, " copy ", false), 0, "axis %d", axis);
            rn_test_numbers(in, 18, 3);
            rn_test_feed(p, x, in), rn_test_feed(old, x, in);
            rn_test_run(p), rn_test_run(old);
            rn_test_near(rn_test_read(p, y, got), rn_test_read(old, y, want), 18 * width, 0,
                         "y");
            rn_test_near(rn_test_read(p, z, got), rn_test_read(old, z, want), 6, 0, "z");
            rn_program_free(p);
            rn_program_free(old);
            rn_graph_free(g);
        }
}
