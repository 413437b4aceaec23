/* SPDX-License-Identifier: MIT */
/*
 * The pool: two barriers. At one of them the threads wait for a job and for its end, at the
 * other within a job. The last thread to come changes the barrier's generation, for which
 * the others wait.
 */
#include "backend/cpu/pool.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/* How long a thread polls before it sleeps, in nanoseconds: about what waking it takes. */
#ifndef RN_POLLING
#define RN_POLLING 20000
#endif

/* After a tenth of it the thread lets others run that wait for its processor: it may be one
 * of them that it waits for. */
enum { STACK = 1 << 20, LINE = 128, POLLS = 32, YIELDING = 10 };

typedef struct barrier {
    atomic_uint generation;
    atomic_int arrived;
    char rest[LINE]; /* the next one is in another line of any cache */
} barrier;

typedef struct worker {
    rn__pool *pool;
    int number;
    pthread_t thread;
} worker;

struct rn__pool {
    rn_allocator allocator;
    int wanted;
    atomic_int threads; /* that there are, with the caller's */
    pid_t process;      /* whose threads they are */
    worker *workers;    /* [wanted]; the first is not used */
    int64_t polling;    /* ns */
    barrier job, inner; /* around jobs, and within one */
    atomic_bool stopped;
    bool ends;
    rn__pool_job *run;
    void *with;
    fenv_t modes; /* of the caller */

    /* For those that sleep, at either barrier. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    atomic_int sleepers;
};

/* ---- waiting ---- */

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool passed(const barrier *b, unsigned generation)
{
    return atomic_load(&b->generation) != generation;
}

static bool is_over(rn__pool *pool, const barrier *b, unsigned generation)
{
    return passed(b, generation) || (b == &pool->inner && atomic_load(&pool->stopped));
}

static bool poll(rn__pool *pool, const barrier *b, unsigned generation)
{
    int64_t start = 0;

    if (pool->polling == 0) return false;
    for (;;) {
        for (int i = 0; i < POLLS; i++) {
            if (is_over(pool, b, generation)) return true;
            pause_briefly();
        }
        const int64_t t = now();
        if (start == 0) start = t;
        if (t - start > pool->polling) return false;
        if (t - start > pool->polling / YIELDING) sched_yield();
    }
}

/* Whoever changes what `is_over` reads looks for sleepers after that, and a sleeper counts
 * itself before it reads: one of the two sees the other. */
static void sleep_until(rn__pool *pool, const barrier *b, unsigned generation)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!is_over(pool, b, generation)) pthread_cond_wait(&pool->changed, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void wake(rn__pool *pool)
{
    if (atomic_load(&pool->sleepers) == 0) return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
}

/* False if another thread has stopped and will not come. */
static bool wait_at(rn__pool *pool, barrier *b)
{
    const unsigned generation = atomic_load(&b->generation);
    const int before = atomic_fetch_add(&b->arrived, 1);

    if (before == atomic_load(&pool->threads) - 1) {
        atomic_store(&b->arrived, 0);
        atomic_store(&b->generation, generation + 1);
        wake(pool);
        return true;
    }
    if (!poll(pool, b, generation)) sleep_until(pool, b, generation);
    return passed(b, generation);
}

bool rn__pool_wait(rn__pool *pool)
{
    return wait_at(pool, &pool->inner);
}

void rn__pool_stop(rn__pool *pool)
{
    atomic_store(&pool->stopped, true);
    wake(pool);
}

/* ---- threads ---- */

static void *work(void *memory)
{
    const worker *w = (const worker *)memory;
    rn__pool *pool = w->pool;

    for (;;) {
        wait_at(pool, &pool->job);
        if (pool->ends) return NULL;
        fesetenv(&pool->modes);
        pool->run(pool->with, w->number);
        wait_at(pool, &pool->job);
    }
}

/* A thread that is there before the others may wait for them already: the number of threads
 * is final before the caller comes to the barrier. */
static void make_threads(rn__pool *pool)
{
    pthread_attr_t attributes;
    sigset_t all, old;
    int threads = 1;

    atomic_store(&pool->threads, pool->wanted);
    if (pthread_attr_init(&attributes) == 0) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old);
        pthread_attr_setstacksize(&attributes, STACK);
        for (; threads < pool->wanted; threads++) {
            worker *w = &pool->workers[threads];
            *w = (worker){.pool = pool, .number = threads};
            if (pthread_create(&w->thread, &attributes, work, w) != 0) break;
        }
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        pthread_attr_destroy(&attributes);
    }
    atomic_store(&pool->threads, threads);
}

static bool begin(rn__pool *pool)
{
    pool->process = getpid();
    pool->polling = pool->wanted > rn__processors() ? 0 : RN_POLLING;
    atomic_init(&pool->job.generation, 0);
    atomic_init(&pool->job.arrived, 0);
    atomic_init(&pool->inner.generation, 0);
    atomic_init(&pool->inner.arrived, 0);
    atomic_init(&pool->stopped, false);
    atomic_init(&pool->sleepers, 0);
    atomic_init(&pool->threads, 1);
    if (pthread_mutex_init(&pool->mutex, NULL) != 0) return false;
    if (pthread_cond_init(&pool->changed, NULL) != 0) {
        pthread_mutex_destroy(&pool->mutex);
        return false;
    }
    make_threads(pool);
    return true;
}

static void end(rn__pool *pool)
{
    const int threads = atomic_load(&pool->threads);

    pool->ends = true;
    wait_at(pool, &pool->job);
    for (int i = 1; i < threads; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->mutex);
}

static void release(rn__pool *pool)
{
    const rn_allocator a = pool->allocator;

    rn__free(a, pool->workers);
    rn__free_aligned(a, pool);
}

rn__pool *rn__pool_new(rn_allocator allocator, int threads)
{
    if (threads < 2) return NULL;
    rn__pool *pool = (rn__pool *)rn__allocate_aligned(allocator, sizeof *pool, true);
    if (!pool) return NULL;
    pool->allocator = allocator;
    pool->wanted = threads < RN__THREADS_MAX ? threads : RN__THREADS_MAX;
    pool->workers =
        (worker *)rn__new(allocator, (size_t)pool->wanted * sizeof *pool->workers);
    if (pool->workers && begin(pool)) {
        if (atomic_load(&pool->threads) > 1) return pool;
        end(pool);
    }
    release(pool);
    return NULL;
}

void rn__pool_free(rn__pool *pool)
{
    if (!pool) return;
    if (pool->process == getpid()) end(pool);
    release(pool);
}

int rn__pool_threads(rn__pool *pool)
{
    if (pool->process != getpid() && !begin(pool)) pool->process = -1;
    return atomic_load(&pool->threads);
}

/* All wait for a job, or will soon, so what is set here is seen after the barrier. */
void rn__pool_run(rn__pool *pool, rn__pool_job *job, void *with)
{
    if (rn__pool_threads(pool) > 1) {
        pool->run = job;
        pool->with = with;
        fegetenv(&pool->modes);
        atomic_store(&pool->stopped, false);
        atomic_store(&pool->inner.arrived, 0);
    }
    wait_at(pool, &pool->job);
    job(with, 0);
    wait_at(pool, &pool->job);
}
