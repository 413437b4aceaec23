/* SPDX-License-Identifier: MIT */
/* The memory of a matrix product: the sizes of the variant that will run. Only that
 * variant's functions may be called: the others' code is for other processors. */
#include "kernel/gemm_sizes.h"
#include "kernel/cpu.h"

#define SIZES(variant)                                                                     \
    size_t rn__gemm_scratch_##variant(const rn__product *g);                               \
    size_t rn__gemm_packed_##variant(int64_t n, int64_t k);                                \
    static const sizes sizes_##variant = {rn__gemm_scratch_##variant,                      \
                                          rn__gemm_packed_##variant};

typedef struct sizes {
    size_t (*scratch)(const rn__product *g);
    size_t (*packed)(int64_t n, int64_t k);
} sizes;

SIZES(f32_baseline)
SIZES(f64_baseline)
#ifdef RN_HAVE_AVX2
SIZES(f32_avx2)
SIZES(f64_avx2)
#endif
#ifdef RN_HAVE_AVX512
SIZES(f32_avx512)
SIZES(f64_avx512)
#endif

static const sizes *sizes_of(rn_type type)
{
    const bool wide = type == RN_F64;

    switch (rn__cpu_isa()) {
#ifdef RN_HAVE_AVX512
    case RN__AVX512:
        return wide ? &sizes_f64_avx512 : &sizes_f32_avx512;
#endif
#ifdef RN_HAVE_AVX2
    case RN__AVX2:
        return wide ? &sizes_f64_avx2 : &sizes_f32_avx2;
#endif
    default:
        return wide ? &sizes_f64_baseline : &sizes_f32_baseline;
    }
}

size_t rn__gemm_scratch(rn_type type, const rn__product *g)
{
    return sizes_of(type)->scratch(g);
}

size_t rn__gemm_packed(rn_type type, int64_t n, int64_t k)
{
    return sizes_of(type)->packed(n, k);
}
