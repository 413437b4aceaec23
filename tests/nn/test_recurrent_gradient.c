/* SPDX-License-Identifier: MIT */
/*
 * Gradients of recurrent layers against differences of their loss.
 *
 * The gradient is measured by how far one step of gradient descent moves each weight. The
 * difference is the central one of fourth order.
 */
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { T = 5, B = 3, I = 2, H = 3, WEIGHTS = 1500 };

/* One graph with a loss of everything that a layer gives. */
typedef struct bench {
    rn_model *model;
    rn_graph *graph;
    rn_tensor x, lengths, loss;
} bench;

/* A weighted sum, so that no two elements are alike. */
static rn_tensor weigh(rn_tensor y, uint64_t seed)
{
    const int64_t count = rn_shape_count(rn_shape_get(y));
    double *factors = (double *)malloc((size_t)count * sizeof *factors);

    rn_test_numbers(factors, count, seed);
    rn_tensor c = rn_constant(y.graph, RN_F64, rn_shape_get(y), factors);
    free(factors);
    return rn_sum_all(rn_mul(rn_square(y), c));
}

/* What a case reads besides x. */
enum { LENGTHS = 1, MASK = 2, RESTARTS = 4 };

static bench make(const rn_cell *cell, rn_recurrent_options o, int reads)
{
    static const uint8_t mask[T * B] = {1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1},
                                  restarts[T * B] = {0, 0, 1, 0, 0, 0, 1, 0,
                                                     0, 0, 1, 0, 0, 1, 0};
    bench b = {.model = rn_test_model(4), .graph = rn_graph_new()};
    const rn_scope s = rn_root(b.graph, b.model);

    b.x = rn_input(b.graph, "x", RN_F64, rn_shape(T, B, I));
    b.lengths = rn_input(b.graph, "lengths", RN_I32, rn_shape(B));
    if (reads & LENGTHS) o.lengths = b.lengths;
    if (reads & MASK) o.mask = rn_constant(b.graph, RN_BOOL, rn_shape(T, B), mask);
    if (reads & RESTARTS)
        o.restarts = rn_constant(b.graph, RN_BOOL, rn_shape(T, B), restarts);
    /* The input is a layer too, so that the gradient goes through it. */
    rn_sequence y = rn_recurrent(s, "net", cell, rn_linear(s, "in", b.x, I), o);
    b.loss = rn_add(weigh(y.outputs, 5), weigh(y.last, 6));
    for (int i = 0; i < y.final_count; i++) {
        b.loss = rn_add(b.loss, weigh(y.final[i], 7 + (uint64_t)i));
        b.loss = rn_add(b.loss, weigh(y.states[i], 90 + (uint64_t)i));
    }
    cr_assert_str_eq(rn_graph_error(b.graph), "");
    rn_test_scramble(b.model, 0.8);
    return b;
}

static void feed(const bench *b, rn_program *p)
{
    static const int32_t lengths[B] = {3, 5, 0};
    double x[T * B * I];

    rn_test_numbers(x, T * B * I, 1);
    rn_test_feed_f64(p, b->x, x);
    rn_test_feed_i32(p, b->lengths, lengths);
}

static double loss_at(const bench *b, rn_program *p, double *w, double value)
{
    const double kept = *w;

    *w = value;
    rn_test_run_once(p);
    *w = kept;
    return rn_scalar(p, b->loss);
}

static double difference(const bench *b, rn_program *p, double *w)
{
    const double h = 0x1p-9, at = *w;
    const double far = loss_at(b, p, w, at + 2 * h) - loss_at(b, p, w, at - 2 * h);
    const double near = loss_at(b, p, w, at + h) - loss_at(b, p, w, at - h);

    return (8 * near - far) / (12 * h);
}

static void check(const rn_cell *cell, rn_recurrent_options o, int reads)
{
    bench b = make(cell, o, reads);
    rn_program *p = rn_test_compile(b.loss);
    double numeric[WEIGHTS];
    int n = 0;

    feed(&b, p);
    for (int i = 0; i < rn_model_count(b.model); i++) {
        rn_variable *v = rn_model_at(b.model, i);
        double *w = (double *)rn_variable_data(v);
        for (int64_t k = 0; k < rn_shape_count(rn_variable_shape(v)); k++)
            numeric[n++] = difference(&b, p, &w[k]);
    }
    rn_program_free(p);

    const int weights = rn_model_count(b.model);
    double before[WEIGHTS];
    for (int i = 0, k = 0; i < weights; i++) {
        const rn_shape shape = rn_variable_shape(rn_model_at(b.model, i));
        memcpy(before + k, rn_variable_data(rn_model_at(b.model, i)),
               (size_t)rn_shape_count(shape) * sizeof *before);
        k += (int)rn_shape_count(shape);
    }
    p = rn_test_training(b.loss, rn_sgd(1, 0));
    feed(&b, p);
    rn_test_run_once(p);
    for (int i = 0, k = 0; i < weights; i++) {
        rn_variable *v = rn_model_at(b.model, i);
        const double *w = (const double *)rn_variable_data(v);
        for (int64_t j = 0; j < rn_shape_count(rn_variable_shape(v)); j++, k++) {
            const double analytic = before[k] - w[j];
            cr_assert(fabs(analytic - numeric[k]) < 1e-8 * fmax(1, fabs(numeric[k])),
                      "%s: %s[%lld]: %.12g, numerically %.12g", cell->name,
                      rn_variable_name(v), (long long)j, analytic, numeric[k]);
        }
    }
    rn_program_free(p);
    rn_graph_free(b.graph);
    rn_model_free(b.model);
}

Test(recurrent_gradient, cells)
{
    for (int i = 0; i < RN_TEST_CELLS; i++)
        check(rn_test_cell_at(i)->cell, (rn_recurrent_options){.units = H}, 0);
}

Test(recurrent_gradient, lengths)
{
    for (int i = 0; i < RN_TEST_CELLS; i++)
        check(rn_test_cell_at(i)->cell, (rn_recurrent_options){.units = H}, LENGTHS);
}

Test(recurrent_gradient, reverse)
{
    for (int i = 0; i < RN_TEST_CELLS; i++)
        check(rn_test_cell_at(i)->cell, (rn_recurrent_options){.units = H, .reverse = true},
              i % 2 ? LENGTHS : 0);
}

Test(recurrent_gradient, layers_both_ways)
{
    for (int i = 0; i < RN_TEST_CELLS; i++)
        check(rn_test_cell_at(i)->cell,
              (rn_recurrent_options){.units = H, .layers = 2, .bidirectional = true},
              LENGTHS);
}

Test(recurrent_gradient, masks_and_restarts)
{
    for (int i = 0; i < RN_TEST_CELLS; i++) {
        check(rn_test_cell_at(i)->cell, (rn_recurrent_options){.units = H}, MASK);
        check(rn_test_cell_at(i)->cell,
              (rn_recurrent_options){.units = H, .hold = true, .bidirectional = true},
              MASK | RESTARTS | (i % 2 ? LENGTHS : 0));
    }
}

Test(recurrent_gradient, connections_and_merges)
{
    const rn_recurrent_layer own[2] = {{.units = 2}, {.cell = &rn_cell_gru}};

    check(
        &rn_cell_lstm,
        (rn_recurrent_options){
            .units = 2, .layers = 3, .connect = RN_CONNECT_RESIDUAL, .learn_initial = true},
        LENGTHS);
    check(&rn_cell_rnn,
          (rn_recurrent_options){
              .units = H, .layers = 2, .own = own, .connect = RN_CONNECT_SKIP},
          MASK);
    for (int merge = RN_MERGE_SUM; merge <= RN_MERGE_PRODUCT; merge++)
        check(&rn_cell_lstm,
              (rn_recurrent_options){.units = H,
                                     .layers = 2,
                                     .bidirectional = true,
                                     .backward = &rn_cell_gru,
                                     .merge = (rn_merge)merge},
              RESTARTS);
}

/* Perturbations of zero change no bit, and their gradient is that of the states in every
 * step, which rn_gradcheck holds against differences. */
static void check_perturbations(const rn_cell *cell, rn_recurrent_options o)
{
    rn_model *model = rn_test_model(4);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I)), zero[64], moved[64];
    rn_sequence plain = rn_recurrent(rn_root(g, model), "net", cell, x, o);
    double data[T * B * I], y[2][T * B * 16];

    for (int i = 0; i < plain.final_count; i++) {
        zero[i] = rn_fill(g, RN_F64, rn_shape_get(plain.states[i]), 0);
        moved[i] = rn_input(g, "moved", RN_F64, rn_shape_get(plain.states[i]));
    }
    o.perturb = zero, o.perturb_count = plain.final_count;
    rn_sequence still = rn_recurrent(rn_share(rn_root(g, model)), "net", cell, x, o);
    o.perturb = moved;
    rn_sequence other = rn_recurrent(rn_share(rn_root(g, model)), "net", cell, x, o);
    cr_assert_str_eq(rn_graph_error(g), "");
    rn_test_scramble(model, 0.8);
    rn_test_numbers(data, T * B * I, 1);
    const rn_tensor both[2] = {plain.outputs, still.outputs};
    rn_program *p = rn_compile(g, (rn_compile_options){.outputs = both, .output_count = 2});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    for (int i = 0; i < 2; i++) rn_test_read_f64(p, both[i], y[i]);
    const int64_t count = rn_shape_count(rn_shape_get(plain.outputs));
    cr_assert(!memcmp(y[0], y[1], (size_t)count * sizeof **y), "%s", cell->name);
    rn_program_free(p);
    rn_gradcheck_report *r = rn_gradcheck(rn_sum_all(rn_square(other.outputs)),
                                          (rn_gradcheck_options){.exhaustive = -1});
    cr_assert(r && r->passed, "%s: %s", cell->name, r ? r->text : rn_graph_error(g));
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(recurrent_gradient, of_the_states)
{
    for (int i = 0; i < RN_TEST_CELLS; i++)
        check_perturbations(rn_test_cell_at(i)->cell, (rn_recurrent_options){.units = H});
    check_perturbations(&rn_cell_lstm,
                        (rn_recurrent_options){.units = H,
                                               .layers = 2,
                                               .bidirectional = true,
                                               .connect = RN_CONNECT_RESIDUAL});
    check_perturbations(
        &rn_cell_gru,
        (rn_recurrent_options){.units = H, .layers = 2, .connect = RN_CONNECT_RESIDUAL});
}

/* A state that adds up its inputs, and shows it. */
static rn_tensor add_up(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s;
    return state[0] = rn_add(state[0], x);
}

/* What is added in a step stands in the outputs of that step and of all later ones. */
static void expect_sums(bool reverse)
{
    static const rn_cell cell = {.name = "sum", .states = 1, .step = add_up};
    rn_model *model = rn_test_model(4);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    rn_tensor e = rn_input(g, "e", RN_F64, rn_shape(T, B, I));
    rn_tensor y =
        rn_recurrent(rn_root(g, model), "net", &cell, x,
                     (rn_recurrent_options){
                         .units = I, .reverse = reverse, .perturb = &e, .perturb_count = 1})
            .outputs;
    double of_x[T * B * I], of_e[T * B * I], want[T * B * I], got[T * B * I];

    cr_assert_str_eq(rn_graph_error(g), "");
    rn_test_numbers(of_x, T * B * I, 1);
    rn_test_numbers(of_e, T * B * I, 2);
    for (int k = 0; k < B * I; k++) {
        double sum = 0;
        for (int i = 0; i < T; i++) {
            const int at = (reverse ? T - 1 - i : i) * B * I + k;
            want[at] = sum += of_x[at] + of_e[at];
        }
    }
    rn_program *p = rn_test_compile(y);
    rn_test_feed_f64(p, x, of_x);
    rn_test_feed_f64(p, e, of_e);
    rn_test_run_once(p);
    rn_test_read_f64(p, y, got);
    rn_test_close(got, want, T * B * I, 1e-14, "perturbed sums");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(recurrent_gradient, perturbations_are_added)
{
    expect_sums(false);
    expect_sums(true);
}

/* Every cell as a layer in the body of a loop, by rn_gradcheck. */
Test(recurrent_gradient, inside_a_loop)
{
    for (int i = 0; i < RN_TEST_CELLS; i++) {
        rn_model *model = rn_test_model(4);
        rn_graph *g = rn_graph_new();
        rn_loop *loop = rn_loop_begin(g);
        rn_tensor x = rn_loop_each(loop, rn_input(g, "xs", RN_F64, rn_shape(2, T, B, I)));
        rn_sequence y =
            rn_recurrent(rn_root(g, model), "net", rn_test_cell_at(i)->cell, x,
                         (rn_recurrent_options){.units = H, .bidirectional = true});
        cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
        rn_gradcheck_report *r =
            rn_gradcheck(rn_sum_all(rn_square(rn_loop_collect(loop, y.last))),
                         (rn_gradcheck_options){.exhaustive = -1});
        cr_assert(r && r->passed, "%s: %s", rn_test_cell_at(i)->cell->name,
                  r ? r->text : rn_graph_error(g));
        rn_gradcheck_free(r);
        rn_graph_free(g);
        rn_model_free(model);
    }
}
