/* SPDX-License-Identifier: MIT */
/* The processor's measured peak, and how fast its caches are read. */
#include "kernel/peak.h"
#include "bench.h"
#include "kernel/cpu.h"
#include "read_variant.h"

#include <time.h>

enum { PEAK_RUNS = 50, PEAK_STEPS = 200000, READ_RUNS = 200 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
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
