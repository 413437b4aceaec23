/* SPDX-License-Identifier: MIT */
/* The instruction set of the kernels. */
#ifndef RN_KERNEL_CPU_H
#define RN_KERNEL_CPU_H

#include <stdbool.h>

/* ORDER ISA: lowest first. */
typedef enum rn__isa { RN__BASELINE, RN__AVX2, RN__AVX512, RN__ISAS } rn__isa;

/* Whether the level was built, and the processor and the operating system support it,
 * regardless of RONDO_ISA. */
bool rn__cpu_has(rn__isa isa);

/* The best level that rn__cpu_has, or a lower one named by the environment variable
 * RONDO_ISA. Safe to call from any thread. */
rn__isa rn__cpu_isa(void);

/* "baseline", "avx2", "avx512". */
const char *rn__cpu_isa_name(rn__isa isa);

#endif
