/* SPDX-License-Identifier: MIT */
/* The timer of the benchmarks, and the processor's measured peak. */
#include "bench.h"
#include "kernel/cpu.h"
#include "peak_variant.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 15, PEAK_RUNS = 50, PEAK_STEPS = 200000, READ_RUNS = 200 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double time_of(void (*work)(void *), void *data, long calls)
{
    double start = now();

    for (long i = 0; i < calls; i++) work(data);
    return now() - start;
}

double rn_bench_median(void (*work)(void *), void *data, double seconds)
{
    double run[RUNS], slice = seconds / RUNS, taken;
    long calls = 1;

    /* Doubling finds the number of calls, and warms up on the way. */
    while ((taken = time_of(work, data, calls)) < slice / 4) calls *= 2;
    calls = (long)((double)calls * slice / taken);
    if (calls < 1) calls = 1;
    for (int i = 0; i < RUNS; i++) run[i] = time_of(work, data, calls) / (double)calls;
    qsort(run, RUNS, sizeof *run, ascending);
    return run[RUNS / 2];
}

/* ---- variants ---- */

typedef struct variant {
    bench_peak_work *work;
    bench_peak_operations *operations;
    bench_read_work *read;
} variant;

#define VARIANT(name)                                                                      \
    {                                                                                      \
        bench_peak_work_##name, bench_peak_operations_##name, bench_read_work_##name       \
    }

/* That of the active instruction set. */
static const variant *chosen(bool f64)
{
    static const variant baseline[2] = {VARIANT(f32_baseline), VARIANT(f64_baseline)};
#ifdef RN_HAVE_AVX2
    static const variant avx2[2] = {VARIANT(f32_avx2), VARIANT(f64_avx2)};
    if (rn__cpu_isa() == RN__AVX2) return &avx2[f64];
#endif
#ifdef RN_HAVE_AVX512
    static const variant avx512[2] = {VARIANT(f32_avx512), VARIANT(f64_avx512)};
    if (rn__cpu_isa() == RN__AVX512) return &avx512[f64];
#endif
    return &baseline[f64];
}

static double peak(const variant *v)
{
    /* Read and written once a run, so that no run can be left out. */
    volatile double start = 1e-3, sink;
    double best = 0;

    for (int i = 0; i < PEAK_RUNS; i++) {
        double begin = now();
        sink = v->work(PEAK_STEPS, start);

        double speed = v->operations(PEAK_STEPS) / (now() - begin) * 1e-9;
        if (speed > best) best = speed;
    }
    (void)sink;
    return best;
}

double bench_peak_f32(void)
{
    return peak(chosen(false));
}

double bench_peak_f64(void)
{
    return peak(chosen(true));
}

double bench_read_time(const float *data, size_t count)
{
    volatile double sink;
    const variant *v = chosen(false);
    double least = 0;

    for (int i = 0; i < READ_RUNS; i++) {
        const double begin = now();
        sink = v->read(data, (int64_t)count);
        const double taken = now() - begin;
        if (i == 1 || (i > 1 && taken < least)) least = taken;
    }
    (void)sink;
    return least;
}
