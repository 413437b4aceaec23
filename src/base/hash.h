/* SPDX-License-Identifier: MIT */
/* Hashes of texts and of numbers. Files and random streams depend on them, so they never
 * change. */
#ifndef RN_BASE_HASH_H
#define RN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A 64-bit hash of a text. */
uint64_t rn__hash(const char *text);

/* A 64-bit hash of bytes, of which it takes 8 at a time; continues a hash `before`. A
 * change of one byte always changes it. */
uint64_t rn__hash_bytes(uint64_t before, const void *data, size_t bytes);

/* A bijection of 64 bits in which every bit of the result depends on all of x. */
uint64_t rn__mix(uint64_t x);

#endif
