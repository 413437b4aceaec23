/* SPDX-License-Identifier: MIT */
/*
 * rondo-bench-scan [THREADS [FORM]] -- what scans are worth.
 *
 * A minGRU is compiled with the compiler's scan pass and without, so step by step. The two
 * programs alternate. Least times in milliseconds, on one thread its processor time, which
 * a machine that others use lengthens less; and memory in MB.
 *
 * FORM is what the minGRU is like: leaky, h + z (g - h); restarts or mask, a layer with
 * that option, every hundredth step of all rows.
 */
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct task {
    bool train;
    int64_t T, B, H; /* as many inputs as units */
    const char *form;
} task;

static void fail(const char *message)
{
    fprintf(stderr, "rondo-bench-scan: %s\n", message);
    exit(1);
}

static double now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* minGRU; arXiv:2410.01201: z = s(Wz x + bz), g = Wg x + bg, h' = (1 - z) .* h + z .* g */
static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const int64_t units = rn_size(state[0], 1);
    const rn_tensor z = rn_sigmoid(rn_linear(s, "z", x, units));
    const rn_tensor g = rn_linear(s, "g", x, units);

    return state[0] = rn_add(rn_mul(rn_one_minus(z), state[0]), rn_mul(z, g));
}

/* The same as h' = h + z .* (g - h). */
static rn_tensor leaky(rn_scope s, rn_tensor x, rn_tensor *state)
{
    const int64_t units = rn_size(state[0], 1);
    const rn_tensor z = rn_sigmoid(rn_linear(s, "z", x, units));
    const rn_tensor g = rn_linear(s, "g", x, units);

    return state[0] = rn_add(state[0], rn_mul(z, rn_sub(g, state[0])));
}

static const rn_cell interpolates = {.name = "mingru", .states = 1, .step = leaky};
static const rn_cell mingru = {.name = "mingru", .states = 1, .step = step};

typedef struct runner {
    rn_model *model;
    rn_graph *graph;
    rn_program *program;
} runner;

static void feed(rn_program *p, rn_tensor x)
{
    const size_t n = (size_t)rn_shape_count(rn_shape_get(x));
    float *data = (float *)malloc(n * sizeof *data);

    if (!data) fail("out of memory");
    for (size_t i = 0; i < n; i++) data[i] = (float)(i * 7919 % 2048) / 2048 - 0.5F;
    if (rn_feed(p, x, data, n * sizeof *data) != RN_OK) fail(rn_program_error(p));
    free(data);
}

/* Every hundredth step. */
static rn_tensor marked(rn_graph *g, task k)
{
    uint8_t *data = (uint8_t *)calloc((size_t)(k.T * k.B), 1);

    if (!data) fail("out of memory");
    for (int64_t i = 0; i < k.T * k.B; i += 100) data[i] = 1;
    const rn_tensor marks = rn_constant(g, RN_BOOL, rn_shape(k.T, k.B), data);
    free(data);
    return marks;
}

static runner runner_new(task k, int threads, unsigned without)
{
    runner r = {.model = rn_model_new(1), .graph = rn_graph_new()};
    const rn_tensor x = rn_input(r.graph, "x", RN_F32, rn_shape(k.T, k.B, k.H));
    const rn_tensor y = rn_input(r.graph, "y", RN_F32, rn_shape(k.T, k.B, k.H));
    const rn_cell *cell = strcmp(k.form, "leaky") == 0 ? &interpolates : &mingru;
    const rn_tensor marks = marked(r.graph, k);
    rn_recurrent_options layer = {.units = k.H};
    if (strcmp(k.form, "restarts") == 0) layer.restarts = marks;
    if (strcmp(k.form, "mask") == 0) layer.mask = rn_logical_not(marks);
    const rn_sequence q = rn_recurrent(rn_root(r.graph, r.model), "rnn", cell, x, layer);
    rn_compile_options options = {.threads = threads, .without = without};

    if (k.train) {
        options.minimize = rn_mean_squared_error(q.outputs, y);
        options.with = rn_adam(1e-4);
    } else {
        options.output[0] = q.outputs;
        options.output_count = 1;
    }
    r.program = rn_compile(r.graph, options);
    if (!r.program) fail(rn_graph_error(r.graph));
    feed(r.program, x);
    feed(r.program, y);
    return r;
}

static double run(const runner *r)
{
    const bool alone = rn_program_threads(r->program) == 1;
    const clockid_t clock = alone ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    const double start = now(clock);

    if (rn_run(r->program) != RN_OK) fail(rn_program_error(r->program));
    return now(clock) - start;
}

static void measure(task k, int threads)
{
    enum { SECONDS = 3, FEWEST = 5 };
    const runner r[2] = {runner_new(k, threads, RN_PASS_SCAN), runner_new(k, threads, 0)};
    double least[2] = {run(&r[0]), run(&r[1])};

    const double start = now(CLOCK_MONOTONIC);
    for (int i = 0; i < FEWEST || now(CLOCK_MONOTONIC) - start < 1e3 * SECONDS; i++)
        for (int j = 0; j < 2; j++) {
            const double time = run(&r[j]);
            if (time < least[j]) least[j] = time;
        }
    printf("| %s | %lld, %lld, %lld | %d | %.3f | %.3f | %.2f | %.1f | %.1f |\n",
           k.train ? "train" : "forward", (long long)k.T, (long long)k.B, (long long)k.H,
           rn_program_threads(r[1].program), least[0], least[1], least[0] / least[1],
           (double)rn_program_workspace(r[0].program) / 1e6,
           (double)rn_program_workspace(r[1].program) / 1e6);
    fflush(stdout);
    for (int j = 0; j < 2; j++) {
        rn_program_free(r[j].program);
        rn_graph_free(r[j].graph);
        rn_model_free(r[j].model);
    }
}

int main(int count, char **word)
{
    static const int64_t size[][3] = {{10000, 1, 16},  {10000, 1, 64},  {10000, 1, 256},
                                      {10000, 16, 64}, {10000, 32, 64}, {1000, 16, 256},
                                      {100, 32, 256}};
    const int threads = count > 1 ? atoi(word[1]) : 1;
    const char *form = count > 2 ? word[2] : "";

    printf("rondo %s, instruction set %s\n", rn_version(), rn_isa());
    puts("| mode | T, B, H | threads | step by step | scan | ratio | MB | MB with scan |\n"
         "| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (int train = 0; train < 2; train++)
        for (size_t i = 0; i < sizeof size / sizeof *size; i++)
            measure((task){train, size[i][0], size[i][1], size[i][2], form}, threads);
    return 0;
}
