/* SPDX-License-Identifier: MIT */
/* Layers that are not recurrent, against plain loops. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

#include "rondo/grad.h"
#include "rondo/gradcheck.h"
#include "rondo/ops.h"

/* ---- linear ---- */

static void check_linear(rn_shape shape, int64_t units)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, shape);
    rn_tensor y = rn_linear(rn_root(g, model), "out", x, units);
    const int64_t I = shape.size[shape.rank - 1], n = rn_shape_count(shape);
    const int64_t rows = I ? n / I : 0;
    double in[64], got[64], want[64];

    rn_test_scramble(model, 1);
    rn_test_numbers(in, n, 3);
    rn_program *p = rn_test_compile(y);
    rn_test_feed_f64(p, x, in);
    rn_test_run_once(p);
    rn_test_read_f64(p, y, got);
    shape.size[shape.rank - 1] = units;
    cr_assert(rn_shape_equal(rn_shape_get(y), shape));
    const double *w = rn_test_values(model, "out/w"), *b = rn_test_values(model, "out/b");
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < units; j++) {
            want[r * units + j] = b[j];
            for (int64_t i = 0; i < I; i++)
                want[r * units + j] += in[r * I + i] * w[i * units + j];
        }
    rn_test_close(got, want, rows * units, 1e-14, "linear");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(layers, linear)
{
    check_linear(rn_shape(3), 4);
    check_linear(rn_shape(2, 3), 4);
    check_linear(rn_shape(2, 3, 4), 5);
    check_linear(rn_shape(2, 1, 3, 2), 3);
    check_linear(rn_shape(0, 3), 4);
    check_linear(rn_shape(2, 0, 3), 4);
}

/* ---- embedding ---- */

Test(layers, embedding)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_I32, rn_shape(2, 3));
    rn_tensor y = rn_embedding(rn_root(g, model), "e", x, 5, 4);
    const int32_t indices[6] = {4, 0, 0, 2, 3, 4};
    double got[24];

    cr_assert(rn_shape_equal(rn_shape_get(y), rn_shape(2, 3, 4)));
    rn_program *p = rn_test_compile(y);
    rn_test_feed_i32(p, x, indices);
    rn_test_run_once(p);
    rn_test_read_f64(p, y, got);
    const double *w = rn_test_values(model, "e/w");
    for (int i = 0; i < 6; i++)
        cr_assert(!memcmp(got + 4 * i, w + 4 * indices[i], 4 * sizeof *w));

    const int32_t bad[6] = {0, 1, 2, 5, 0, 0};
    rn_test_feed_i32(p, x, bad);
    cr_assert_eq(rn_run(p), RN_BAD_VALUE);
    cr_assert(strstr(rn_program_error(p), "index 5"), "%s", rn_program_error(p));
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* The padding is zero and changes no gradient; the table has a row for it. */
Test(layers, embedding_padded)
{
    const int32_t indices[6] = {4, 0, 2, 2, 3, 4}, bad[6] = {0, 1, 2, -1, 0, 0};
    double got[12], c[12], dw[10], want[10] = {0};
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_input(w.graph, "x", RN_I32, rn_shape(2, 3)), grad = rn_null();
    rn_tensor y =
        rn_embedding_padded(w.root, "e", x, 5, 2, (rn_init){RN_INIT_NORMAL, 1}, 2);
    rn_tensor table = rn_read_variable(w.graph, rn_model_find(w.model, "e/w"));

    rn_test_numbers(c, 12, 5);
    rn_tensor loss = rn_sum_all(
        rn_mul(rn_square(y), rn_constant(w.graph, RN_F64, rn_shape(2, 3, 2), c)));
    cr_assert(rn_grad(loss, rn_null(), &table, 1, &grad));
    rn_program *p = rn_compile(w.graph, (rn_compile_options){RN_OUTPUTS(y, grad)});
    cr_assert(p, "%s", rn_graph_error(w.graph));
    rn_test_feed_i32(p, x, indices);
    rn_test_run_once(p);
    rn_test_read_f64(p, y, got);
    rn_test_read_f64(p, grad, dw);
    double *e = rn_test_values(w.model, "e/w");
    for (int i = 0; i < 12; i++) {
        const int row = indices[i / 2], at = row * 2 + i % 2;
        cr_assert(got[i] == (row == 2 ? 0 : e[at]));
        if (row != 2) want[at] += 2 * e[at] * c[i];
    }
    rn_test_close(dw, want, 10, 1e-14, "gradient");
    cr_assert(dw[4] == 0 && dw[5] == 0);
    e[4] = NAN; /* never read */
    rn_test_run_once(p);
    rn_test_read_f64(p, grad, dw);
    rn_test_close(dw, want, 10, 1e-14, "gradient");
    rn_test_feed_i32(p, x, bad);
    cr_assert_eq(rn_run(p), RN_BAD_VALUE);
    rn_program_free(p);
    rn_test_end(&w);
}

Test(layers, embedding_padded_gradient)
{
    const int32_t indices[6] = {4, 0, 2, 2, 3, 4};
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_constant(w.graph, RN_I32, rn_shape(2, 3), indices);
    rn_tensor y =
        rn_embedding_padded(w.root, "e", x, 5, 3, (rn_init){RN_INIT_NORMAL, 1}, 4);
    rn_gradcheck_report *r = rn_gradcheck(
        rn_sum_all(
            rn_exp(rn_lstm(w.root, "rnn", y, (rn_recurrent_options){.units = 3}).outputs)),
        (rn_gradcheck_options){0});

    cr_assert(r->passed, "%s", r->text);
    rn_gradcheck_free(r);
    rn_test_end(&w);
}

/* The table begins as standard normal numbers, or as it is told to. */
Test(layers, embedding_begins)
{
    enum { COUNT = 200, UNITS = 100, ALL = COUNT * UNITS };
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    rn_tensor x = rn_input(g, "x", RN_I32, rn_shape(2));
    double sum = 0, squares = 0;

    rn_embedding(s, "e", x, COUNT, UNITS);
    rn_embedding_init(s, "c", x, COUNT, UNITS, (rn_init){RN_INIT_UNIFORM, 0.25});
    cr_assert(!*rn_graph_error(g), "%s", rn_graph_error(g));
    const double *e = rn_test_values(model, "e/w"), *c = rn_test_values(model, "c/w");
    for (int i = 0; i < ALL; i++) {
        sum += e[i];
        squares += e[i] * e[i];
        cr_assert(fabs(c[i]) <= 0.25);
    }
    cr_assert(fabs(sum / ALL) < 5 / sqrt(ALL), "mean %g", sum / ALL);
    cr_assert(fabs(squares / ALL - 1) < 5 * sqrt(2.0 / ALL), "variance %g", squares / ALL);
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- layer normalisation ---- */

Test(layers, layer_norm)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3, 5));
    rn_tensor y = rn_layer_norm(rn_root(g, model), "n", x);
    double in[15], got[15], want[15];

    for (int i = 0; i < 5; i++) {
        cr_assert(rn_test_values(model, "n/gain")[i] == 1);
        cr_assert(rn_test_values(model, "n/bias")[i] == 0);
    }
    rn_test_scramble(model, 1);
    rn_test_numbers(in, 15, 3);
    const double *gain = rn_test_values(model, "n/gain"),
                 *bias = rn_test_values(model, "n/bias");
    for (int r = 0; r < 3; r++) {
        double mean = 0, variance = 0;
        for (int i = 0; i < 5; i++) mean += in[r * 5 + i] / 5;
        for (int i = 0; i < 5; i++) variance += pow(in[r * 5 + i] - mean, 2) / 5;
        for (int i = 0; i < 5; i++)
            want[r * 5 + i] =
                gain[i] * (in[r * 5 + i] - mean) / sqrt(variance + 1e-5) + bias[i];
    }
    rn_program *p = rn_test_compile(y);
    rn_test_feed_f64(p, x, in);
    rn_test_run_once(p);
    rn_test_read_f64(p, y, got);
    rn_test_close(got, want, 15, 1e-13, "layer_norm");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- refusals ---- */

#define REFUSES(test, message, ...)                                                        \
    Test(layers, test)                                                                     \
    {                                                                                      \
        rn_model *model = rn_test_model(1);                                                \
        rn_graph *g = rn_graph_new();                                                      \
        const rn_scope s = rn_root(g, model);                                              \
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2, 3));                            \
        rn_tensor i = rn_input(g, "i", RN_I32, rn_shape());                                \
        cr_assert(!rn_is_null(x) && !rn_is_null(i));                                       \
        cr_assert(rn_is_null(__VA_ARGS__));                                                \
        rn_test_error_is(g, message);                                                      \
        rn_graph_free(g);                                                                  \
        rn_model_free(model);                                                              \
    }

REFUSES(linear_of_scalar, "linear: x must have an axis: out", rn_linear(s, "out", i, 3))
REFUSES(linear_to_nothing, "linear: units must be positive: out has 0",
        rn_linear(s, "out", x, 0))
REFUSES(embedding_of_reals, "embedding: indices must be i32: e got f64 x [2,3]",
        rn_embedding(s, "e", x, 5, 4))
REFUSES(embedding_of_nothing, "embedding: count and units must be positive: e has 0 and 4",
        rn_embedding(s, "e", i, 0, 4))
REFUSES(embedding_init_of_nothing,
        "embedding: count and units must be positive: e has 5 and -1",
        rn_embedding_init(s, "e", i, 5, -1, (rn_init){RN_INIT_ZEROS, 0}))
REFUSES(dropout_rate, "dropout: the rate must be in 0 <= rate < 1: d has 1",
        rn_dropout(s, "d", x, 1))
REFUSES(dropout_type, "dropout: x must be real: d got i32", rn_dropout(s, "d", i, 0.5))
REFUSES(normalization_of_scalar, "layer_norm: the last axis must have elements: n",
        rn_layer_norm(s, "n", i))

/* What there is no memory for: whose it is, and how much. */
#define MUCH (INT64_C(1) << 45)
REFUSES(linear_without_memory,
        "weight: out of memory: out/w f64 [3,35184372088832], 844424930131968 bytes",
        rn_linear(s, "out", x, MUCH))
REFUSES(embedding_padding, "embedding: the padding must be an index: e has 5 of 5",
        rn_embedding_padded(s, "e", i, 5, 2, (rn_init){RN_INIT_ZEROS, 0}, 5))
REFUSES(embedding_negative_padding,
        "embedding: the padding must be an index: e has -1 of 5",
        rn_embedding_padded(s, "e", i, 5, 2, (rn_init){RN_INIT_ZEROS, 0}, -1))
REFUSES(embedding_without_memory,
        "weight: out of memory: e/w f64 [35184372088832,2], 562949953421312 bytes",
        rn_embedding(s, "e", i, MUCH, 2))
REFUSES(state_without_memory,
        "state: out of memory: kept i32 [35184372088832], 140737488355328 bytes",
        rn_state(s, "kept", RN_I32, rn_shape(MUCH)))
REFUSES(null_without_a_reason, "linear out: x is the null tensor",
        rn_linear(s, "out", rn_null(), 3))
REFUSES(no_such_initialiser, "weight: invalid initialiser: w [3]",
        rn_weight(s, "w", rn_shape(3), (rn_init){(rn_initializer)99, 1}))
