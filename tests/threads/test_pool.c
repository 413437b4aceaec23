/* SPDX-License-Identifier: MIT */
/* Pools of threads. */
#include "backend/cpu/pool.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS = 7, WAITS = 300 };

typedef struct job {
    rn__pool *pool;
    int counted[THREADS];
    atomic_int sum;
    int stops; /* the thread that stops; -1: none */
    int passed[THREADS];
} job;

/* Each thread counts in its own place, and reads the others' between two waits. */
static void count(void *with, int thread)
{
    job *j = (job *)with;

    for (int i = 1; i <= WAITS; i++) {
        if (thread == j->stops && i == WAITS / 2) {
            rn__pool_stop(j->pool);
            return;
        }
        j->counted[thread] = i;
        if (!rn__pool_wait(j->pool)) return;
        for (int k = 0; k < THREADS; k++) j->sum += j->counted[k] == i;
        if (!rn__pool_wait(j->pool)) return;
        j->passed[thread]++;
    }
}

static void sleep_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

Test(pool, all_wait_for_all)
{
    rn__pool *pool = rn__pool_new((rn_allocator){0}, THREADS);

    cr_assert_eq(rn__pool_threads(pool), THREADS);
    for (int run = 0; run < 4; run++) {
        job j = {.pool = pool, .stops = -1};
        rn__pool_run(pool, count, &j);
        cr_assert_eq(j.sum, THREADS * THREADS * WAITS);
        if (run == 1) sleep_a_little();
    }
    rn__pool_free(pool);
}

/* All reach the wait before which one stops, none passes it, and the next job is whole. */
Test(pool, one_that_stops_stops_all)
{
    rn__pool *pool = rn__pool_new((rn_allocator){0}, THREADS);

    for (int stops = -1; stops < THREADS; stops++) {
        job j = {.pool = pool, .stops = stops};
        rn__pool_run(pool, count, &j);
        for (int i = 0; i < THREADS; i++)
            cr_assert_eq(j.passed[i], stops < 0 ? WAITS : WAITS / 2 - 1);
    }
    rn__pool_free(pool);
}

Test(pool, none_for_one_thread)
{
    cr_assert_null(rn__pool_new((rn_allocator){0}, 1));
    cr_assert_null(rn__pool_new((rn_allocator){0}, 0));
    rn__pool_free(NULL);
}

/* A pool that nobody used, or that sleeps, can be freed. */
Test(pool, freed_while_idle)
{
    for (int i = 0; i < 20; i++) {
        rn__pool *pool = rn__pool_new((rn_allocator){0}, 1 + i % THREADS);
        if (i % 3 == 0) sleep_a_little();
        rn__pool_free(pool);
    }
}

static void *refuse(void *user, void *block, size_t bytes)
{
    int *left = (int *)user;

    if (bytes == 0) {
        free(block);
        return NULL;
    }
    return (*left)-- > 0 ? realloc(block, bytes) : NULL;
}

Test(pool, none_without_memory)
{
    for (int n = 0; n < 5; n++) {
        int left = n;
        rn__pool *pool = rn__pool_new((rn_allocator){refuse, &left}, 3);
        cr_assert_eq(pool != NULL, n >= 2);
        rn__pool_free(pool);
    }
}

Test(pool, processors)
{
    cr_assert_gt(rn__processors(), 0);
    cr_assert_eq(rn__threads_allowed(1000000), RN__THREADS_MAX);
}
