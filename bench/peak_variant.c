/* SPDX-License-Identifier: MIT */
/*
 * A loop of nothing but multiply-adds on registers, and one that only reads, in each
 * variant of a real type.
 *
 * Twelve sums that do not wait for each other cover the latency of an addition on every
 * processor that is known (4 to 5 cycles, two a cycle). The factor is just below one, so
 * that the sums neither overflow nor become subnormal.
 */
#include "peak_variant.h"

#include "kernel/simd.h"

enum { SUMS = 12 };

static double total(const vec *sum)
{
    double all = 0;

    for (int i = 0; i < SUMS; i++)
        for (int j = 0; j < LANES; j++) all += (double)sum[i][j];
    return all;
}

double R(bench_peak_work)(int64_t steps, double start)
{
    vec sum[SUMS], factor = broadcast((real)0.999), term = broadcast((real)start);

    UNROLL
    for (int i = 0; i < SUMS; i++) sum[i] = broadcast((real)i);
    for (int64_t s = 0; s < steps; s++) {
        UNROLL
        for (int i = 0; i < SUMS; i++) sum[i] = madd(sum[i], factor, term);
    }
    return total(sum);
}

double R(bench_read_work)(const void *data, int64_t count)
{
    const real *at = (const real *)data;
    vec sum[SUMS];

    UNROLL
    for (int i = 0; i < SUMS; i++) sum[i] = broadcast((real)0);
    for (int64_t s = 0; s + SUMS * LANES <= count; s += SUMS * LANES) {
        UNROLL
        for (int i = 0; i < SUMS; i++) sum[i] = sum[i] + load(at + s + i * LANES);
    }
    return total(sum);
}

double R(bench_peak_operations)(int64_t steps)
{
    return 2.0 * SUMS * LANES * (double)steps;
}
