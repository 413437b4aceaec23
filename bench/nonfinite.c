/* SPDX-License-Identifier: MIT */
/*
 * rondo-bench-nonfinite -- the cost of watching for NaN and infinities in a training step.
 *
 * The same step is compiled with and without it. The two programs alternate, so that
 * disturbances affect both, and medians of processor time are compared.
 */
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 41 };

typedef struct task {
    const char *name;
    int64_t vocabulary; /* 0: real inputs and a squared error */
    int64_t steps, batch, inputs, units;
    int layers;
    double dropout;
} task;

typedef struct runner {
    rn_model *model;
    rn_graph *graph;
    rn_program *program;
} runner;

static void fail(const char *message)
{
    fprintf(stderr, "rondo-bench-nonfinite: %s\n", message);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void feed(rn_program *p, rn_tensor x, int64_t vocabulary)
{
    const size_t n = (size_t)rn_shape_count(rn_shape_get(x));
    char *data = (char *)malloc(n * 4);

    if (!data) fail("out of memory");
    for (size_t i = 0; i < n; i++) {
        const size_t noise = i * 7919 % 2048;
        const float real = (float)noise / 2048 - 0.5F;
        const int32_t whole = vocabulary ? (int32_t)(noise % (size_t)vocabulary) : 0;
        if (vocabulary)
            memcpy(data + 4 * i, &whole, sizeof whole);
        else
            memcpy(data + 4 * i, &real, sizeof real);
    }
    if (rn_feed(p, x, data, n * 4) != RN_OK) fail(rn_program_error(p));
    free(data);
}

static runner runner_new(task k, rn_watch watch)
{
    runner r = {.model = rn_model_new(1), .graph = rn_graph_new()};
    const rn_scope s = rn_root(r.graph, r.model);
    const rn_recurrent_options options = {.units = k.units,
                                          .layers = k.layers,
                                          .stateful = k.vocabulary > 0,
                                          .dropout = k.dropout};
    const int64_t v = k.vocabulary;
    rn_tensor x, y, loss;

    if (v) {
        x = rn_input(r.graph, "x", RN_I32, rn_shape(k.steps, k.batch));
        y = rn_input(r.graph, "y", RN_I32, rn_shape(k.steps, k.batch));
        const rn_tensor e = rn_embedding(s, "embed", x, v, k.inputs);
        const rn_sequence q = rn_recurrent(s, "rnn", &rn_cell_lstm, e, options);
        loss = rn_cross_entropy(rn_linear(s, "out", q.outputs, v), y);
    } else {
        x = rn_input(r.graph, "x", RN_F32, rn_shape(k.steps, k.batch, k.inputs));
        y = rn_input(r.graph, "y", RN_F32, rn_shape(k.steps, k.batch, k.units));
        const rn_sequence q = rn_recurrent(s, "rnn", &rn_cell_lstm, x, options);
        loss = rn_mean_squared_error(q.outputs, y);
    }
    r.program =
        rn_compile(r.graph, (rn_compile_options){.minimize = loss,
                                                 .with = rn_clipped(rn_adam(1e-4), 1),
                                                 .watch = watch});
    if (!r.program) fail(rn_graph_error(r.graph));
    feed(r.program, x, v);
    feed(r.program, y, v);
    return r;
}

static double seconds_of(const runner *r, int runs)
{
    const double start = now();

    for (int i = 0; i < runs; i++)
        if (rn_run(r->program) != RN_OK) fail(rn_program_error(r->program));
    return (now() - start) / runs;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(task k)
{
    runner r[2] = {runner_new(k, RN_WATCH_OFF), runner_new(k, RN_WATCH_ON)};
    double time[2][TURNS], ratio[TURNS];
    rn_nonfinite found;

    const double once = (seconds_of(&r[0], 2) + seconds_of(&r[1], 2)) / 2;
    const int runs = once > 0.05 ? 1 : (int)(0.05 / once) + 1;
    for (int i = 0; i < TURNS; i++) {
        for (int j = 0; j < 2; j++)
            time[j ^ (i & 1)][i] = seconds_of(&r[j ^ (i & 1)], runs);
        ratio[i] = time[1][i] / time[0][i];
    }
    qsort(time[0], TURNS, sizeof(double), ascending);
    qsort(time[1], TURNS, sizeof(double), ascending);
    qsort(ratio, TURNS, sizeof(double), ascending);
    printf("%-36s %10.4f ms, watched %10.4f ms, %+.2f %%, turn by turn %+.2f %%%s\n",
           k.name, time[0][TURNS / 2] * 1e3, time[1][TURNS / 2] * 1e3,
           100 * (time[1][TURNS / 2] / time[0][TURNS / 2] - 1),
           100 * (ratio[TURNS / 2] - 1),
           rn_program_nonfinite(r[1].program, 0, &found) ? found.text : "");
    fflush(stdout);
    for (int j = 0; j < 2; j++) {
        rn_program_free(r[j].program);
        rn_graph_free(r[j].graph);
        rn_model_free(r[j].model);
    }
}

int main(void)
{
    printf("rondo %s, instruction set %s, one thread\n", rn_version(), rn_isa());
    measure((task){"lstm T 100 B 32 I 256 H 256", 0, 100, 32, 256, 256, 1, 0});
    measure((task){"charlm T 64 B 32 E 64 H 192 L 2", 96, 64, 32, 64, 192, 2, 0.1});
    measure((task){"lstm T 100 B 1 I 8 H 8", 0, 100, 1, 8, 8, 1, 0});
    measure((task){"lstm T 1 B 1 I 64 H 64", 0, 1, 1, 64, 64, 1, 0});
    return 0;
}
