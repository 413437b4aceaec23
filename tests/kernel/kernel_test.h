/* SPDX-License-Identifier: MIT */
/*
 * What the tests of one variant of the kernels include.
 *
 * Such a program is compiled for the baseline, or it could die of an illegal instruction
 * before it asks for the processor; only the library's kernels that it calls need the
 * instruction set.
 */
#ifndef RN_TESTS_KERNEL_TEST_H
#define RN_TESTS_KERNEL_TEST_H

#include "kernel/cpu.h"

#include <criterion/criterion.h>
#include <stdio.h>

#ifdef PLAIN_CRITERION
enum { THINNING = 50 }; /* one case of so many, for an emulator is so slow */
enum { FEWER = 4 };     /* the same where there are not so many */
#else
enum { FEWER = 1 };
#if defined(__SANITIZE_ADDRESS__) || defined(RN_SMALL_CACHES)
enum { THINNING = 4 };
#else
enum { THINNING = 1 };
#endif
#endif

#if defined(RN_ISA_AVX512)
#define NEEDED RN__AVX512
#elif defined(RN_ISA_AVX2)
#define NEEDED RN__AVX2
#else
#define NEEDED RN__BASELINE
#endif

enum { SKIPPED = 77 }; /* the exit status from which Meson knows a test that was skipped */

#endif
