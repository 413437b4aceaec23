/* SPDX-License-Identifier: MIT */
/* How many processors there are, and how many threads are allowed. */
#ifdef __linux__
#define _GNU_SOURCE /* for sched_getaffinity */
#endif

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/cpu/pool.h"

int rn__processors(void)
{
#ifdef __linux__
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 && online < RN__THREADS_MAX ? (int)online : 1;
}

int rn__threads_allowed(int wanted)
{
    const char *text = getenv("RONDO_THREADS");
    char *rest = NULL;
    const long given = text ? strtol(text, &rest, 10) : 0;

    if (given > 0 && !*rest)
        wanted = given < RN__THREADS_MAX ? (int)given : RN__THREADS_MAX;
    if (wanted <= 0) wanted = rn__processors();
    return wanted < RN__THREADS_MAX ? wanted : RN__THREADS_MAX;
}
