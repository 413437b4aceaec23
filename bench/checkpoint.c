/* SPDX-License-Identifier: MIT */
/*
 * rondo-bench-checkpoint -- memory and time of training an LSTM with and without a memory
 * budget for its steps.
 *
 *     rondo-bench-checkpoint [T [B [I [H [RUNS]]]]]        10000 16 32 256 3
 *
 * The loss is computed in the loop, so no stack of outputs is kept. For each budget it
 * prints the workspace, the shortest run, and how much the gradients differ: with respect
 * to x in elements that have other bits, and to the weights relative to the largest one.
 */
#include <rondo.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct sizes {
    int64_t steps, batch, inputs, units;
    int runs;
} sizes;

/* What a run with a budget results in. */
typedef struct result {
    size_t workspace;
    double seconds, loss;
    float *dx, *weights; /* weights: after the step, all of them */
    int64_t dx_count, weight_count;
} result;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The error of one step, given the target y. */
static rn_tensor step(rn_scope scope, rn_tensor x, rn_tensor y, rn_tensor *states,
                      int64_t units)
{
    const rn_tensor h = rn_recurrent_step(scope, "lstm", &rn_cell_lstm, x, states,
                                          (rn_recurrent_options){.units = units});

    return rn_mean_squared_error(rn_linear(scope, "out", h, 1), y);
}

/* The mean error over the steps. */
static rn_tensor loss_of(rn_scope scope, rn_tensor xs, rn_tensor ys, sizes s,
                         int64_t budget)
{
    const rn_tensor zero = rn_fill(xs.graph, RN_F32, rn_shape(s.batch, s.units), 0);
    rn_loop *t = rn_loop_begin(xs.graph);

    rn_loop_checkpoint(t, budget);
    const rn_tensor x = rn_loop_each(t, xs), y = rn_loop_each(t, ys);
    const rn_tensor h = rn_loop_carry(t, zero), c = rn_loop_carry(t, zero);
    rn_tensor states[2] = {h, c};
    const rn_tensor error = step(scope, x, y, states, s.units);
    rn_loop_next(t, h, states[0]);
    rn_loop_next(t, c, states[1]);
    rn_loop_end(t);
    return rn_mean_all(rn_loop_collect(t, error));
}

static float *numbers(int64_t count, double scale)
{
    float *x = (float *)malloc((size_t)(count + 1) * sizeof *x);

    for (int64_t i = 0; x && i < count; i++)
        x[i] = (float)(scale * ((double)(i * 7919 % 2053) / 1026.5 - 1));
    return x;
}

static void copy_weights(const rn_model *model, result *r)
{
    r->weight_count = rn_model_parameters(model);
    r->weights = (float *)calloc((size_t)r->weight_count + 1, sizeof *r->weights);
    float *to = r->weights;

    for (int i = 0; to && i < rn_model_count(model); i++) {
        rn_variable *v = rn_model_at(model, i);
        const size_t n = (size_t)rn_shape_count(rn_variable_shape(v));
        if (!rn_model_is_weight(model, i)) continue;
        memcpy(to, rn_variable_data(v), n * sizeof *to);
        to += n;
    }
}

static bool run(rn_program *p, rn_tensor x, rn_tensor y, sizes s, result *r)
{
    const int64_t rows = s.steps * s.batch;
    float *in = numbers(rows * s.inputs, 1), *target = numbers(rows, 0.5);
    bool ok = in && target && rn_feed_f32(p, x, in, rows * s.inputs) == RN_OK &&
              rn_feed_f32(p, y, target, rows) == RN_OK;

    r->seconds = INFINITY;
    for (int i = 0; ok && i < s.runs; i++) {
        const double start = now();
        ok = rn_run(p) == RN_OK;
        r->seconds = fmin(r->seconds, now() - start);
    }
    free(in);
    free(target);
    return ok;
}

/* One thread: the figures are to be compared. */
static bool measure(sizes s, int64_t budget, bool differentiates, result *r)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(s.steps, s.batch, s.inputs));
    const rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(s.steps, s.batch, 1));
    const rn_tensor loss = loss_of(rn_root(g, model), x, y, s, budget);
    rn_compile_options o = {.minimize = loss, .with = rn_sgd(1, 0), .threads = 1};
    rn_tensor dx = rn_null();

    if (differentiates) rn_grad(loss, rn_null(), &x, 1, &dx);
    if (differentiates) o.output[o.output_count++] = dx;
    rn_program *p = rn_compile(g, o);
    bool ok = p != NULL;
    if (ok) r->workspace = rn_program_workspace(p);
    if (ok && s.runs > 0 && (ok = run(p, x, y, s, r))) {
        r->loss = rn_scalar(p, loss);
        copy_weights(model, r);
        r->dx_count = differentiates ? s.steps * s.batch * s.inputs : 0;
        r->dx = (float *)calloc((size_t)r->dx_count + 1, sizeof *r->dx);
        if (differentiates && r->dx) rn_read_f32(p, dx, r->dx, r->dx_count);
    }
    if (!ok) fprintf(stderr, "%s\n", p ? rn_program_error(p) : rn_graph_error(g));
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return ok;
}

static void forget(result *r)
{
    free(r->dx);
    free(r->weights);
}

static int64_t other_bits(const float *a, const float *b, int64_t count)
{
    int64_t n = 0;

    for (int64_t i = 0; i < count; i++) n += memcmp(&a[i], &b[i], sizeof *a) != 0;
    return n;
}

/* max |a - b| / max |b| */
static double difference(const float *a, const float *b, int64_t count)
{
    double most = 0, largest = 0;

    for (int64_t i = 0; i < count; i++) {
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
        largest = fmax(largest, fabs((double)b[i]));
    }
    return largest > 0 ? most / largest : most;
}

/* The gradients of one run, then the memory and time of training without that of x. */
static bool row(sizes s, int64_t budget, result *plain)
{
    const sizes once = {s.steps, s.batch, s.inputs, s.units, s.runs > 0};
    result r = {0}, trained = {0};

    if (!measure(once, budget, true, &r) || !measure(s, budget, false, &trained))
        return false;
    if (!plain->workspace) {
        *plain = r;
        plain->workspace = trained.workspace;
        plain->seconds = trained.seconds;
    }
    printf("%12lld  %9.1f MB  %5.3f", (long long)budget, (double)trained.workspace / 1e6,
           (double)trained.workspace / (double)plain->workspace);
    if (s.runs > 0)
        printf("  %7.3f s  %5.2f  %lld of %lld  %.1e", trained.seconds,
               trained.seconds / plain->seconds,
               (long long)other_bits(r.dx, plain->dx, r.dx_count), (long long)r.dx_count,
               difference(r.weights, plain->weights, r.weight_count));
    printf("\n");
    fflush(stdout);
    if (r.dx != plain->dx) forget(&r);
    forget(&trained);
    return true;
}

int main(int count, char **words)
{
    sizes s = {10000, 16, 32, 256, 3};
    int64_t *const of[] = {&s.steps, &s.batch, &s.inputs, &s.units};
    result plain = {0};
    bool ok = true;

    for (int i = 1; i < count && i < 5; i++) *of[i - 1] = strtoll(words[i], NULL, 10);
    if (count > 5) s.runs = atoi(words[5]);
    printf("LSTM, T = %lld, B = %lld, I = %lld, H = %lld, one thread\n", (long long)s.steps,
           (long long)s.batch, (long long)s.inputs, (long long)s.units);
    printf("      budget     workspace   part       time   part  dx with other bits  "
           "weights\n");
    const int64_t budgets[] = {0, RN_CHECKPOINT_SQRT, 4 << 20, 64 << 20, 256 << 20};
    for (size_t i = 0; ok && i < sizeof budgets / sizeof *budgets; i++)
        ok = row(s, budgets[i], &plain);
    forget(&plain);
    return ok ? 0 : 1;
}
