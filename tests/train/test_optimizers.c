/* SPDX-License-Identifier: MIT */
/*
 * Optimisers against plain loops of the papers' formulas.
 *
 * The loss is  sum k (a[0] - p[0])^2 / 2 + sum k (a[1] - p[1])^4 / 4  over two weights of
 * unlike shapes, k being fed: its gradient is known, and not the same at every step.
 */
#include "nn_support.h"

#include <math.h>
#include <string.h>

enum { FIRST = 6, SECOND = 4, ALL = FIRST + SECOND, STEPS = 12 };

typedef struct bench {
    rn_model *model;
    rn_graph *graph;
    rn_tensor k, loss;
    double target[ALL];
} bench;

static bench make(void)
{
    bench b = {.model = rn_test_model(5), .graph = rn_graph_new()};
    const rn_scope s = rn_scope_in(rn_root(b.graph, b.model), "net");
    const rn_init normal = {RN_INIT_NORMAL, 1};

    rn_test_numbers(b.target, ALL, 3);
    b.k = rn_input(b.graph, "k", RN_F64, rn_shape());
    rn_tensor a = rn_weight(s, "a", rn_shape(2, 3), normal);
    rn_tensor c = rn_weight(s, "c", rn_shape(SECOND), normal);
    rn_tensor p = rn_constant(b.graph, RN_F64, rn_shape(2, 3), b.target);
    rn_tensor q = rn_constant(b.graph, RN_F64, rn_shape(SECOND), b.target + FIRST);
    rn_tensor two = rn_scale(rn_sum_all(rn_square(rn_sub(a, p))), 0.5);
    rn_tensor four = rn_scale(rn_sum_all(rn_square(rn_square(rn_sub(c, q)))), 0.25);
    b.loss = rn_mul(b.k, rn_add(two, four));
    return b;
}

static void finish(bench *b)
{
    rn_graph_free(b->graph);
    rn_model_free(b->model);
}

static void weights(const bench *b, double *w)
{
    memcpy(w, rn_test_values(b->model, "net/a"), FIRST * sizeof *w);
    memcpy(w + FIRST, rn_test_values(b->model, "net/c"), SECOND * sizeof *w);
}

static void gradient(const bench *b, double k, const double *w, double *dw)
{
    for (int i = 0; i < ALL; i++) {
        const double d = w[i] - b->target[i];
        dw[i] = k * (i < FIRST ? d : d * d * d);
    }
}

static double factor(int step)
{
    return 0.5 + 0.3 * (step % 4);
}

/* ---- the formulas ---- */

/* What a rule keeps: its parameters, and two moments a weight. */
typedef struct rule {
    double rate, clip, momentum, decay;
    double m[ALL], v[ALL];
    int t;
} rule;

static void sgd(rule *r, double *w, const double *dw)
{
    for (int i = 0; i < ALL; i++) {
        r->v[i] = r->momentum * r->v[i] + dw[i];
        w[i] -= r->rate * r->v[i];
    }
}

static void rmsprop(rule *r, double *w, const double *dw)
{
    for (int i = 0; i < ALL; i++) {
        r->v[i] = 0.99 * r->v[i] + 0.01 * dw[i] * dw[i];
        w[i] -= r->rate * dw[i] / (sqrt(r->v[i]) + 1e-8);
    }
}

/* Algorithm 1 of arXiv:1412.6980, algorithm 2 of arXiv:1711.05101. */
static void adam(rule *r, double *w, const double *dw)
{
    r->t++;
    for (int i = 0; i < ALL; i++) {
        r->m[i] = 0.9 * r->m[i] + (1 - 0.9) * dw[i];
        r->v[i] = 0.999 * r->v[i] + (1 - 0.999) * dw[i] * dw[i];
        const double m = r->m[i] / (1 - pow(0.9, r->t));
        const double v = r->v[i] / (1 - pow(0.999, r->t));
        w[i] = w[i] - r->rate * (m / (sqrt(v) + 1e-8) + r->decay * w[i]);
    }
}

static double norm_of(const double *dw)
{
    double sum = 0;

    for (int i = 0; i < ALL; i++) sum += dw[i] * dw[i];
    return sqrt(sum);
}

/* Runs both side by side. */
static void compare(rn_optimizer optimizer, rule r,
                    void (*step)(rule *, double *, const double *), const char *what)
{
    bench b = make();
    rn_program *p = rn_test_training(b.loss, optimizer);
    double w[ALL], got[ALL], dw[ALL];

    weights(&b, w);
    for (int i = 0; i < STEPS; i++) {
        const double k = factor(i);
        rn_test_feed_f64(p, b.k, &k);
        rn_test_run_once(p);
        gradient(&b, k, w, dw);
        const double norm = norm_of(dw);
        if (r.clip > 0 && norm > r.clip)
            for (int j = 0; j < ALL; j++) dw[j] *= r.clip / norm;
        step(&r, w, dw);
        weights(&b, got);
        rn_test_close(got, w, ALL, 1e-12, what);
        const rn_training t = rn_training_of(b.model);
        cr_assert(t.steps == i + 1 && t.skipped == 0);
        cr_assert(fabs(t.norm - norm) < 1e-12 * norm, "%s: norm %g, not %g", what, t.norm,
                  norm);
    }
    rn_program_free(p);
    finish(&b);
}

Test(optimizers, formulas)
{
    compare(rn_sgd(0.1, 0), (rule){.rate = 0.1}, sgd, "sgd");
    compare(rn_sgd(0.1, 0.9), (rule){.rate = 0.1, .momentum = 0.9}, sgd, "momentum");
    compare(rn_rmsprop(0.01), (rule){.rate = 0.01}, rmsprop, "rmsprop");
    compare(rn_adam(0.01), (rule){.rate = 0.01}, adam, "adam");
    compare(rn_adamw(0.01, 0.1), (rule){.rate = 0.01, .decay = 0.1}, adam, "adamw");
    compare(rn_adamw(0.01, 0), (rule){.rate = 0.01}, adam, "adamw without decay");
}

Test(optimizers, clipped)
{
    static const double norms[] = {1e-3, 0.5, 2, 100};

    for (int i = 0; i < 4; i++) {
        const double c = norms[i];
        compare(rn_clipped(rn_sgd(0.1, 0.9), c),
                (rule){.rate = 0.1, .momentum = 0.9, .clip = c}, sgd, "clipped sgd");
        compare(rn_clipped(rn_rmsprop(0.01), c), (rule){.rate = 0.01, .clip = c}, rmsprop,
                "clipped rmsprop");
        compare(rn_clipped(rn_adam(0.01), c), (rule){.rate = 0.01, .clip = c}, adam,
                "clipped adam");
    }
}

/* ---- steps that are refused ---- */

/* All values of the model as bytes, but those of the counters and the norm. */
static size_t snapshot(const bench *b, unsigned char *bytes)
{
    static const char *const changing[] = {"optimizer/skipped", "optimizer/norm"};
    size_t used = 0;

    for (int i = 0; i < rn_model_count(b->model); i++) {
        rn_variable *v = rn_model_at(b->model, i);
        const size_t size = (size_t)rn_shape_count(rn_variable_shape(v)) *
                            rn_type_size(rn_variable_type(v));
        if (!strcmp(rn_variable_name(v), changing[0])) continue;
        if (!strcmp(rn_variable_name(v), changing[1])) continue;
        memcpy(bytes + used, rn_variable_data(v), size);
        used += size;
    }
    return used;
}

Test(optimizers, a_step_that_is_not_finite_changes_nothing)
{
    const rn_optimizer all[] = {rn_sgd(0.1, 0),      rn_sgd(0.1, 0.9),
                                rn_rmsprop(0.01),    rn_adam(0.01),
                                rn_adamw(0.01, 0.1), rn_clipped(rn_adam(0.01), 1)};
    const double bad[] = {NAN, HUGE_VAL, -HUGE_VAL, 1e308};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bench b = make();
        rn_program *p = rn_test_training(b.loss, all[i]);
        unsigned char before[2000], after[2000];
        double k = 1;
        for (int n = 0; n < 3; n++) {
            rn_test_feed_f64(p, b.k, &k);
            rn_test_run_once(p);
        }
        const size_t used = snapshot(&b, before);
        for (int n = 0; n < 4; n++) {
            rn_test_feed_f64(p, b.k, &bad[n]);
            rn_test_run_once(p);
            cr_assert(snapshot(&b, after) == used && !memcmp(before, after, used),
                      "optimiser %zu, factor %g", i, bad[n]);
            const rn_training t = rn_training_of(b.model);
            cr_assert(t.steps == 3 && t.skipped == n + 1 && !isfinite(t.norm));
        }
        rn_test_feed_f64(p, b.k, &k);
        rn_test_run_once(p);
        cr_assert(snapshot(&b, after) == used && memcmp(before, after, used));
        cr_assert_eq(rn_training_of(b.model).steps, 4);
        rn_program_free(p);
        finish(&b);
    }
}

/* Squares of f32 gradients of 1e30 do not fit f32; their norm does. */
Test(optimizers, large_f32_gradients_are_clipped)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor w =
        rn_weight(rn_root(g, model), "w", rn_shape(4), (rn_init){RN_INIT_ZEROS, 0});
    rn_program *p =
        rn_test_training(rn_sum_all(rn_scale(w, 1e30)), rn_clipped(rn_sgd(1, 0), 1));
    float values[4];

    rn_test_run_once(p);
    rn_model_get(model, "w", values, sizeof values);
    for (int i = 0; i < 4; i++) cr_assert(fabsf(values[i] + 0.5f) < 1e-6f);
    cr_assert(fabs(rn_training_of(model).norm / 2e30 - 1) < 1e-6);
    cr_assert_eq(rn_training_of(model).skipped, 0);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* Adam in f32 is Adam in f64 to the precision of f32, also while t is small. */
Test(optimizers, adam_in_f32)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor w =
        rn_weight(rn_root(g, model), "w", rn_shape(1), (rn_init){RN_INIT_ZEROS, 0});
    rn_program *p = rn_test_training(rn_sum_all(rn_scale(w, 3)), rn_adam(1));

    for (int i = 1; i <= 50; i++) {
        float value;
        rn_test_run_once(p);
        rn_model_get(model, "w", &value, sizeof value);
        /* A constant gradient is followed by exactly the rate. */
        cr_assert(fabs((double)value + i) < 2e-6 * i, "step %d: %g", i, (double)value);
    }
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}
