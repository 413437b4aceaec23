/* SPDX-License-Identifier: MIT */
/*
 * The library needs the arithmetic of IEEE 754: sums rounded in the order of the source,
 * and NaN and infinities. If the compiler may assume otherwise, functions are silently
 * wrong and the search for NaN finds nothing. The Meson build disables such flags. For
 * other builds, every source that computes with reals includes this header.
 *
 * Some parts of -ffast-math define no macro when used alone; these are not detected.
 */
#ifndef RN_KERNEL_IEEE_H
#define RN_KERNEL_IEEE_H

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) ||                             \
    defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__) ||                        \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "Rondo needs IEEE 754 arithmetic: put -fno-fast-math after -ffast-math or -Ofast"
#endif

#endif
