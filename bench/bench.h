/* SPDX-License-Identifier: MIT */
/* Shared by the benchmarks: a timer that is robust to noise, and the processor's peak. */
#ifndef RN_BENCH_H
#define RN_BENCH_H

#include <stddef.h>

/*
 * Seconds that one call work(data) takes: the median of 15 runs, each of as many calls as
 * fill about a fifteenth of `seconds`. A call or two before them warm the caches up.
 */
double rn_bench_median(void (*work)(void *), void *data, double seconds);

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
