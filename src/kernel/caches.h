/* SPDX-License-Identifier: MIT */
/* The sizes of the processor's data caches. */
#ifndef RN_KERNEL_CACHES_H
#define RN_KERNEL_CACHES_H

#include <stdint.h>

/* Bytes of the cache of this level, 1 to 3, that one core uses, or a usual size if the
 * system does not say. Safe to call from any thread. */
int64_t rn__cache_bytes(int level);

#endif
