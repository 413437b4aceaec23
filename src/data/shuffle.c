/* SPDX-License-Identifier: MIT */
#include "data/shuffle.h"

#include "base/hash.h"
#include "kernel/philox.h"

void rn__shuffle(int32_t *item, int64_t count, uint64_t seed, int64_t epoch, uint32_t part)
{
    const uint64_t mixed = rn__mix(seed);
    const uint32_t key[2] = {(uint32_t)mixed, (uint32_t)(mixed >> 32)};
    uint32_t draw[4] = {0};

    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t k = count - 1 - i;
        const uint64_t choices = (uint64_t)i + 1;

        if (k % 2 == 0) {
            const uint32_t counter[4] = {(uint32_t)(k / 2), part, (uint32_t)epoch,
                                         (uint32_t)((uint64_t)epoch >> 32)};
            rn__philox(counter, key, draw);
        }
        const uint64_t low = draw[2 * (k % 2)], high = draw[2 * (k % 2) + 1];
        const uint64_t j = (high * choices + (low * choices >> 32)) >> 32;
        const int32_t other = item[j];

        item[j] = item[i];
        item[i] = other;
    }
}
