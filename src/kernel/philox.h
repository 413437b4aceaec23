/* SPDX-License-Identifier: MIT */
/*
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel
 * random numbers: as easy as 1, 2, 3" (SC 2011): 128 random bits that are a function of
 * a counter and a key alone, so any of them can be had at any time, in any order, by any
 * thread.
 */
#ifndef RN_KERNEL_PHILOX_H
#define RN_KERNEL_PHILOX_H

#include <stdint.h>

/* out may be counter. */
void rn__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif
