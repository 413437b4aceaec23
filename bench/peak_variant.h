/* SPDX-License-Identifier: MIT */
/* The loops of peak_variant.c, which peak.c chooses from. */
#ifndef RN_BENCH_PEAK_VARIANT_H
#define RN_BENCH_PEAK_VARIANT_H

#include <stdint.h>

/* `steps` rounds of multiply-adds, and a value that depends on all of them. */
typedef double bench_peak_work(int64_t steps, double start);
/* How many operations that is. */
typedef double bench_peak_operations(int64_t steps);
/* Reads all numbers, and a value that depends on them; count is rounded down to a multiple
 * of 12 vectors. */
typedef double bench_read_work(const void *data, int64_t count);

bench_peak_work bench_peak_work_f32_baseline, bench_peak_work_f64_baseline;
bench_read_work bench_read_work_f32_baseline, bench_read_work_f64_baseline;
bench_peak_operations bench_peak_operations_f32_baseline,
    bench_peak_operations_f64_baseline;
#ifdef RN_HAVE_AVX2
bench_peak_work bench_peak_work_f32_avx2, bench_peak_work_f64_avx2;
bench_read_work bench_read_work_f32_avx2, bench_read_work_f64_avx2;
bench_peak_operations bench_peak_operations_f32_avx2, bench_peak_operations_f64_avx2;
#endif
#ifdef RN_HAVE_AVX512
bench_peak_work bench_peak_work_f32_avx512, bench_peak_work_f64_avx512;
bench_read_work bench_read_work_f32_avx512, bench_read_work_f64_avx512;
bench_peak_operations bench_peak_operations_f32_avx512, bench_peak_operations_f64_avx512;
#endif

#endif
