/* SPDX-License-Identifier: MIT */
/* Hashing of texts and numbers. */
#include "base/hash.h"

#include <string.h>

uint64_t rn__mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xBF58476D1CE4E5B9);
    x ^= x >> 27;
    x *= UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* FNV-1a, with a final mix because its high bits hardly depend on the last characters. */
uint64_t rn__hash(const char *text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
    return rn__mix(hash);
}

uint64_t rn__hash_bytes(uint64_t before, const void *data, size_t bytes)
{
    const unsigned char *at = (const unsigned char *)data;
    uint64_t hash = rn__mix(before ^ bytes);

    for (; bytes >= sizeof hash; bytes -= sizeof hash, at += sizeof hash) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        hash = rn__mix(hash ^ word);
    }
    for (; bytes > 0; bytes--) hash = rn__mix(hash ^ *at++);
    return hash;
}
