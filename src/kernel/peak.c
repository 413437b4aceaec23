/* SPDX-License-Identifier: MIT */
/*
 * The loop of multiply-adds.
 *
 * Twelve sums that do not wait for each other cover the latency of a multiply-add on every
 * x86-64 processor that is known (4 to 5 cycles, two a cycle), 16 on ARM's (4 cycles, up to
 * four). The factor is just below one, so that the sums neither overflow nor become
 * subnormal.
 */
#include "kernel/peak.h"

#include "kernel/cpu.h"
#include "kernel/variant.h"

#ifdef RN_REAL

#include "kernel/simd.h"

enum { SUMS = RN_NEON ? 16 : 12 };

static double work(int64_t rounds, double start)
{
    vec sum[SUMS], factor = broadcast((real)0.999), term = broadcast((real)start);
    double total = 0;

    UNROLL
    for (int i = 0; i < SUMS; i++) sum[i] = broadcast((real)i);
    for (int64_t r = 0; r < rounds; r++) {
        UNROLL
        for (int i = 0; i < SUMS; i++) sum[i] = madd(sum[i], factor, term);
    }
    for (int i = 1; i < SUMS; i++) sum[0] += sum[i];
    for (int j = 0; j < LANES; j++) total += (double)sum[0][j];
    return total;
}

const rn__peak_loop R(rn__peak_loop) = {work, 2.0 * SUMS *LANES};

#endif

#if RN_ONCE
const rn__peak_loop *rn__peak_of(bool f64)
{
    const rn__isa isa = rn__cpu_isa();

#ifdef RN_HAVE_AVX512
    if (isa == RN__AVX512)
        return f64 ? &rn__peak_loop_f64_avx512 : &rn__peak_loop_f32_avx512;
#endif
#ifdef RN_HAVE_AVX2
    if (isa == RN__AVX2) return f64 ? &rn__peak_loop_f64_avx2 : &rn__peak_loop_f32_avx2;
#endif
    (void)isa;
    return f64 ? &rn__peak_loop_f64_baseline : &rn__peak_loop_f32_baseline;
}
#endif
