/* SPDX-License-Identifier: MIT */
/*
 * The processor's sticky floating-point flags of this thread: invalid, division by zero and
 * overflow, which stay raised once an operation has given a NaN or an infinity.
 *
 * Rounding and masks are left alone. On x86-64 this is a word that is read and written in a
 * few cycles; elsewhere the C library's functions do it.
 */
#ifndef RN_BACKEND_CPU_FLAGS_H
#define RN_BACKEND_CPU_FLAGS_H

#include <stdbool.h>

#if defined(__x86_64__)
#include <xmmintrin.h>

enum { RN__FLAGS = 0x3f, RN__FLAGS_NONFINITE = 0x01 | 0x04 | 0x08 };

typedef unsigned int rn__flags;

static inline rn__flags rn__flags_get(void)
{
    return _mm_getcsr() & RN__FLAGS;
}

static inline void rn__flags_set(rn__flags flags)
{
    _mm_setcsr((_mm_getcsr() & ~(unsigned)RN__FLAGS) | flags);
}

static inline void rn__flags_clear(void)
{
    rn__flags_set(0);
}

/* Raises one of those that rn__flags_raised reads. */
static inline void rn__flags_raise(void)
{
    rn__flags_set(rn__flags_get() | 0x01);
}

static inline bool rn__flags_raised(void)
{
    return (_mm_getcsr() & RN__FLAGS_NONFINITE) != 0;
}

#else
#include <fenv.h>

typedef fexcept_t rn__flags;

static inline rn__flags rn__flags_get(void)
{
    rn__flags flags;

    fegetexceptflag(&flags, FE_ALL_EXCEPT);
    return flags;
}

static inline void rn__flags_set(rn__flags flags)
{
    fesetexceptflag(&flags, FE_ALL_EXCEPT);
}

static inline void rn__flags_clear(void)
{
    feclearexcept(FE_ALL_EXCEPT);
}

static inline void rn__flags_raise(void)
{
    feraiseexcept(FE_INVALID);
}

static inline bool rn__flags_raised(void)
{
    return fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW) != 0;
}

#endif
#endif
