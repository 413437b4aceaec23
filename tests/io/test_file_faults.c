/* SPDX-License-Identifier: MIT */
/*
 * Replacing a file while system calls fail, each in turn, and while the process is killed
 * at any moment. Afterwards there is the complete old or the complete new file, and nothing
 * else.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/file.h"
#include "io/safetensors.h"
#include "io_support.h"

/* ---- the system's calls, in front of the C library's ---- */

/* Call number fail_at (from 1) fails with `error`, and with `ever` those after it too; with
 * `few`, writes are of one byte. */
static struct {
    bool armed, few, ever;
    int calls, fail_at, error;
    void (*before_write)(void);
} system_state;

static bool fails(void)
{
    if (!system_state.armed) return false;
    if (system_state.calls < INT_MAX) system_state.calls++;
    if (system_state.ever ? system_state.calls < system_state.fail_at
                          : system_state.calls != system_state.fail_at)
        return false;
    errno = system_state.error;
    return true;
}

long syscall(long number, ...);
ssize_t write(int file, const void *data, size_t bytes);
int fsync(int file);
int renameat(int from_directory, const char *from, int to_directory, const char *to);

ssize_t write(int file, const void *data, size_t bytes)
{
    if (fails()) return -1;
    if (system_state.armed && system_state.before_write) system_state.before_write();
    if (system_state.armed && system_state.few && bytes > 1) bytes = 1;
    return (ssize_t)syscall(SYS_write, file, data, bytes);
}

int fsync(int file)
{
    return fails() ? -1 : (int)syscall(SYS_fsync, file);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    return fails() ? -1
                   : (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, 0);
}

static const char small[] = "the new content";

/* More than is gathered before it is written, between two small pieces. */
enum { LARGE = 20000 };
static char large[LARGE + 1], whole[LARGE + 20];

static rn_status replace(int fail_at, int error, bool few, rn__fault *fault)
{
    const rn__piece one = {small, sizeof small - 1};
    const rn__piece three[] = {{"the new ", 8}, {large, LARGE}, {"content", 7}};
    rn_status status;

    memset(large, '-', LARGE);
    snprintf(whole, sizeof whole, "the new %scontent", large);

    fault->message[0] = 0;
    system_state.calls = 0;
    system_state.fail_at = fail_at;
    system_state.error = error;
    system_state.few = few;
    system_state.armed = true;
    status = rn__file_replace((rn_allocator){NULL, NULL}, "x", few ? &one : three,
                              few ? 1 : 3, fault);
    system_state.armed = false;
    return status;
}

static bool holds(const char *want)
{
    size_t bytes;
    char *text = rn_test_read("x", &bytes);
    const bool same = !strcmp(text, want);

    free(text);
    return same;
}

/* Three writes, a flush, the renaming, and the flush of the directory. */
Test(file_faults, every_call_may_fail)
{
    static const int errors[] = {EIO, ENOSPC, EDQUOT, EROFS};
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault;

    for (int k = 0; k < 4; k++)
        for (int call = 1; call <= 7; call++) {
            rn_test_write("x", "old", 3);
            const rn_status status = replace(call, errors[k], false, &fault);
            cr_assert_eq(status, call <= 6 ? RN_IO : RN_OK, "call %d", call);
            cr_assert(call > 6 || strstr(fault.message, strerror(errors[k])), "%s",
                      fault.message);
            cr_assert(holds(call <= 5 ? "old" : whole), "call %d", call);
            cr_assert_eq(rn_test_directory_count(), 1, "call %d leaves a file", call);
        }
    rn_test_directory_free(&d);
}

Test(file_faults, interruptions_and_short_writes)
{
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault;

    for (int call = 1; call <= 18; call++) {
        if (call == 17) continue; /* renaming is never interrupted */
        rn_test_write("x", "old", 3);
        cr_assert_eq(replace(call, EINTR, true, &fault), RN_OK, "call %d: %s", call,
                     fault.message);
        cr_assert(holds(small));
    }
    rn_test_directory_free(&d);
}

/* A write or a flush that is interrupted whenever it is tried comes to an end. */
Test(file_faults, interrupted_for_ever, .timeout = 20)
{
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault;

    system_state.ever = true;
    for (int call = 1; call <= 4; call += 3) {
        rn_test_write("x", "old", 3);
        cr_assert_eq(replace(call, EINTR, false, &fault), RN_IO, "call %d", call);
        cr_assert_str_eq(fault.message, "x: cannot be written: Interrupted system call");
        cr_assert(holds("old"));
        cr_assert_eq(rn_test_directory_count(), 1, "call %d leaves a file", call);
    }
    rn_test_directory_free(&d);
}

/* ---- the signal of the limit on the size of files ---- */

static volatile sig_atomic_t signals;

static void count_signal(int signal)
{
    (void)signal;
    signals++;
}

/* Sets the limit when the file is half written, past any check of it. */
static void limit_at_write(void)
{
    const struct rlimit limit = {10000, RLIM_INFINITY};

    cr_assert(!setrlimit(RLIMIT_FSIZE, &limit));
}

Test(file_faults, the_limit_sends_no_signal)
{
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault;
    sigset_t mask, pending;

    signal(SIGXFSZ, count_signal);
    rn_test_write("x", "old", 3);
    system_state.before_write = limit_at_write;
    cr_assert_eq(replace(0, 0, false, &fault), RN_IO);
    system_state.before_write = NULL;
    cr_assert_str_eq(fault.message, "x: cannot be written: File too large");
    cr_assert(holds("old"));
    cr_assert_eq(rn_test_directory_count(), 1, "a temporary file is left");
    cr_assert_eq(signals, 0, "the signal came");
    cr_assert(!sigpending(&pending) && !sigismember(&pending, SIGXFSZ));
    cr_assert(!pthread_sigmask(SIG_BLOCK, NULL, &mask) && !sigismember(&mask, SIGXFSZ),
              "the signal stays blocked");

    /* One that was pending before stays so. */
    sigset_t one;
    sigemptyset(&one), sigaddset(&one, SIGXFSZ);
    cr_assert(!setrlimit(RLIMIT_FSIZE, &none) && !pthread_sigmask(SIG_BLOCK, &one, NULL));
    raise(SIGXFSZ);
    cr_assert_eq(replace(0, 0, false, &fault), RN_OK);
    cr_assert(!sigpending(&pending) && sigismember(&pending, SIGXFSZ));
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    cr_assert_eq(signals, 1);
    rn_test_directory_free(&d);
}

/* ---- killed ---- */

/* Writes two files by turns, for ever. */
static void write_for_ever(const float *values, int64_t count)
{
    for (int i = 0;; i++) {
        rn__fault fault = {""};
        const rn__stored stored = {"w", RN_F32, {1, {count}},
                                   0,   0,      values + (i % 2) * count};
        rn__safetensors_write((rn_allocator){NULL, NULL}, "x", &stored, 1, NULL, &fault);
    }
}

Test(file_faults, killed_at_any_moment, .timeout = 60)
{
    enum { COUNT = 20000, TIMES = 60 };
    rn_test_directory d = rn_test_directory_new();
    float *values = (float *)malloc(2 * COUNT * sizeof *values);
    const rn_allocator a = {NULL, NULL};

    for (int i = 0; i < 2 * COUNT; i++) values[i] = i < COUNT ? 1 : 2;
    for (int i = 0; i < TIMES; i++) {
        const struct timespec wait = {0, 1000000 + (i * 7919 % 100) * 100000};
        const pid_t child = fork();
        if (child == 0) write_for_ever(values, COUNT);
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);

        rn__safetensors st;
        rn__fault fault = {""};
        rn_status status = rn__safetensors_open(&st, a, "x", &fault);
        if (status == RN_OK) status = rn__safetensors_data(&st, &fault);
        cr_assert(status == RN_OK || access("x", F_OK), "%s", fault.message);
        if (status == RN_OK) {
            const float *got = (const float *)st.stored[0].data;
            cr_assert(!memcmp(got, values, COUNT * sizeof *got) ||
                      !memcmp(got, values + COUNT, COUNT * sizeof *got));
        }
        rn__safetensors_finish(&st);
    }
    free(values);
    rn_test_directory_free(&d);
}
