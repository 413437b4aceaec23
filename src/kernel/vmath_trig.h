/* SPDX-License-Identifier: MIT */
/*
 * sin and cos of |x| <= VM_TRIG_FAR, in straight-line code; beyond it the C library's.
 *
 *   n = round(x / (pi/2)),  r = x - n pi/2,  |r| <= pi/4
 *
 * and sin or cos of r, with a sign, by n modulo 4. r is computed in doubles, with pi/2 in
 * four parts of 33 bits, the first three of whose products with n are exact, and kept as a
 * sum r + low. f32 needs two of the parts. The polynomials are Taylor's, long enough that
 * what they leave out is below 2^-56 (f32: 2^-28) of the result.
 */
#ifndef RN_KERNEL_VMATH_TRIG_H
#define RN_KERNEL_VMATH_TRIG_H

#include "kernel/variant.h"

#include <math.h>
#include <string.h>

#define VM_TRIG_FAR  0x1p20
#define VM_TWO_OF_PI 0x1.45f306dc9c883p-1
#define VM_TRIG_1    0x1.921fb544p+0
#define VM_TRIG_2    0x1.0b4611a6p-34
#define VM_TRIG_3    0x1.3198a2ep-69
#define VM_TRIG_4    0x1.b839a252049c1p-104

/* x - n pi/2 as r + low, and n modulo 4. */
RN_INLINE real R(vm_quarter)(double x, real *low, vm_bits *quarter)
{
    const double shifted = x * VM_TWO_OF_PI + 0x1.8p52, n = shifted - 0x1.8p52;
    const double a = x - n * VM_TRIG_1, b = n * VM_TRIG_2;
    uint64_t bits;

    memcpy(&bits, &shifted, sizeof bits);
    *quarter = (vm_bits)bits;
#if RN_REAL == 32
    const double sum = a - b;
    const real r = (real)sum;
    *low = (real)(sum - (double)r);
#else
    const double c = a - b, of_b = a - c, of_a = c + of_b;
    const double lost = (a - of_a) + (of_b - b); /* c + lost = a - b */
    const double rest = (lost - n * VM_TRIG_3) - n * VM_TRIG_4, r = c + rest;
    *low = (c - r) + rest;
#endif
    return r;
}

/* sin(r) / r - 1, divided by z = r^2. */
RN_INLINE real R(vm_sin_tail)(real z)
{
#if RN_REAL == 32
    real p = 1.0f / 362880;
#else
    real p = 1.0 / 355687428096000;

    p = R(vm_madd)(z, p, 1.0 / -1307674368000);
    p = R(vm_madd)(z, p, 1.0 / 6227020800);
    p = R(vm_madd)(z, p, 1.0 / -39916800);
    p = R(vm_madd)(z, p, 1.0 / 362880);
#endif
    p = R(vm_madd)(z, p, (real)(1.0 / -5040));
    p = R(vm_madd)(z, p, (real)(1.0 / 120));
    return R(vm_madd)(z, p, (real)(1.0 / -6));
}

/* cos(r) - 1 + z / 2, divided by z^2. */
RN_INLINE real R(vm_cos_tail)(real z)
{
#if RN_REAL == 32
    real p = -1.0f / 3628800;
#else
    real p = 1.0 / 20922789888000;

    p = R(vm_madd)(z, p, 1.0 / -87178291200);
    p = R(vm_madd)(z, p, 1.0 / 479001600);
    p = R(vm_madd)(z, p, 1.0 / -3628800);
#endif
    p = R(vm_madd)(z, p, (real)(1.0 / 40320));
    p = R(vm_madd)(z, p, (real)(1.0 / -720));
    return R(vm_madd)(z, p, (real)(1.0 / 24));
}

/* sin(x + ahead pi/2), for ahead 0 or 1. */
RN_INLINE real R(vm_sine)(real x, vm_bits ahead)
{
    real low;
    vm_bits quarter;
    const real r = R(vm_quarter)((double)x, &low, &quarter), z = r * r,
               half = z * (real)0.5;
    const real near = 1 - half;
    const real sine = r + R(vm_madd)(r * z, R(vm_sin_tail)(z), low * near);
    const real rest = R(vm_madd)(z * z, R(vm_cos_tail)(z), -(r * low));
    const real cosine = near + (((1 - near) - half) + rest);

    quarter += ahead;
    const real y = quarter & 1 ? cosine : sine, signed_y = quarter & 2 ? -y : y;
    return R(vm_fabs)(x) < VM_TRIG_TINY && !ahead ? x : signed_y;
}

RN_INLINE bool R(vm_trig_far)(real x)
{
    return !(R(vm_fabs)(x) <= (real)VM_TRIG_FAR);
}

/* The same by the C library. */
RN_INLINE real R(vm_libm_sine)(real x, vm_bits ahead)
{
#if RN_REAL == 32
    return ahead ? cosf(x) : sinf(x);
#else
    return ahead ? cos(x) : sin(x);
#endif
}

#endif
