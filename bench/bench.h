/* SPDX-License-Identifier: MIT */
/* Shared by the benchmarks: the processor's peak, and the speed of its caches. */
#ifndef RN_BENCH_H
#define RN_BENCH_H

#include <stddef.h>

/*
 * The most multiply-adds that one core does at the active instruction set, with all
 * operands in registers, in GFLOP/s (a multiply-add is two operations): the fastest of many
 * short runs, because disturbances only slow a run.
 */
double bench_peak_f32(void);
double bench_peak_f64(void);

/*
 * Seconds that reading so many numbers takes: the least of 200 reads, after one that brings
 * them into whatever cache holds them.
 */
double bench_read_time(const float *data, size_t count);

#endif
