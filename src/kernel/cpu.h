/* SPDX-License-Identifier: MIT */
/* Which instruction set the kernels use. */
#ifndef RN_KERNEL_CPU_H
#define RN_KERNEL_CPU_H

#include <stdbool.h>

/* ORDER ISA: lowest first. */
typedef enum rn__isa { RN__BASELINE, RN__AVX2, RN__AVX512, RN__ISAS } rn__isa;

/* Whether the level was built, and the processor and the operating system support it,
 * whatever RONDO_ISA says. */
bool rn__cpu_has(rn__isa isa);

/* The best level that rn__cpu_has, or the lower one that the
 * environment's RONDO_ISA names. Safe to call from any thread. */
rn__isa rn__cpu_isa(void);

/* "baseline", "avx2", "avx512". */
const char *rn__cpu_isa_name(rn__isa isa);

#endif
