/* SPDX-License-Identifier: MIT */
/*
 * Philox4x32-10: four random words as a function of a counter and a key. Salmon et al.
 * 2011, "Parallel random numbers: as easy as 1, 2, 3".
 *
 *   ten times    x = (hi(B x2) ^ x1 ^ k0, lo(B x2), hi(A x0) ^ x3 ^ k1, lo(A x0))
 *                k = (k0 + W0, k1 + W1)
 *
 * hi and lo are the halves of a 64-bit product, sums are modulo 2^32. Inline, so that draws
 * of many counters vectorise.
 */
#ifndef RN_KERNEL_PHILOX_H
#define RN_KERNEL_PHILOX_H

#include <stdint.h>

static inline void rn__philox(const uint32_t counter[4], const uint32_t key[2],
                              uint32_t out[4])
{
    const uint64_t a = 0xD2511F53u, b = 0xCD9E8D57u;   /* found by search, in the paper */
    const uint32_t w0 = 0x9E3779B9u, w1 = 0xBB67AE85u; /* golden ratio; sqrt 3 - 1 */
    uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];

    for (uint32_t round = 0; round < 10; round++) {
        const uint64_t p0 = a * x0, p1 = b * x2;

        x0 = (uint32_t)(p1 >> 32) ^ x1 ^ (key[0] + round * w0);
        x1 = (uint32_t)p1;
        x2 = (uint32_t)(p0 >> 32) ^ x3 ^ (key[1] + round * w1);
        x3 = (uint32_t)p0;
    }
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
}

#endif
