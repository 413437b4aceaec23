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

/* What a rule keeps: its numbers, and two moments a weight. */
typedef struct rule {
    double rate, second, clip;
    rn_optimizer p; /* without zeros that stand for defaults */
    double m[ALL], v[ALL];
    int t;
} rule;

typedef void stepper(rule *r, double *w, const double *dw);

#define RN_OPTIMIZER(name, arguments, rate_, second_, moment, ...)                         \
    static rn_optimizer make_##name(double rate, double second)                            \
    {                                                                                      \
        (void)second;                                                                      \
        return rn_##name arguments;                                                        \
    }                                                                                      \
    static void one_##name(double *to, double dw, double *m_, double *v_, const rule *r)   \
    {                                                                                      \
        const double rate = r->rate, t = r->t;                                             \
        const rn_optimizer *p = &r->p;                                                     \
        double w = *to, m = *m_, v = *v_;                                                  \
        (void)p, (void)t;                                                                  \
        __VA_ARGS__;                                                                       \
        *to = w, *m_ = m, *v_ = v;                                                         \
    }                                                                                      \
    static void step_##name(rule *r, double *w, const double *dw)                          \
    {                                                                                      \
        r->t++;                                                                            \
        for (int i = 0; i < ALL; i++) one_##name(&w[i], dw[i], &r->m[i], &r->v[i], r);     \
    }
#include "updates.def"

static const struct {
    const char *name;
    rn_optimizer (*make)(double rate, double second);
    stepper *step;
    double rate, second;
} optimizers[] = {
#define RN_OPTIMIZER(name, arguments, rate, second, ...)                                   \
    {#name, make_##name, step_##name, rate, second},
#include "updates.def"
};
enum { OPTIMIZERS = sizeof optimizers / sizeof *optimizers };

static double norm_of(const double *dw)
{
    double sum = 0;

    for (int i = 0; i < ALL; i++) sum += dw[i] * dw[i];
    return sqrt(sum);
}

/* Runs both side by side. */
static void compare(rn_optimizer optimizer, rule r, stepper *step, const char *what)
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

/* The optimiser's members, with defaults. */
static rn_optimizer defaults_of(const char *name, rn_optimizer o)
{
    const double momentum = o.momentum, weight_decay = o.weight_decay;

#define RN_PARAMETER(name_, member, preset, ...)                                           \
    if (!strcmp(name, #name_)) o.member = preset;
#include "updates.def"
    o.momentum = momentum;
    o.weight_decay = weight_decay;
    return o;
}

/* As it is listed, and without its second argument; clipped to a norm or not. */
static void compare_one(int i, double clip)
{
    for (int zero = 0; zero < 2; zero++) {
        const double rate = optimizers[i].rate, second = zero ? 0 : optimizers[i].second;
        const rn_optimizer o = optimizers[i].make(rate, second);
        const rn_optimizer p = defaults_of(optimizers[i].name, o);
        const rule r = {.rate = rate, .second = second, .clip = clip, .p = p};

        compare(clip > 0 ? rn_clipped(o, clip) : o, r, optimizers[i].step,
                optimizers[i].name);
    }
}

Test(optimizers, formulas)
{
    for (int i = 0; i < OPTIMIZERS; i++) compare_one(i, 0);
}

Test(optimizers, clipped)
{
    static const double norms[] = {1e-3, 0.5, 2, 100};

    for (int n = 0; n < 4; n++)
        for (int i = 0; i < OPTIMIZERS; i++) compare_one(i, norms[n]);
}

/* ---- parameters ---- */

typedef struct parameter {
    const char *name;
    size_t offset;
    double preset, other, refused;
    const char *message;
} parameter;

static const parameter parameters[] = {
#define RN_PARAMETER(name, member, preset, other, refused, message)                        \
    {#name, offsetof(rn_optimizer, member), preset, other, refused, #name ": " message},
#include "updates.def"
};

static void set(rn_optimizer *o, const parameter *a, double value)
{
    memcpy((char *)o + a->offset, &value, sizeof value);
}

/* The default by its number, another value, zero if it is not the default, and one that is
 * refused. */
static void check_parameter(const parameter *a, int i)
{
    rn_optimizer o = optimizers[i].make(optimizers[i].rate, optimizers[i].second);
    rule r = {.rate = optimizers[i].rate,
              .second = optimizers[i].second,
              .p = defaults_of(optimizers[i].name, o)};
    bench b = make();

    set(&o, a, a->preset);
    compare(o, r, optimizers[i].step, a->message);
    set(&o, a, a->other);
    set(&r.p, a, a->other);
    compare(o, r, optimizers[i].step, a->message);
    if (a->offset != offsetof(rn_optimizer, eps)) {
        set(&o, a, RN_ZERO);
        set(&r.p, a, 0);
        compare(o, r, optimizers[i].step, a->message);
    }
    set(&o, a, a->refused);
    cr_assert(!rn_compile(b.graph, (rn_compile_options){.minimize = b.loss, .with = o}));
    rn_test_error_is(b.graph, a->message);
    finish(&b);
}

Test(optimizers, parameters)
{
    for (size_t k = 0; k < sizeof parameters / sizeof *parameters; k++) {
        int found = 0;
        for (int i = 0; i < OPTIMIZERS; i++) {
            if (strcmp(parameters[k].name, optimizers[i].name) != 0) continue;
            check_parameter(&parameters[k], i);
            found++;
        }
        cr_assert_eq(found, 1);
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

static void refuses_steps(rn_optimizer optimizer, const char *what)
{
    static const double bad[] = {NAN, HUGE_VAL, -HUGE_VAL, 1e308};
    bench b = make();
    rn_program *p = rn_test_training(b.loss, optimizer);
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
                  "%s, factor %g", what, bad[n]);
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

Test(optimizers, a_step_that_is_not_finite_changes_nothing)
{
    const double rate = 0.01;

#define RN_OPTIMIZER(name, arguments, ...)                                                 \
    for (int zero = 0; zero < 2; zero++) {                                                 \
        const double second = zero ? 0 : 0.1;                                              \
        (void)second;                                                                      \
        refuses_steps(rn_##name arguments, #name);                                         \
        refuses_steps(rn_clipped(rn_##name arguments, 1), #name);                          \
    }
#define RN_OPTIMIZER_OTHER(name, arguments, moment) RN_OPTIMIZER(name, arguments, )
#include "updates.def"
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
