/* SPDX-License-Identifier: MIT */
/* Large pages: the addresses of a large workspace are then found without walks through the
 * tables of pages. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* for madvise */
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "backend/cpu/cpu.h"

#include <errno.h>

void rn__cpu_large_pages(void *memory, size_t bytes)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    enum { LEAST = 4 << 20 };
    const long size = sysconf(_SC_PAGESIZE);

    if (!memory || bytes < LEAST || size <= 0) return;
    const uintptr_t page = (uintptr_t)size, first = (uintptr_t)memory;
    const uintptr_t from = (first + page - 1) / page * page;
    const uintptr_t to = (first + bytes) / page * page;

    /* Only a hint: a system without them refuses it, and errno is the caller's. */
    const int error = errno;
    (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
    errno = error;
#else
    (void)memory, (void)bytes;
#endif
}
