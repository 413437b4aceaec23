/* SPDX-License-Identifier: MIT */
/* A loop that only reads, for each instruction set. */
#include "read_variant.h"

#include "kernel/simd.h"

enum { SUMS = 12 };

double R(bench_read_work)(const float *data, int64_t count)
{
    vec sum[SUMS];
    double total = 0;

    UNROLL
    for (int i = 0; i < SUMS; i++) sum[i] = broadcast((real)0);
    for (int64_t s = 0; s + SUMS * LANES <= count; s += SUMS * LANES) {
        UNROLL
        for (int i = 0; i < SUMS; i++) sum[i] = sum[i] + load(data + s + i * LANES);
    }
    UNROLL
    for (int i = 1; i < SUMS; i++) sum[0] = sum[0] + sum[i];
    for (int j = 0; j < LANES; j++) total += (double)sum[0][j];
    return total;
}
