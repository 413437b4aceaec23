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

#if defined(RN_HAVE_AVX2) || defined(RN_HAVE_AVX512)
#include <cpuid.h>

/* Bits of XCR0: the registers that the operating system saves. */
enum { SAVES_YMM = 0x06, SAVES_ZMM = 0xe6 };

static unsigned read_xcr0(void)
{
    unsigned a, b, c, d;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return a;
}

/* __builtin_cpu_supports of old compilers does not check the operating system, so this
 * does. Concurrent threads compute the same result. */
static bool system_saves(unsigned registers)
{
    enum { KNOWN = 1 << 30 }; /* no required bit of XCR0 */
    static atomic_uint known;
    unsigned xcr0 = atomic_load_explicit(&known, memory_order_relaxed);

    if (!xcr0) {
        xcr0 = read_xcr0() | KNOWN;
        atomic_store_explicit(&known, xcr0, memory_order_relaxed);
    }
    return (xcr0 & registers) == registers;
}
#endif

static const char *const names[RN__ISAS] = {"baseline", "avx2", "avx512"};

/* Each level requires every feature that its sources are compiled for. */
bool rn__cpu_has(rn__isa isa)
{
#if defined(RN_HAVE_AVX2) || defined(RN_HAVE_AVX512)
    __builtin_cpu_init();
#endif
    switch (isa) {
    case RN__BASELINE:
        return true;
#ifdef RN_HAVE_AVX2
    case RN__AVX2:
        return system_saves(SAVES_YMM) && __builtin_cpu_supports("avx2") &&
               __builtin_cpu_supports("fma");
#endif
#ifdef RN_HAVE_AVX512
    case RN__AVX512:
        return system_saves(SAVES_ZMM) && __builtin_cpu_supports("avx2") &&
               __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
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
