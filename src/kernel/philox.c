/* SPDX-License-Identifier: MIT */
/*
 * Philox4x32-10: ten rounds of
 *
 *   (x0, x1, x2, x3)  <-  (hi(M1 x2) ^ x1 ^ k0,  lo(M1 x2),  hi(M0 x0) ^ x3 ^ k1,  lo(M0
 * x0)) (k0, k1)          <-  (k0 + W0, k1 + W1)
 *
 * where hi and lo are the halves of a 64-bit product and sums are modulo 2^32.
 */
#include "philox.h"

enum { ROUNDS = 10 };

static const uint32_t M0 = 0xD2511F53u,
                      M1 = 0xCD9E8D57u; /* found by search, in the paper */
static const uint32_t W0 = 0x9E3779B9u, W1 = 0xBB67AE85u; /* golden ratio; sqrt 3 - 1 */

void rn__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)M0 * x0, p1 = (uint64_t)M1 * x2;

        x0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0;
        x1 = (uint32_t)p1;
        x2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
        x3 = (uint32_t)p0;
        k0 += W0;
        k1 += W1;
    }
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
}
