/* SPDX-License-Identifier: MIT */
/* Masks of dropout that are shared: over steps, in cells, and what they refuse. */
#include "dropout_support.h"

#include <string.h>

enum { N = 4000 };

/* One mask is one mask wherever it is used, in every step of loops as well; another call
 * gives another. */
Test(dropout_mask, is_shared)
{
    enum { T = 3 };
    static double steps[T * N], rows[2 * N];
    fixture f = begin();
    rn_tensor m = rn_dropout_mask(f.scope, "m", RN_F64, rn_shape(N), 0.5);
    rn_loop *loop = rn_loop_begin(f.graph);

    rn_loop_steps(loop, T);
    rn_tensor y = rn_mul(ones(rn_loop_body(loop), rn_shape(N)), m);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(f.graph));
    rn_tensor both[2] = {m, rn_dropout_mask(f.scope, "m", RN_F64, rn_shape(N), 0.5)};
    y = rn_loop_collect(loop, y);
    values_of(&y, 1, T * N, steps);
    rn_model_set(f.model, "random/counter", &(int32_t){0}, sizeof(int32_t));
    values_of(both, 2, N, rows);
    for (int t = 0; t < T; t++)
        cr_assert(!memcmp(steps + t * N, rows, N * sizeof *rows), "step %d", t);
    for (int i = 0; i < 2 * N; i++) cr_assert(rows[i] == 0 || rows[i] == 2);
    expect_independent(rows, 2, N, 0.5);
    end(&f);
}

Test(dropout_mask, is_drawn_in_each_run)
{
    static double rows[2 * N];
    fixture f = begin();
    rn_tensor m = rn_dropout_mask(f.scope, "m", RN_F64, rn_shape(N), 0.9);

    for (int i = 0; i < 2; i++) values_of(&m, 1, N, rows + i * N);
    expect_independent(rows, 2, N, 0.9);
    end(&f);
}

/* In a scope of a loop's body the mask is drawn in each step. */
Test(dropout_mask, of_a_loops_scope)
{
    enum { T = 3 };
    static double rows[T * N];
    fixture f = begin();
    rn_loop *loop = rn_loop_begin(f.graph);

    rn_loop_steps(loop, T);
    rn_tensor m = rn_dropout_mask(rn_root(rn_loop_body(loop), f.model), "m", RN_F64,
                                  rn_shape(N), 0.1);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(f.graph));
    m = rn_loop_collect(loop, m);
    values_of(&m, 1, T * N, rows);
    expect_independent(rows, T, N, 0.1);
    end(&f);
}

/* A recurrent cell whose state loses the same units in every step, and an input alike. */
static rn_tensor variational(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor m = rn_dropout_mask(s, "m", rn_type_get(x), rn_shape_get(state[0]), 0.5);

    return state[0] = rn_tanh(rn_gate(s, "h", x, rn_mul(state[0], m)));
}

static const rn_cell variational_cell = {.name = "vd", .states = 1, .step = variational};

static rn_tensor masked_pass_on(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return state[0] =
               rn_mul(x, rn_dropout_mask(s, "m", rn_type_get(x), rn_shape_get(x), 0.5));
}

Test(dropout_mask, in_a_cell)
{
    enum { T = 4, M = 500 };
    static const rn_cell masked = {.name = "masked", .states = 1, .step = masked_pass_on};
    static double rows[T * 2 * M];
    fixture f = begin();
    const rn_recurrent_options o = {.units = M, .bidirectional = true};
    rn_tensor y =
        rn_recurrent(f.scope, "net", &masked, ones(f.graph, rn_shape(T, 1, M)), o).outputs;

    values_of(&y, 1, T * 2 * M, rows);
    for (int t = 1; t < T; t++)
        cr_assert(!memcmp(rows, rows + t * 2 * M, 2 * M * sizeof *rows));
    expect_independent(rows, 2, M, 0.5); /* forward and backward */
    end(&f);
}

Test(dropout_mask, has_the_right_gradient)
{
    fixture f = begin();
    const rn_recurrent_options o = {.units = 4, .layers = 2, .dropout = 0.25};
    rn_tensor x = rn_input(f.graph, "x", RN_F64, rn_shape(5, 2, 3));

    expect_right_gradient(&f,
                          rn_recurrent(f.scope, "net", &variational_cell, x, o).outputs);
}

Test(dropout_mask, of_inference_is_ones)
{
    fixture f = begin();
    rn_tensor m[2] = {
        rn_dropout_mask(rn_root_inference(f.graph, f.model), "m", RN_F64, rn_shape(8), 0.5),
        rn_dropout_mask(f.scope, "m", RN_F64, rn_shape(8), 0)};
    double values[16];

    values_of(m, 2, 8, values);
    for (int i = 0; i < 16; i++) cr_assert_eq(values[i], 1);
    cr_assert_eq(rn_model_count(f.model), 0, "nothing is drawn");
    end(&f);
}

static void refused(fixture *f, rn_tensor mask, const char *message)
{
    cr_assert(rn_is_null(mask));
    rn_test_error_is(f->graph, message);
    end(f);
}

Test(dropout_mask, refuses)
{
    fixture f = begin();
    refused(&f, rn_dropout_mask(f.scope, "m", RN_F64, rn_shape(2), 1),
            "dropout_mask: the rate must be in 0 <= rate < 1: m has 1");
    f = begin();
    refused(&f, rn_dropout_mask(f.scope, "m", RN_I32, rn_shape(2), 0.5),
            "dropout_mask: the mask must be real: m got i32");
    f = begin();
    refused(&f, rn_dropout_mask(f.scope, "m", RN_F64, rn_shape(2, -1), 0.5),
            "dropout_mask: invalid shape: m [2,-1]");
    f = begin();
    refused(&f, rn_dropout_mask(rn_root(f.graph, NULL), "m", RN_F64, rn_shape(2), 0.5),
            "random_ticks: the scope has no model");
    cr_assert(
        rn_is_null(rn_dropout_mask(rn_root(NULL, NULL), "m", RN_F64, rn_shape(2), 0.5)));
}
