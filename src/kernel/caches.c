/* SPDX-License-Identifier: MIT */
/*
 * The sizes of the caches, as the C library gives them. They are read once: they do not
 * change, and on a virtual machine CPUID takes microseconds. No result depends on them.
 */
#include "kernel/caches.h"

#include <stdatomic.h>
#include <unistd.h>

enum { LEVELS = 3 };

/* A size outside these bounds is not believed. */
static const int64_t usual[LEVELS] = {32 << 10, 512 << 10, 8 << 20};
static const int64_t smallest[LEVELS] = {8 << 10, 64 << 10, 256 << 10};
static const int64_t largest[LEVELS] = {1 << 20, 64 << 20, (int64_t)4 << 30};

static int64_t read_size(int level)
{
    int64_t bytes = 0;

#if defined(_SC_LEVEL1_DCACHE_SIZE)
    static const int name[LEVELS] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE,
                                     _SC_LEVEL3_CACHE_SIZE};
    bytes = (int64_t)sysconf(name[level - 1]);
#endif
    if (bytes < smallest[level - 1] || bytes > largest[level - 1]) return usual[level - 1];
    return bytes;
}

/* Concurrent threads compute the same result. */
int64_t rn__cache_bytes(int level)
{
    static _Atomic int64_t known[LEVELS];
    int64_t bytes = atomic_load_explicit(&known[level - 1], memory_order_relaxed);

    if (!bytes) {
        bytes = read_size(level);
        atomic_store_explicit(&known[level - 1], bytes, memory_order_relaxed);
    }
    return bytes;
}
