/* SPDX-License-Identifier: MIT */
/*
 * Programs in several threads, as users run them: errors, forks, threads of their own,
 * signals, limits. In this program everything that can be divided is.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run/driver.h"

enum { ROWS = 64, COLUMNS = 6, STEPS = 9 };

/* ---- a program to share ---- */

/* h = tanh(table[n[t]] + h w), with checked indices, over STEPS steps. */
typedef struct program {
    rn_graph *g;
    rn_tensor n, h;
    rn_program *p;
    int32_t index[STEPS * ROWS];
} program;

static program begin(int threads)
{
    program s = {.g = rn_graph_new()};
    double table[5 * COLUMNS], w[COLUMNS * COLUMNS];

    rn_test_numbers(table, 5 * COLUMNS, 1), rn_test_numbers(w, COLUMNS * COLUMNS, 2);
    s.n = rn_input(s.g, "n", RN_I32, rn_shape(STEPS, ROWS));
    const rn_tensor t0 = rn_test_constant_f64(s.g, rn_shape(5, COLUMNS), table);
    const rn_tensor u = rn_test_constant_f64(s.g, rn_shape(COLUMNS, COLUMNS), w);
    rn_loop *loop = rn_loop_begin(s.g);
    const rn_tensor i = rn_loop_each(loop, s.n), t = rn_loop_carry(loop, t0);
    const rn_tensor h =
        rn_loop_carry(loop, rn_fill(s.g, RN_F64, rn_shape(ROWS, COLUMNS), 0));
    const rn_tensor row = rn_name(rn_take(t, i), "row");
    rn_loop_next(loop, t, rn_scale(t, 0.9)); /* so that nothing can leave the loop */
    rn_loop_next(loop, h, rn_tanh(rn_add(row, rn_matmul(h, u))));
    rn_loop_end(loop);
    s.h = rn_loop_final(loop, h);
    s.p = rn_test_compile_with(s.g,
                               (rn_compile_options){RN_OUTPUTS(s.h), .threads = threads});
    cr_assert_eq(rn_program_threads(s.p), threads);
    for (int k = 0; k < STEPS * ROWS; k++) s.index[k] = k % 5;
    rn_test_feed_i32(s.p, s.n, s.index);
    return s;
}

static void end(program *s)
{
    rn_program_free(s->p);
    rn_graph_free(s->g);
}

static void result(const program *s, double *to)
{
    cr_assert(rn_run(s->p) == RN_OK, "%s", rn_program_error(s->p));
    rn_test_read(s->p, s->h, to);
}

/* The values with one thread. */
static const double *expected(void)
{
    static double want[ROWS * COLUMNS];
    program s = begin(1);

    result(&s, want);
    end(&s);
    return want;
}

static void expect_result(const program *s, const double *want)
{
    double got[ROWS * COLUMNS];

    result(s, got);
    cr_assert(memcmp(got, want, sizeof got) == 0, "other bits");
}

/* ---- errors ---- */

static void expect_failure(program *s, int32_t index, const char *message)
{
    rn_test_feed_i32(s->p, s->n, s->index);
    cr_assert_eq(rn_run(s->p), RN_BAD_VALUE);
    cr_assert_str_eq(rn_program_error(s->p), message);
    s->index[index] = 0;
}

/* Of several faults the first one in order is reported, whichever thread finds it. */
Test(use, the_first_fault_is_reported)
{
    const double *want = expected();

    for (int threads = 1; threads <= 16;
         threads = threads < 3 ? threads + 1 : threads * 2) {
        program s = begin(threads);
        s.index[3 * ROWS + 40] = 7, s.index[3 * ROWS + 60] = 9, s.index[5 * ROWS] = 8;
        for (int k = 6 * ROWS; k < 7 * ROWS; k++) s.index[k] = -1;
        for (int again = 0; again < 20; again++) {
            rn_test_feed_i32(s.p, s.n, s.index);
            cr_assert_eq(rn_run(s.p), RN_BAD_VALUE);
            cr_assert_str_eq(
                rn_program_error(s.p),
                "take: index 7 is outside 0..4 at element 40: row [64,6] at step 3");
        }
        expect_failure(&s, 3 * ROWS + 40,
                       "take: index 7 is outside 0..4 at element 40: row [64,6] at step 3");
        expect_failure(&s, 3 * ROWS + 60,
                       "take: index 9 is outside 0..4 at element 60: row [64,6] at step 3");
        expect_failure(&s, 5 * ROWS,
                       "take: index 8 is outside 0..4 at element 0: row [64,6] at step 5");
        expect_failure(&s, 6 * ROWS,
                       "take: index -1 is outside 0..4 at element 0: row [64,6] at step 6");
        for (int k = 0; k < STEPS * ROWS; k++) s.index[k] = k % 5;
        rn_test_feed_i32(s.p, s.n, s.index);
        expect_result(&s, want);
        end(&s);
    }
}

/* k += n[t], checked: rows do not meet, so no thread waits, and one may be many steps ahead
 * of another. */
Test(use, the_first_fault_is_reported_where_threads_do_not_wait)
{
    static int32_t data[STEPS * ROWS];

    for (int threads = 1; threads <= 4; threads++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor n = rn_input(g, "n", RN_I32, rn_shape(STEPS, ROWS));
        rn_loop *loop = rn_loop_begin(g);
        const rn_tensor i = rn_loop_each(loop, n);
        const rn_tensor k = rn_loop_carry(loop, rn_fill(g, RN_I32, rn_shape(ROWS), 0));
        const rn_tensor next = rn_name(rn_check_range(rn_add(k, i), 0, 99), "k");
        rn_loop_next(loop, k, next);
        rn_loop_end(loop);
        rn_program *p =
            rn_test_compile_with(g, (rn_compile_options){RN_OUTPUTS(rn_loop_final(loop, k)),
                                                         .threads = threads});
        cr_assert_eq(rn_program_threads(p), threads);
        for (int early = 1; early < ROWS; early += 61) {
            for (int again = 0; again < 20; again++) {
                char message[100];
                memset(data, 0, sizeof data);
                data[2 * ROWS + early] = 100; /* at step 2 */
                for (int row = 0; row < ROWS; row += 9)
                    if (row != early) data[(3 + row / 9 % 6) * ROWS + row] = 200 + row;
                rn_test_feed_i32(p, n, data);
                cr_assert_eq(rn_run(p), RN_BAD_VALUE);
                snprintf(
                    message, sizeof message,
                    "check_range: 100 is outside 0..99 at element %d: k [64] at step 2",
                    early);
                cr_assert_str_eq(rn_program_error(p), message);
            }
        }
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* ---- values that are not finite ---- */

/* A thread other than the caller's raises the flag, and nothing else shows it: the value is
 * gone in the result. */
Test(use, flags_of_all_threads_count)
{
    static double data[ROWS * COLUMNS];
    rn_nonfinite found;

    for (int threads = 1; threads <= 3; threads++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(ROWS, COLUMNS));
        const rn_tensor y =
            rn_maximum(rn_minimum(rn_div(rn_fill_like(x, 1), x), rn_fill_like(x, 5)),
                       rn_fill_like(x, 0));
        rn_program *p =
            rn_test_compile_with(g, (rn_compile_options){RN_OUTPUTS(y), .threads = threads,
                                                         .watch = RN_WATCH_ON});
        cr_assert_eq(rn_program_threads(p), threads);
        for (int i = 0; i < ROWS * COLUMNS; i++) data[i] = 2;
        data[(ROWS - 1) * COLUMNS] = 0;
        rn_test_feed(p, x, data);
        rn_test_run(p);
        cr_assert(rn_program_nonfinite(p, 0, &found), "%d threads", threads);
        cr_assert_str_eq(found.op, "div");
        cr_assert_eq(found.element, (ROWS - 1) * COLUMNS);
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* ---- processes and threads of the user ---- */

#ifndef RN_TESTS_PLAIN_CRITERION_H /* the thread sanitizer does not follow forks */
/* The child has none of the threads, makes new ones, and frees the program. */
Test(use, after_a_fork)
{
    const double *want = expected();
    program s = begin(4);

    expect_result(&s, want);
    for (int run = 0; run < 2; run++) {
        const pid_t child = fork();
        int status;
        cr_assert(child >= 0);
        if (child == 0) {
            double got[ROWS * COLUMNS];
            bool ok = true;
            for (int i = 0; run == 0 && i < 3; i++) {
                ok &= rn_run(s.p) == RN_OK && rn_program_threads(s.p) == 4;
                rn_test_read(s.p, s.h, got);
                ok &= memcmp(got, want, sizeof got) == 0;
            }
            end(&s);
            _exit(ok ? 0 : 1);
        }
        while (waitpid(child, &status, 0) < 0) cr_assert_eq(errno, EINTR);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "run %d", run);
    }
    expect_result(&s, want);
    end(&s);
}
#endif

typedef struct user {
    pthread_t thread;
    program *program; /* NULL: it makes its own */
    const double *want;
} user;

static void *use(void *with)
{
    const user *u = (const user *)with;

    for (int i = 0; i < 5; i++) {
        program own = u->program ? *u->program : begin(3);
        for (int k = 0; k < 10; k++) expect_result(&own, u->want);
        if (!u->program) end(&own);
    }
    return NULL;
}

Test(use, programs_of_several_user_threads)
{
    const double *want = expected();
    user users[6];

    for (int i = 0; i < 6; i++) {
        users[i] = (user){.want = want};
        cr_assert_eq(pthread_create(&users[i].thread, NULL, use, &users[i]), 0);
    }
    for (int i = 0; i < 6; i++) pthread_join(users[i].thread, NULL);
}

Test(use, one_program_of_several_user_threads_in_turn)
{
    const double *want = expected();
    program s = begin(3);

    for (int i = 0; i < 4; i++) {
        user u = {.program = &s, .want = want};
        cr_assert_eq(pthread_create(&u.thread, NULL, use, &u), 0);
        pthread_join(u.thread, NULL);
        expect_result(&s, want);
    }
    end(&s);
}

static volatile sig_atomic_t signalled;
static pthread_t caller;

static void handle(int number)
{
    (void)number;
    signalled += pthread_equal(pthread_self(), caller) ? 1 : 1000;
}

/* While the caller blocks a signal that the process gets, no other thread takes it. */
Test(use, threads_take_no_signals)
{
    program s = begin(4);
    sigset_t set, old;

    caller = pthread_self();
    sigemptyset(&set), sigaddset(&set, SIGUSR1);
    signal(SIGUSR1, handle);
    expect_result(&s, expected());
    pthread_sigmask(SIG_BLOCK, &set, &old);
    kill(getpid(), SIGUSR1);
    expect_result(&s, expected());
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    cr_assert_eq(signalled, 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    expect_result(&s, expected());
    cr_assert_eq(signalled, 1);
    end(&s);
}

/* ---- how many ---- */

static int threads_of(int wanted)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(4000));
    rn_program *p = rn_test_compile_with(
        g, (rn_compile_options){RN_OUTPUTS(rn_tanh(x)), .threads = wanted});
    const int threads = rn_program_threads(p);

    rn_program_free(p);
    rn_graph_free(g);
    return threads;
}

Test(use, the_environment_overrides)
{
    unsetenv("RONDO_THREADS");
    cr_assert_eq(threads_of(1), 1);
    cr_assert_eq(threads_of(5), 5);
    cr_assert_eq(rn_program_threads(NULL), 0);
    setenv("RONDO_THREADS", "3", 1);
    cr_assert_eq(threads_of(0), 3);
    cr_assert_eq(threads_of(1), 3);
    setenv("RONDO_THREADS", "1", 1);
    cr_assert_eq(threads_of(7), 1);
    for (int i = 0; i < 4; i++) {
        setenv("RONDO_THREADS", ((const char *[]){"", "x", "-2", "2x"})[i], 1);
        cr_assert_eq(threads_of(5), 5);
    }
    unsetenv("RONDO_THREADS");
}

/* Memory counts the tiles and scratch of every thread. */
Test(use, every_thread_has_its_own_memory)
{
    size_t bytes[3];

    for (int threads = 1; threads <= 3; threads++) {
        program s = begin(threads);
        bytes[threads - 1] = rn_program_workspace(s.p);
        end(&s);
    }
    cr_assert_gt(bytes[1], bytes[0]);
    cr_assert_eq(bytes[2] - bytes[1], bytes[1] - bytes[0]);
}
