/* SPDX-License-Identifier: MIT */
/*
 * A pool of threads that run one job together with the thread that asks for it.
 *
 * The threads wait between jobs: for some microseconds they poll, then they sleep. They
 * block all signals, and have the floating-point modes of the caller during a job. After a
 * fork the child has none of them; the first job that runs there makes new ones.
 */
#ifndef RN_BACKEND_CPU_POOL_H
#define RN_BACKEND_CPU_POOL_H

#include "graph/node.h"

enum { RN__THREADS_MAX = 256 };

typedef struct rn__pool rn__pool;

/* What a job does in thread number `thread`; 0 is the caller's. */
typedef void rn__pool_job(void *with, int thread);

/* A pool that runs jobs in `threads` threads, the caller's among them, or in fewer if the
 * system makes no more. NULL: there would be the caller's alone. */
rn__pool *rn__pool_new(rn_allocator allocator, int threads);
void rn__pool_free(rn__pool *pool);

/* How many threads the next job runs in. */
int rn__pool_threads(rn__pool *pool);

/* Runs a job in all threads; returns when all are done. */
void rn__pool_run(rn__pool *pool, rn__pool_job *job, void *with);

/* ---- within a job ---- */

/* Waits until all threads are here. False after a thread has stopped: it will not come. A
 * thread that waits here has still done all that comes before. */
bool rn__pool_wait(rn__pool *pool);

/* This thread ends its job early, and the others at their next wait. */
void rn__pool_stop(rn__pool *pool);

/* ---- how many threads: processors.c ---- */

/* How many processors this process may run on. */
int rn__processors(void);

/* How many threads a program that asks for `wanted` may have: 0 stands for all processors;
 * RONDO_THREADS in the environment overrides it. */
int rn__threads_allowed(int wanted);

#endif
