/* SPDX-License-Identifier: MIT */
/*
 * Gradients on their way to a rule: accumulated over runs, and clipped.
 *
 * The loss is  sum over rows of (w x - y)^2, summed or averaged over a batch of rows.
 */
#include "nn_support.h"

#include <math.h>
#include <string.h>

enum { ROWS = 12, I = 3, K = 4 };

typedef struct world {
    rn_model *model;
    rn_graph *graph;
    rn_tensor x, y;
    rn_program *program;
} world;

/* A program for batches of so many rows. */
static world begin(int rows, bool sum, rn_optimizer optimizer)
{
    world w = {.model = rn_test_model(3), .graph = rn_graph_new()};

    w.x = rn_input(w.graph, "x", RN_F64, rn_shape(rows, I));
    w.y = rn_input(w.graph, "y", RN_F64, rn_shape(rows, 1));
    rn_tensor z = rn_linear(rn_root(w.graph, w.model), "net", w.x, 1);
    rn_tensor terms = rn_square(rn_sub(z, w.y));
    w.program = rn_test_training(sum ? rn_sum_all(terms) : rn_mean_all(terms), optimizer);
    return w;
}

static void end(world *w)
{
    rn_program_free(w->program);
    rn_graph_free(w->graph);
    rn_model_free(w->model);
}

static void feed(const world *w, const double *x, const double *y)
{
    rn_test_feed_f64(w->program, w->x, x);
    rn_test_feed_f64(w->program, w->y, y);
    rn_test_run_once(w->program);
}

static void data(int batch, double *x, double *y)
{
    rn_test_numbers(x, ROWS * I, 10 + (uint64_t)batch);
    rn_test_numbers(y, ROWS, 50 + (uint64_t)batch);
}

/* K runs of parts of a batch, against one run of the whole. */
static void joined(rn_optimizer optimizer, bool sum, const char *what)
{
    rn_optimizer parts = optimizer;
    double x[ROWS * I], y[ROWS];

    parts.accumulate = K;
    parts.accumulate_sum = sum;
    world one = begin(ROWS, sum, optimizer), many = begin(ROWS / K, sum, parts);
    for (int batch = 0; batch < 3; batch++) {
        data(batch, x, y);
        feed(&one, x, y);
        for (int k = 0; k < K; k++) {
            double before[I];
            memcpy(before, rn_test_values(many.model, "net/w"), sizeof before);
            feed(&many, x + k * (ROWS / K) * I, y + k * (ROWS / K));
            const bool same =
                !memcmp(before, rn_test_values(many.model, "net/w"), sizeof before);
            cr_assert_eq(same, k < K - 1, "%s, run %d", what, k);
            cr_assert_eq(rn_training_of(many.model).steps, batch + (k == K - 1));
        }
        rn_test_close(rn_test_values(many.model, "net/w"),
                      rn_test_values(one.model, "net/w"), I, 1e-12, what);
        const rn_training a = rn_training_of(one.model), b = rn_training_of(many.model);
        rn_test_close(&b.norm, &a.norm, 1, 1e-12, what);
        cr_assert(b.skipped == 0);
    }
    end(&one);
    end(&many);
}

Test(accumulation, equals_the_joined_batch)
{
    for (int sum = 0; sum < 2; sum++) {
        joined(rn_sgd(0.02, 0.9), sum, "sgd");
        joined(rn_adamw(0.02, 0.1), sum, "adamw");
        joined(rn_nadam(0.02), sum, "nadam");
        joined(rn_clipped(rn_lamb(0.02, 0.1), 0.5), sum, "lamb, clipped");
        joined(rn_clipped(rn_adam(0.02), 0.01), sum, "adam, clipped");
    }
}

/* One bad run spoils its update, and no other. */
Test(accumulation, a_gradient_that_is_not_finite)
{
    rn_optimizer o = rn_adam(0.1);
    double x[ROWS * I], y[ROWS], before[I];

    o.accumulate = K;
    world w = begin(ROWS, false, o);
    data(0, x, y);
    for (int k = 0; k < K; k++) feed(&w, x, y);
    memcpy(before, rn_test_values(w.model, "net/w"), sizeof before);
    for (int k = 0; k < K; k++) {
        const double good = x[0];
        x[0] = k == 1 ? NAN : good;
        feed(&w, x, y);
        x[0] = good;
        cr_assert_eq(rn_training_of(w.model).skipped, k == K - 1);
    }
    cr_assert(!memcmp(before, rn_test_values(w.model, "net/w"), sizeof before));
    for (int k = 0; k < K; k++) feed(&w, x, y);
    const rn_training t = rn_training_of(w.model);
    cr_assert(t.steps == 2 && t.skipped == 1 && isfinite(t.norm));
    cr_assert(isfinite(rn_test_values(w.model, "net/w")[0]));
    cr_assert(memcmp(before, rn_test_values(w.model, "net/w"), sizeof before) != 0);
    end(&w);
}

/* ---- clipping ---- */

/* The change of weights a [2] and b [1] whose gradients are given, by sgd of rate 1. */
static void changed(rn_optimizer optimizer, const double *dw, double *by)
{
    rn_test_world w = rn_test_begin();
    const rn_init zeros = {RN_INIT_ZEROS, 0};
    rn_tensor a = rn_weight(w.root, "a", rn_shape(2), zeros);
    rn_tensor b = rn_weight(w.root, "b", rn_shape(1), zeros);
    rn_tensor p = rn_constant(w.graph, RN_F64, rn_shape(2), dw);
    rn_tensor q = rn_constant(w.graph, RN_F64, rn_shape(1), dw + 2);
    rn_tensor loss = rn_add(rn_sum_all(rn_mul(a, p)), rn_sum_all(rn_mul(b, q)));
    rn_program *program = rn_test_training(loss, optimizer);

    rn_test_run_once(program);
    for (int i = 0; i < 3; i++) by[i] = -rn_test_values(w.model, i < 2 ? "a" : "b")[i % 2];
    rn_program_free(program);
    rn_test_end(&w);
}

Test(clipping, of_elements_of_weights_and_of_all)
{
    static const double dw[] = {3, -4, 12}, none[] = {0, 0, 0};
    static const double elements[] = {3, -3.5, 3.5}, each[] = {0.6, -0.8, 1};
    rn_optimizer o = rn_sgd(1, 0);
    double got[3], all[3];

    o.clip_value = 3.5;
    changed(o, dw, got);
    rn_test_close(got, elements, 3, 0, "elements");
    o.clip_value = 0, o.clip_each = 1;
    changed(o, dw, got);
    rn_test_close(got, each, 3, 1e-15, "each weight");
    changed(o, none, got);
    rn_test_close(got, none, 3, 0, "no gradient");
    o.clip_each = 20;
    changed(o, dw, got);
    rn_test_close(got, dw, 3, 0, "large enough");
    changed(rn_clipped(rn_sgd(1, 0), 6.5), dw, got);
    for (int i = 0; i < 3; i++) all[i] = dw[i] / 2;
    rn_test_close(got, all, 3, 1e-15, "all");
}

/* What clipping makes small enough is not skipped. */
Test(clipping, of_gradients_that_are_too_large_for_moments)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_init ones = {RN_INIT_CONSTANT, 1};
    rn_tensor w = rn_weight(rn_root(g, model), "w", rn_shape(4), ones);

    for (int kind = 0; kind < 3; kind++) {
        rn_optimizer o = rn_named(rn_adam(0.5), kind == 0 ? "a" : kind == 1 ? "b" : "c");
        if (kind == 0) o.clip_value = 1;
        if (kind == 1) o.clip_each = 1;
        rn_program *p = rn_test_training(rn_sum_all(rn_scale(w, 1e30)), o);
        rn_test_run_once(p);
        cr_assert_eq(rn_training_of_named(model, o.name).skipped, kind == 2);
        rn_program_free(p);
    }
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- memory ---- */

static bool work(rn_allocator a)
{
    static const rn_weight_group groups[] = {{"b", 0.5, RN_ZERO, false}};
    rn_model *model = rn_model_new_using(1, RN_F32, a);
    rn_graph *g = rn_graph_new_using(a);
    const rn_init ones = {RN_INIT_CONSTANT, 1};
    rn_tensor w = rn_weight(rn_root(g, model), "w", rn_shape(2), ones);
    rn_tensor b = rn_weight(rn_root(g, model), "b", rn_shape(2), ones);
    rn_tensor loss = rn_sum_all(rn_square(rn_add(w, b)));
    rn_optimizer o = rn_nadam(0.5);
    rn_program *p = NULL;

    o.accumulate = 2;
    o.clip_each = 1;
    o.weight_decay = 0.1;
    o.groups = groups, o.group_count = 1;
    const int before = model ? rn_model_count(model) : 0;
    if (!rn_is_null(loss))
        p = rn_compile(g, (rn_compile_options){.minimize = loss, .with = o});
    const bool done = p && rn_run(p) == RN_OK;
    if (!p && model) cr_assert_eq(rn_model_count(model), before);
    if (g && !p) cr_assert(*rn_graph_error(g), "no program and no error");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return done;
}

Test(accumulation, every_allocation_may_fail)
{
    rn_test_each_failure(work);
}
