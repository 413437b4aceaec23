/* SPDX-License-Identifier: MIT */
/*
 * The instruction set of the kernels: the best one that was built, that the processor and
 * the operating system support, and that RONDO_ISA permits.
 *
 * RONDO_ISA is read each time, because a test may change it. The processor's features are
 * cached: they do not change, and on a virtual machine CPUID takes microseconds.
 */
#include "kernel/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[RN__ISAS] = {"baseline", "avx2", "avx512"};

#if defined(RN_HAVE_AVX2) || defined(RN_HAVE_AVX512)
#include <cpuid.h>

/* Bits of XCR0: the registers that the operating system saves. */
enum { SAVES_YMM = 0x06, SAVES_ZMM = 0xe6 };

/* Each level requires every feature that its sources are compiled for. CPUID itself,
 * because __builtin_cpu_supports links all of the compiler's table of processors, and does
 * not check the operating system in old compilers. */
static rn__isa read_highest(void)
{
    const unsigned of_avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    unsigned a, b, c, d, saves;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_FMA))
        return RN__BASELINE;
    __asm__ volatile("xgetbv" : "=a"(saves), "=d"(d) : "c"(0));
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2) ||
        (saves & SAVES_YMM) != SAVES_YMM)
        return RN__BASELINE;
    return (b & of_avx512) == of_avx512 && (saves & SAVES_ZMM) == SAVES_ZMM ? RN__AVX512
                                                                            : RN__AVX2;
}

/* Concurrent threads compute the same result. */
static rn__isa highest(void)
{
    static atomic_int known; /* the level + 1 */
    int level = atomic_load_explicit(&known, memory_order_relaxed) - 1;

    if (level < 0) {
        level = (int)read_highest();
        atomic_store_explicit(&known, level + 1, memory_order_relaxed);
    }
    return (rn__isa)level;
}
#endif

bool rn__cpu_has(rn__isa isa)
{
    switch (isa) {
    case RN__BASELINE:
        return true;
#ifdef RN_HAVE_AVX2
    case RN__AVX2:
        return highest() >= RN__AVX2;
#endif
#ifdef RN_HAVE_AVX512
    case RN__AVX512:
        return highest() >= RN__AVX512;
#endif
    default:
        return false;
    }
}

/* An unknown name has no effect. */
static rn__isa highest_allowed(void)
{
    const char *wanted = getenv("RONDO_ISA");

    for (int i = 0; wanted && i < RN__ISAS; i++)
        if (!strcmp(wanted, names[i])) return (rn__isa)i;
    return (rn__isa)(RN__ISAS - 1);
}

rn__isa rn__cpu_isa(void)
{
    int isa = (int)highest_allowed();

    while (isa > RN__BASELINE && !rn__cpu_has((rn__isa)isa)) isa--;
    return (rn__isa)isa;
}

const char *rn__cpu_isa_name(rn__isa isa)
{
    return isa >= RN__BASELINE && isa < RN__ISAS ? names[isa] : "unknown";
}
