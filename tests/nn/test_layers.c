/* SPDX-License-Identifier: MIT */
/* Layers that are not recurrent, against plain loops. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

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
