/* SPDX-License-Identifier: MIT */
/* Dropout: rates and scales, which draws differ and which agree, and inference. */
#include "nn_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 20000 };

/* A program of dropout of ones. */
typedef struct bench {
    rn_model *model;
    rn_graph *graph;
    rn_tensor y;
    rn_program *program;
    double *values;
} bench;

static bench make(uint64_t seed, const char *name, double rate, bool inference)
{
    bench b = {.model = rn_test_model(seed), .graph = rn_graph_new()};
    rn_scope s =
        inference ? rn_root_inference(b.graph, b.model) : rn_root(b.graph, b.model);

    b.y = rn_dropout(s, name, rn_fill(b.graph, RN_F64, rn_shape(N), 1), rate);
    b.program = rn_test_compile(b.y);
    b.values = (double *)malloc(N * sizeof *b.values);
    return b;
}

static void run(bench *b)
{
    rn_test_run_once(b->program);
    rn_test_read_f64(b->program, b->y, b->values);
}

static void finish(bench *b)
{
    free(b->values);
    rn_program_free(b->program);
    rn_graph_free(b->graph);
    rn_model_free(b->model);
}

/* How many elements are zero here and there alike, less what chance gives, in standard
 * deviations. */
static double agreement(const double *a, const double *b, double rate)
{
    double both = 0;

    for (int i = 0; i < N; i++) both += a[i] == 0 && b[i] == 0;
    return fabs(both - N * rate * rate) / sqrt(N * rate * rate * (1 - rate * rate));
}

Test(dropout, shares)
{
    static const double rates[] = {0.1, 0.5, 0.9};

    for (int k = 0; k < 3; k++) {
        bench b = make(1, "d", rates[k], false);
        int zeros = 0;
        run(&b);
        for (int i = 0; i < N; i++) {
            zeros += b.values[i] == 0;
            cr_assert(b.values[i] == 0 || fabs(b.values[i] * (1 - rates[k]) - 1) < 1e-14);
        }
        cr_assert(fabs(zeros - N * rates[k]) < 5 * sqrt(N * rates[k] * (1 - rates[k])),
                  "%d of %d at rate %g", zeros, N, rates[k]);
        finish(&b);
    }
}

Test(dropout, inference_is_the_identity)
{
    bench b = make(1, "d", 0.5, true), zero = make(1, "d", 0, false);

    run(&b);
    run(&zero);
    for (int i = 0; i < N; i++) cr_assert(b.values[i] == 1 && zero.values[i] == 1);
    cr_assert_eq(rn_model_count(b.model), 0, "inference needs no counter");
    finish(&b);
    finish(&zero);
}

Test(dropout, depends_on_run_seed_and_name)
{
    bench b = make(1, "d", 0.5, false), same = make(1, "d", 0.5, false);
    bench seed = make(2, "d", 0.5, false), name = make(1, "e", 0.5, false);
    double first[N];

    run(&b);
    run(&same);
    run(&seed);
    run(&name);
    memcpy(first, b.values, sizeof first);
    cr_assert(!memcmp(first, same.values, sizeof first), "not reproducible");
    cr_assert(agreement(first, seed.values, 0.5) < 5);
    cr_assert(agreement(first, name.values, 0.5) < 5);
    run(&b);
    cr_assert(agreement(first, b.values, 0.5) < 5, "a second run is the same");
    run(&same);
    cr_assert(!memcmp(b.values, same.values, sizeof first), "not reproducible");
    finish(&b);
    finish(&same);
    finish(&seed);
    finish(&name);
}

Test(dropout, a_run_counts_once)
{
    bench b = make(1, "d", 0.5, false);
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, b.model);
    rn_tensor x = rn_fill(g, RN_F64, rn_shape(4), 1);
    rn_tensor y = rn_dropout(s, "two", rn_dropout(s, "one", x, 0.5), 0.5);
    rn_program *p = rn_test_compile(y);
    const int32_t *counter =
        (const int32_t *)rn_variable_data(rn_model_find(b.model, "random/counter"));

    cr_assert_eq(*counter, 0);
    run(&b);
    cr_assert_eq(*counter, 1);
    rn_test_run_once(p);
    rn_test_run_once(p);
    cr_assert_eq(*counter, 3);
    rn_program_free(p);
    rn_graph_free(g);
    finish(&b);
}

Test(dropout, what_is_dropped_has_no_influence)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_fill(g, RN_F64, rn_shape(100), HUGE_VAL);
    rn_tensor y = rn_dropout(rn_root(g, model), "d", x, 0.5);
    double values[100];

    rn_test_value_f64(y, values);
    for (int i = 0; i < 100; i++) cr_assert(values[i] == 0 || isinf(values[i]));
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- in loops ---- */

/* Steps of nested loops draw differently, though the layer is one; and all steps of one run
 * differ from those of the next. */
Test(dropout, every_step_draws_anew)
{
    enum { OUTER = 3, INNER = 4, ALL = OUTER * INNER, M = N / ALL };
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_loop *outer = rn_loop_begin(g), *inner;
    double masks[2][ALL * M];

    rn_loop_steps(outer, OUTER);
    inner = rn_loop_begin(rn_loop_body(outer));
    rn_loop_steps(inner, INNER);
    rn_tensor one = rn_fill(rn_loop_body(inner), RN_F64, rn_shape(M), 1);
    rn_tensor d = rn_dropout(rn_root(g, model), "d", one, 0.5);
    cr_assert(rn_loop_end(inner), "%s", rn_graph_error(g));
    d = rn_loop_collect(inner, d);
    cr_assert(rn_loop_end(outer), "%s", rn_graph_error(g));
    d = rn_loop_collect(outer, d);
    rn_program *p = rn_test_compile(d);
    for (int i = 0; i < 2; i++) {
        rn_test_run_once(p);
        rn_test_read_f64(p, d, masks[i]);
    }
    for (int a = 0; a < 2 * ALL; a++)
        for (int b = 0; b < a; b++) {
            const double *x = masks[0] + a * M, *y = masks[0] + b * M;
            int differ = 0;
            for (int i = 0; i < M; i++) differ += x[i] != y[i];
            cr_assert(abs(differ - M / 2) < 5 * sqrt(M) / 2, "draws %d and %d: %d", a, b,
                      differ);
        }
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* Between layers of a recurrent layer, in training only. */
Test(dropout, between_recurrent_layers)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_fill(g, RN_F64, rn_shape(5, 3, 2), 0.5);
    rn_recurrent_options o = {.units = 4, .layers = 2, .dropout = 0.5};
    rn_sequence train = rn_gru(rn_root(g, model), "net", x, o);
    rn_sequence use = rn_gru(rn_root_inference(g, model), "net", x, o);
    o.dropout = 0;
    rn_sequence without = rn_gru(rn_share(rn_root(g, model)), "net", x, o);
    rn_program *p = rn_compile(
        g, (rn_compile_options){RN_OUTPUTS(train.outputs, use.outputs, without.outputs,
                                           train.final[0], use.final[0])});
    double a[60], b[60], c[60];

    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_run_once(p);
    rn_test_read_f64(p, train.outputs, a);
    rn_test_read_f64(p, use.outputs, b);
    rn_test_read_f64(p, without.outputs, c);
    cr_assert(!memcmp(b, c, sizeof b));
    cr_assert(memcmp(a, b, sizeof a));
    rn_test_read_f64(p, train.final[0], a);
    rn_test_read_f64(p, use.final[0], b);
    cr_assert(!memcmp(a, b, 12 * sizeof *a), "the first layer has no dropout");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- what draws need ---- */

Test(dropout, keys_belong_to_seed_scope_and_name)
{
    rn_graph *g = rn_graph_new();
    rn_model *one = rn_test_model(1), *two = rn_test_model(2);
    const rn_scope s = rn_root(g, one), t = rn_root(g, two), a = rn_scope_in(s, "a");
    const uint64_t keys[] = {rn_random_key(s, "x"), rn_random_key(s, "y"),
                             rn_random_key(a, "x"), rn_random_key(t, "x"),
                             rn_random_key(rn_root(g, NULL), "x")};

    cr_assert_eq(rn_random_key(s, "a/x"), keys[2]);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++) cr_assert(keys[i] != keys[k], "%d and %d", i, k);
    rn_graph_free(g);
    rn_model_free(one);
    rn_model_free(two);
}

static void ticks_refused(rn_graph *g, rn_tensor ticks, const char *message)
{
    cr_assert(rn_is_null(ticks));
    rn_test_error_is(g, message);
    rn_graph_free(g);
}

Test(dropout, ticks_refuse)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new(), *other = rn_graph_new();
    rn_tensor x = rn_fill(other, RN_F64, rn_shape(2), 1);

    ticks_refused(g, rn_random_ticks(rn_root(g, model), x),
                  "random_ticks: x belongs to another graph");
    ticks_refused(other, rn_random_ticks(rn_root(other, NULL), x),
                  "random_ticks: the scope has no model");

    g = rn_graph_new();
    rn_loop *outer = rn_loop_begin(g), *inner = rn_loop_begin(rn_loop_body(outer));
    x = rn_fill(rn_loop_body(inner), RN_F64, rn_shape(2), 1);
    ticks_refused(g, rn_random_ticks(rn_root(g, model), x),
                  "random_ticks: the loop's number of steps is not known yet");
    rn_model_free(model);
}
