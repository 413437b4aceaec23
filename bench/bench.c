/* SPDX-License-Identifier: MIT */
/*
 * rondo-bench -- how much of the machine's multiply-add peak the library uses.
 *
 * One core, one thread. Each figure is a median; the peak is measured again next to each
 * group, because the clock of a shared machine changes. A multiply-add counts as two
 * operations.
 */
#include "bench.h"

#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what, const char *message)
{
    fprintf(stderr, "rondo-bench: %s: %s\n", what, message);
    exit(1);
}

static void run(void *program)
{
    if (rn_run((rn_program *)program) != RN_OK) fail("run", rn_program_error(program));
}

static void feed_noise(rn_program *program, rn_tensor x, rn_type type)
{
    const size_t n = (size_t)rn_shape_count(rn_shape_get(x));
    const size_t bytes = n * rn_type_size(type);
    void *data = malloc(bytes ? bytes : 1);

    if (!data) fail("noise", "out of memory");
    for (size_t i = 0; i < n; i++) {
        const double value = (double)(i * 7919 % 2048) / 2048 - 0.5;
        if (type == RN_F32)
            ((float *)data)[i] = (float)value;
        else
            ((double *)data)[i] = value;
    }
    if (rn_feed(program, x, data, bytes) != RN_OK) fail("feed", rn_program_error(program));
    free(data);
}

static double peak(rn_type type)
{
    return type == RN_F32 ? bench_peak_f32() : bench_peak_f64();
}

static void show(const char *what, double operations, double seconds, double limit)
{
    const double rate = operations / seconds / 1e9;

    printf("%-44s %9.3f ms %8.1f GFLOP/s %6.1f %% of peak\n", what, seconds * 1e3, rate,
           100 * rate / limit);
    fflush(stdout);
}

/* ---- the matrix product ---- */

static void product(rn_type type, int64_t m, int64_t n, int64_t k)
{
    char what[80];
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", type, rn_shape(m, k));
    rn_tensor y = rn_input(g, "y", type, rn_shape(k, n)), z = rn_matmul(x, y);
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(z)});

    if (!p) fail("product", rn_graph_error(g));
    feed_noise(p, x, type);
    feed_noise(p, y, type);
    snprintf(what, sizeof what, "product %s %lld x %lld x %lld", rn_type_name(type),
             (long long)m, (long long)n, (long long)k);
    const double seconds = rn_bench_median(run, p, 1);
    show(what, 2.0 * (double)(m * n * k), seconds, peak(type));
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- training a recurrent layer ---- */

typedef struct size {
    const char *cell;
    int64_t steps, batch, inputs, units;
    int layers, products; /* gates' products for each of x and h */
} size;

/* Operations of the products of one training step: forward, the gradients of the weights,
 * those of h, and in all layers but the first those of the layer's input. */
static double operations(size s)
{
    double sum = 0;

    for (int layer = 0; layer < s.layers; layer++) {
        const int64_t x = layer ? s.units : s.inputs, h = s.units;
        const int64_t columns = 2 * (x + h) + h + (layer ? x : 0);
        sum += 2.0 * (double)(s.steps * s.batch * s.products * s.units) * (double)columns;
    }
    return sum;
}

static void training(size s, const rn_cell *cell)
{
    char what[96];
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(s.steps, s.batch, s.inputs));
    rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(s.steps, s.batch, s.units));
    rn_sequence q =
        rn_recurrent(rn_root(g, model), "rnn", cell, x,
                     (rn_recurrent_options){.units = s.units, .layers = s.layers});
    rn_tensor loss = rn_mean_squared_error(q.outputs, y);
    rn_program *p =
        rn_compile(g, (rn_compile_options){.minimize = loss, .with = rn_sgd(1e-4, 0)});

    if (!p) fail("training", rn_graph_error(g));
    feed_noise(p, x, RN_F32);
    feed_noise(p, y, RN_F32);
    snprintf(what, sizeof what, "train %s T %lld B %lld I %lld H %lld L %d", s.cell,
             (long long)s.steps, (long long)s.batch, (long long)s.inputs,
             (long long)s.units, s.layers);
    const double seconds = rn_bench_median(run, p, 2);
    show(what, operations(s), seconds, peak(RN_F32));
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

int main(void)
{
    printf("rondo %s, instruction set %s, one thread\n", rn_version(), rn_isa());
    printf("multiply-add peak of one core: f32 %.1f GFLOP/s, f64 %.1f GFLOP/s\n",
           bench_peak_f32(), bench_peak_f64());
    for (int i = 0; i < 2; i++) {
        const rn_type type = i ? RN_F64 : RN_F32;
        product(type, 512, 512, 512);
        product(type, 32, 256, 256);
    }
    training((size){"lstm", 100, 32, 256, 256, 1, 4}, &rn_cell_lstm);
    training((size){"lstm", 50, 64, 512, 512, 2, 4}, &rn_cell_lstm);
    training((size){"lstm", 64, 16, 64, 128, 2, 4}, &rn_cell_lstm);
    training((size){"lstm", 100, 1, 64, 64, 1, 4}, &rn_cell_lstm);
    training((size){"gru", 100, 32, 256, 256, 1, 3}, &rn_cell_gru);
    training((size){"rnn", 100, 32, 256, 256, 1, 1}, &rn_cell_rnn);
    return 0;
}
