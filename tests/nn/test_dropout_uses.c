/* SPDX-License-Identifier: MIT */
/* One name used more than once in a graph: every use draws its own mask, the same masks in
 * every graph of a model function, and the same in the gradient. */
#include "dropout_support.h"

#include <string.h>

enum { N = 4000 };

/* ---- outside of loops ---- */

Test(dropout_uses, draw_independently)
{
    enum { USES = 6 };
    static const double rates[] = {0.1, 0.5, 0.9};
    static double rows[USES * N];

    for (int k = 0; k < 3; k++) {
        fixture f = begin();
        rn_tensor y[USES];
        for (int i = 0; i < USES; i++)
            y[i] = rn_dropout(f.scope, "d", ones(f.graph, rn_shape(N)), rates[k]);
        values_of(y, USES, N, rows);
        expect_independent(rows, USES, N, rates[k]);
        end(&f);
    }
}

/* The first use is what a name alone gives. */
Test(dropout_uses, first_has_the_key_of_the_name)
{
    fixture f = begin();
    rn_tensor x = ones(f.graph, rn_shape(100));
    rn_tensor d = rn_dropout(f.scope, "d", x, 0.5);
    rn_tensor both[2] = {d, rn_uniform(rn_random_ticks(f.scope, x),
                                       rn_random_key(f.scope, "d"), RN_F64, rn_shape(100))};
    double values[200];

    values_of(both, 2, 100, values);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(values[i], values[100 + i] >= 0.5 ? 2.0 : 0.0);
    end(&f);
}

/* Three uses over x [size], the second of another name between. */
static void model_function(rn_scope s, rn_tensor x, rn_tensor *y)
{
    y[0] = rn_dropout(s, "d", x, 0.5);
    y[1] = rn_dropout(s, "e", x, 0.5);
    y[2] = rn_dropout(rn_scope_in(s, "in"), "d", x, 0.5);
    y[3] = rn_dropout(s, "d", x, 0.5);
    y[4] = rn_dropout(s, "in/d", x, 0.5);
}

/* Another graph draws the same again, also of another size. */
Test(dropout_uses, are_counted_in_each_graph)
{
    double a[5 * 64], b[5 * 64], c[5 * 32];
    double *const values[3] = {a, b, c};
    static const int size[3] = {64, 64, 32};

    for (int i = 0; i < 3; i++) {
        fixture f = begin();
        rn_tensor y[5];
        model_function(f.scope, ones(f.graph, rn_shape(size[i])), y);
        values_of(y, 5, size[i], values[i]);
        end(&f);
    }
    cr_assert(!memcmp(a, b, sizeof a));
    for (int k = 0; k < 5; k++) {
        cr_assert(!memcmp(a + k * 64, c + k * 32, 32 * sizeof *a));
        for (int i = 0; i < k; i++)
            cr_assert(memcmp(a + i * 64, a + k * 64, 64 * sizeof *a), "%d and %d", i, k);
    }
}

/* What is built for inference, or drops nothing, is no use. */
Test(dropout_uses, inference_is_none)
{
    fixture f = begin();
    rn_tensor x = ones(f.graph, rn_shape(64)), y[5];
    double before[5 * 64], after[5 * 64];

    model_function(f.scope, x, y);
    values_of(y, 5, 64, before);
    end(&f);

    f = begin();
    x = ones(f.graph, rn_shape(64));
    model_function(rn_root_inference(f.graph, f.model), x, y);
    rn_dropout_mask(rn_root_inference(f.graph, f.model), "d", RN_F64, rn_shape(4), 0.5);
    rn_dropout(f.scope, "d", x, 0);
    cr_assert_eq(rn_model_count(f.model), 0);
    model_function(f.scope, x, y);
    values_of(y, 5, 64, after);
    cr_assert(!memcmp(before, after, sizeof before));
    end(&f);
}

/* ---- in loops ---- */

/* All masks drawn in loops: two uses in the body, in each of two loops nested in another,
 * each with its own in every step. */
Test(dropout_uses, nested_loops)
{
    enum { OUTER = 2, INNER = 3, DRAWS = 4 * OUTER * INNER, M = 1000 };
    static double rows[DRAWS * M];
    fixture f = begin();
    rn_loop *outer = rn_loop_begin(f.graph);
    rn_tensor y[4];

    rn_loop_steps(outer, OUTER);
    for (int i = 0; i < 2; i++) {
        rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
        rn_loop_steps(inner, INNER);
        if (i == 1) rn_loop_reverse(inner);
        rn_tensor x = ones(rn_loop_body(inner), rn_shape(M));
        rn_tensor a = rn_dropout(f.scope, "d", x, 0.5);
        rn_tensor b = rn_dropout(f.scope, "d", x, 0.5);
        cr_assert(rn_loop_end(inner), "%s", rn_graph_error(f.graph));
        y[2 * i] = rn_loop_collect(inner, a);
        y[2 * i + 1] = rn_loop_collect(inner, b);
    }
    cr_assert(rn_loop_end(outer), "%s", rn_graph_error(f.graph));
    for (int i = 0; i < 4; i++) y[i] = rn_loop_collect(outer, y[i]);
    values_of(y, 4, OUTER * INNER * M, rows);
    expect_independent(rows, DRAWS, M, 0.5);
    end(&f);
}

/* An unrolled loop draws anew in each step. */
Test(dropout_uses, steps_of_a_c_loop)
{
    enum { T = 8 };
    static double rows[T * N];
    fixture f = begin();
    rn_tensor y[T];

    for (int t = 0; t < T; t++)
        y[t] = rn_dropout(f.scope, "d", ones(f.graph, rn_shape(N)), 0.5);
    values_of(y, T, N, rows);
    expect_independent(rows, T, N, 0.5);
    end(&f);
}

/* ---- in recurrent layers ---- */

/* The output is the input, so what a second layer gives is what was dropped before it. */
static rn_tensor pass_on(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return state[0] = x;
}

static const rn_cell wire = {.name = "wire", .states = 1, .step = pass_on};

static const rn_recurrent_options two_layers = {.units = 500, .layers = 2, .dropout = 0.5};

/* An encoder applied twice has two masks; and so has one that reads backwards. */
Test(dropout_uses, layers_applied_twice)
{
    enum { T = 2, M = 500, ROWS = 4 * T };
    static double rows[ROWS * M];
    fixture f = begin();
    rn_recurrent_options back = two_layers;
    rn_tensor x = ones(f.graph, rn_shape(T, 1, M)), y[4];

    back.reverse = true;
    for (int i = 0; i < 4; i++)
        y[i] = rn_recurrent(f.scope, "net", &wire, x, i % 2 ? back : two_layers).outputs;
    values_of(y, 4, T * M, rows);
    expect_independent(rows, ROWS, M, 0.5);
    end(&f);
}

Test(dropout_uses, recurrent_step_in_a_c_loop)
{
    enum { T = 6, M = 500 };
    static double rows[T * M];
    fixture f = begin();
    rn_tensor x = ones(f.graph, rn_shape(1, M)), states[2] = {x, x}, y[T];

    for (int t = 0; t < T; t++)
        y[t] = rn_recurrent_step(f.scope, "net", &wire, x, states, two_layers);
    values_of(y, T, M, rows);
    expect_independent(rows, T, M, 0.5);
    end(&f);
}

/* ---- gradients ---- */

/* x [T, M] through dropout twice in each step, after a product that may be hoisted. */
static rn_tensor dropped_in_loop(fixture *f, rn_tensor xs, rn_tensor w)
{
    rn_loop *loop = rn_loop_begin(f->graph);
    rn_tensor x = rn_loop_each(loop, xs);
    rn_tensor a = rn_dropout(f->scope, "d", x, 0.5);
    rn_tensor b = rn_dropout(f->scope, "d", rn_matmul(a, w), 0.5);

    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(f->graph));
    return rn_loop_collect(loop, b);
}

/* y is linear in x, so with x = 1 the sum of dx is that of y, step by step and row by row;
 * with w = 1 element by element. That needs the same masks both ways. */
Test(dropout_uses, gradient_has_the_masks)
{
    enum { T = 3, R = 4, M = 8, ALL = T * R * M };
    fixture f = begin();
    double eye[M * M] = {0}, got[2][ALL], kept = 0;

    for (int i = 0; i < M; i++) eye[i * M + i] = 1;
    rn_tensor x = ones(f.graph, rn_shape(T, R, M));
    rn_tensor w = rn_constant(f.graph, RN_F64, rn_shape(M, M), eye), both[2], dx;
    both[0] = dropped_in_loop(&f, x, w);
    both[0] = rn_dropout(f.scope, "d", both[0], 0.5);
    cr_assert(rn_grad(rn_sum_all(both[0]), rn_null(), &x, 1, &dx));
    both[1] = dx;
    values_of(both, 2, ALL, got[0]);
    for (int i = 0; i < ALL; i++) {
        cr_assert_eq(got[0][i], got[1][i], "%d: %g, gradient %g", i, got[0][i], got[1][i]);
        kept += got[0][i] != 0;
        cr_assert(got[0][i] == 0 || got[0][i] == 8);
    }
    cr_assert(kept > 0 && kept < ALL / 4.0, "%g of %d kept by three masks", kept, ALL);
    end(&f);
}

Test(dropout_uses, gradient_of_an_encoder_used_twice)
{
    fixture f = begin();
    const rn_recurrent_options o = {
        .units = 3, .layers = 2, .bidirectional = true, .dropout = 0.5};
    rn_tensor x = rn_input(f.graph, "x", RN_F64, rn_shape(4, 2, 3));
    rn_tensor a = rn_gru(f.scope, "net", x, o).outputs;
    rn_tensor b = rn_gru(rn_share(f.scope), "net", x, o).outputs;

    expect_right_gradient(&f, rn_sub(a, b));
}

/* ---- keys ---- */

Test(dropout_uses, next_keys)
{
    enum { MANY = 50 };
    fixture f = begin();
    rn_graph *other = rn_graph_new();
    const rn_scope s = f.scope, t = rn_root(other, f.model);
    uint64_t keys[2 * MANY];

    for (int i = 0; i < 2 * MANY; i++) keys[i] = rn_random_key_next(s, i % 2 ? "b" : "a/x");
    cr_assert_eq(keys[0], rn_random_key(s, "a/x"));
    cr_assert_eq(keys[1], rn_random_key(s, "b"), "asking for a key is no use");
    for (int i = 0; i < 2 * MANY; i++)
        for (int k = 0; k < i; k++) cr_assert(keys[i] != keys[k], "%d and %d", i, k);
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(rn_random_key_next(rn_scope_in(t, "a"), "x"), keys[2 * i]);
    cr_assert_eq(rn_random_key(s, "b"), keys[1]);
    cr_assert_eq(rn_random_key_next(rn_root(NULL, f.model), "b"),
                 rn_random_key_next(rn_root(NULL, f.model), "b"),
                 "there is no graph to count in");
    rn_graph_free(other);
    end(&f);
}
