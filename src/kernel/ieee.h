/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic is that of IEEE 754. Sums are rounded as their sources say, and NaN and
 * infinities are looked for; where the compiler may assume otherwise, functions are wrong
 * and the search for NaN is blind, and nothing tells of it. Meson's build switches such
 * flags off. Every source that computes with reals includes this, for other builds.
 *
 * Some parts of -ffast-math define no macro when they stand alone; those go unnoticed here.
 */
#ifndef RN_KERNEL_IEEE_H
#define RN_KERNEL_IEEE_H

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) ||                             \
    defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__) ||                        \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "Rondo needs IEEE 754 arithmetic: put -fno-fast-math after -ffast-math or -Ofast"
#endif

#endif
