/* SPDX-License-Identifier: MIT */
/*
 * The sizes of the caches, as Linux gives them, or else the C library. On ARM the C library
 * has none, and on AMD processors some versions multiply the third level by the number of
 * cores. They are read once: they do not change, and this takes microseconds. No result
 * depends on them.
 */
#include "kernel/caches.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LEVELS = 3, TEXT = 96 };

/* A size outside these bounds is not believed. */
static const int64_t usual[LEVELS] = {32 << 10, 512 << 10, 8 << 20};
static const int64_t smallest[LEVELS] = {8 << 10, 64 << 10, 256 << 10};
static const int64_t largest[LEVELS] = {1 << 20, 64 << 20, (int64_t)4 << 30};

static int64_t size_of_libc(int level)
{
#if defined(_SC_LEVEL1_DCACHE_SIZE)
    static const int name[LEVELS] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE,
                                     _SC_LEVEL3_CACHE_SIZE};
    return (int64_t)sysconf(name[level - 1]);
#else
    (void)level;
    return 0;
#endif
}

/* A file about one cache of the first processor; read without stdio, which allocates. */
static bool read_text(int index, const char *name, char *text)
{
    char path[TEXT];

    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index,
             name);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const ssize_t bytes = read(file, text, TEXT - 1);
    close(file);
    text[bytes > 0 ? bytes : 0] = 0;
    return bytes > 0;
}

/* "64K", "1024K" */
static int64_t size_of_linux(int level)
{
    char text[TEXT];

    for (int index = 0; read_text(index, "level", text); index++) {
        if (atoi(text) != level) continue;
        if (!read_text(index, "type", text) || text[0] == 'I') continue; /* instructions */
        if (!read_text(index, "size", text)) return 0;
        return (int64_t)atoi(text) << 10;
    }
    return 0;
}

static bool is_believed(int level, int64_t bytes)
{
    return bytes >= smallest[level - 1] && bytes <= largest[level - 1];
}

static int64_t read_size(int level)
{
    const int error = errno;
    int64_t bytes = size_of_linux(level);

    if (!is_believed(level, bytes)) bytes = size_of_libc(level);
    errno = error;
    return is_believed(level, bytes) ? bytes : usual[level - 1];
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
