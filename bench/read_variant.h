/* SPDX-License-Identifier: MIT */
/* The loops of read_variant.c, which peak.c chooses from. */
#ifndef BENCH_READ_VARIANT_H
#define BENCH_READ_VARIANT_H

#include <stdint.h>

/* Reads all numbers, and a value that depends on them; count is rounded down to a multiple
 * of 12 vectors. */
typedef double bench_read_work(const float *data, int64_t count);

bench_read_work bench_read_work_f32_baseline;
#ifdef RN_HAVE_AVX2
bench_read_work bench_read_work_f32_avx2;
#endif
#ifdef RN_HAVE_AVX512
bench_read_work bench_read_work_f32_avx512;
#endif

#endif
