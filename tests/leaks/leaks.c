/* SPDX-License-Identifier: MIT */
/*
 * Failing allocations: each piece of work (building, compiling, running, checking, saving,
 * loading) is repeated with its n-th allocation failing, for n = 1, 2, ..., once or from
 * then on, until none fails. Each time it must end with an error that has a message, and
 * all memory must be freed.
 *
 * A plain program, because a test framework's own allocations and processes would hide
 * leaks from a sanitizer. With arguments it does only the named pieces of work.
 */
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory that is refused ---- */

typedef struct memory {
    long requests, refuse, blocks, refused;
    size_t bytes, most;
    bool for_ever;
} memory;

/* What stands in front of each block, keeping what follows aligned. */
typedef union head {
    size_t bytes;
    max_align_t align;
} head;

static bool refuses(memory *m)
{
    m->requests++;
    if (!m->refuse || m->requests < m->refuse) return false;
    if (m->requests > m->refuse && !m->for_ever) return false;
    m->refused++;
    return true;
}

static void *reallocate(void *user, void *block, size_t bytes)
{
    memory *m = (memory *)user;
    head *old = block ? (head *)block - 1 : NULL;
    const size_t had = old ? old->bytes : 0;

    if (bytes == 0) {
        if (old) memset(old, 0xDD, sizeof *old + had); /* what is freed is not read again */
        m->blocks -= old != NULL;
        m->bytes -= had;
        free(old);
        return NULL;
    }
    if (refuses(m)) return NULL;
    head *next = (head *)malloc(sizeof *next + bytes);
    if (!next) abort();
    next->bytes = bytes;
    memset(next + 1, 0xAA, bytes); /* nor is anything taken for zero */
    if (old) {
        memcpy(next + 1, old + 1, had < bytes ? had : bytes);
        memset(old, 0xDD, sizeof *old + had);
        free(old);
    }
    m->blocks += old == NULL;
    m->bytes += bytes - had;
    if (m->bytes > m->most) m->most = m->bytes;
    return next + 1;
}

/* ---- one piece of work with every request refused ---- */

/* One request of so many is refused once, and another one and all after it for ever. With
 * STEP=1 at compile time it is each one, which takes minutes. */
#if !defined(STEP) && defined(__SANITIZE_ADDRESS__)
#define STEP 20
#elif !defined(STEP)
#define STEP 3
#endif

static int failures;

static void complain(const char *name, const memory *m, const char *what)
{
    failures++;
    printf("%s: request %ld refused %s: %s\n", name, m->refuse,
           m->for_ever ? "and all after it" : "once", what);
}

/* Does the work once; returns whether nothing was refused. */
static bool attempt(const char *name, rn_test_work *work, memory *m)
{
    char message[RN_TEST_MESSAGE] = "";
    const rn_test_result result = work((rn_allocator){reallocate, m}, message);

    if (m->blocks != 0) {
        complain(name, m, "not everything was freed");
        printf("    %ld blocks, %zu bytes\n", m->blocks, m->bytes);
    }
    if (result == RN_TEST_FAILED && !m->refused) {
        complain(name, m, "failed though nothing was refused");
        printf("    %s\n", message);
    }
    if (result == RN_TEST_WRONG) {
        complain(name, m, "done, but wrong");
        printf("    %s\n", message);
    }
    if (result == RN_TEST_FAILED && !message[0])
        complain(name, m, "failed without a message");
    if (result == RN_TEST_DONE && m->refused) complain(name, m, "and nobody told");
    return m->refused == 0;
}

/* Training by each optimiser makes nearly the same requests. */
static long step_of(const char *name)
{
    return strncmp(name, "train-", strlen("train-")) == 0 ? 7 * STEP : STEP;
}

static void refuse_each(const char *name, rn_test_work *work)
{
    const long step = step_of(name);
    long requests = 0, attempts = 0;
    size_t most = 0;

    for (int for_ever = 0; for_ever < 2; for_ever++) {
        bool done = false;
        for (long n = 1 + for_ever * (step - 1); !done && failures < 20; n += step) {
            memory m = {.refuse = n, .for_ever = for_ever};
            done = attempt(name, work, &m);
            attempts++;
            requests = m.requests, most = m.most;
        }
    }
    printf("%-28s %6ld requests, %8zu bytes at most, %6ld attempts\n", name, requests, most,
           attempts);
    fflush(stdout);
}

int main(int count, char **names)
{
    for (int i = 0; i < rn_test_works_count; i++) {
        bool wanted = count < 2;
        for (int k = 1; k < count; k++) wanted |= !strcmp(names[k], rn_test_works[i].name);
        if (wanted) refuse_each(rn_test_works[i].name, rn_test_works[i].work);
    }
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
