/* SPDX-License-Identifier: MIT */
/* The timer of the benchmarks, and the processor's measured peak. */
#include "kernel/peak.h"
#include "bench.h"
#include "kernel/cpu.h"
#include "read_variant.h"

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

static double peak(const rn__peak_loop *loop)
{
    /* Read and written once a run, so that no run can be left out. */
    volatile double start = 1e-3, sink;
    double best = 0;

    for (int i = 0; i < PEAK_RUNS; i++) {
        double begin = now();
        sink = loop->work(PEAK_STEPS, start);

        double speed = loop->operations * PEAK_STEPS / (now() - begin) * 1e-9;
        if (speed > best) best = speed;
    }
    (void)sink;
    return best;
}

double bench_peak_f32(void)
{
    return peak(rn__peak_of(false));
}

double bench_peak_f64(void)
{
    return peak(rn__peak_of(true));
}

static bench_read_work *read_work(void)
{
#ifdef RN_HAVE_AVX512
    if (rn__cpu_isa() == RN__AVX512) return bench_read_work_f32_avx512;
#endif
#ifdef RN_HAVE_AVX2
    if (rn__cpu_isa() == RN__AVX2) return bench_read_work_f32_avx2;
#endif
    return bench_read_work_f32_baseline;
}

double bench_read_time(const float *data, size_t count)
{
    volatile double sink;
    bench_read_work *const work = read_work();
    double least = 0;

    for (int i = 0; i < READ_RUNS; i++) {
        const double begin = now();
        sink = work(data, (int64_t)count);
        const double taken = now() - begin;
        if (i == 1 || (i > 1 && taken < least)) least = taken;
    }
    (void)sink;
    return least;
}
