/* SPDX-License-Identifier: MIT */
/*
 * rondo-bench-product -- how much of the machine's multiply-add peak a matrix product uses.
 *
 * One core, one thread. Each figure is a median; the peak is measured again next to each,
 * because the clock of a shared machine changes. A multiply-add counts as two operations.
 */
#include "bench.h"

#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what, const char *message)
{
    fprintf(stderr, "rondo-bench-product: %s: %s\n", what, message);
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
    return 0;
}
