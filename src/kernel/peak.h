/* SPDX-License-Identifier: MIT */
/*
 * A loop of nothing but multiply-adds on registers, for each real type and instruction set:
 * how fast a processor is at best.
 */
#ifndef RN_KERNEL_PEAK_H
#define RN_KERNEL_PEAK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct rn__peak_loop {
    /* So many rounds of multiply-adds, and a value that depends on all of them. */
    double (*work)(int64_t rounds, double start);
    double operations; /* of a round; a multiply-add is two */
} rn__peak_loop;

/* That of the active instruction set. */
const rn__peak_loop *rn__peak_of(bool f64);

extern const rn__peak_loop rn__peak_loop_f32_baseline, rn__peak_loop_f64_baseline;
#ifdef RN_HAVE_AVX2
extern const rn__peak_loop rn__peak_loop_f32_avx2, rn__peak_loop_f64_avx2;
#endif
#ifdef RN_HAVE_AVX512
extern const rn__peak_loop rn__peak_loop_f32_avx512, rn__peak_loop_f64_avx512;
#endif

#endif
