/* SPDX-License-Identifier: MIT */
/* Caches of a given size in the place of this machine's: RN_CACHE bytes at the second
 * level, by which products are divided. */
#include "kernel/caches.h"

int64_t rn__cache_bytes(int level)
{
    static const int64_t bytes[] = {RN_CACHE / 4, RN_CACHE, RN_CACHE * 4};

    return bytes[level - 1];
}
