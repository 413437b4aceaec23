/* SPDX-License-Identifier: MIT */
/*
 * Replacing a file while the system fails: each of its calls in turn, and the process
 * killed at any moment. The old file or the new one is there, whole, and nothing else.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "io_support.h"
#include "safetensors.h"

/* ---- the system's calls, in front of the C library's ---- */

/* Call number fail_at (from 1) fails with `error`; with `few`, writes are of one byte. */
static struct {
    bool armed, few;
    int calls, fail_at, error;
} system_state;

static bool fails(void)
{
    if (!system_state.armed || ++system_state.calls != system_state.fail_at) return false;
    errno = system_state.error;
    return true;
}

long syscall(long number, ...);
ssize_t write(int file, const void *data, size_t bytes);
int fsync(int file);
int rename(const char *from, const char *to);

ssize_t write(int file, const void *data, size_t bytes)
{
    if (fails()) return -1;
    if (system_state.armed && system_state.few && bytes > 1) bytes = 1;
    return (ssize_t)syscall(SYS_write, file, data, bytes);
}

int fsync(int file)
{
    return fails() ? -1 : (int)syscall(SYS_fsync, file);
}

int rename(const char *from, const char *to)
{
    return fails() ? -1 : (int)syscall(SYS_rename, from, to);
}

static rn_status replace(int fail_at, int error, bool few, rn__fault *fault)
{
    const rn__piece pieces[] = {{"the new ", 8}, {"content", 7}};
    rn_status status;

    fault->message[0] = 0;
    system_state.calls = 0;
    system_state.fail_at = fail_at;
    system_state.error = error;
    system_state.few = few;
    system_state.armed = true;
    status = rn__file_replace((rn_allocator){NULL, NULL}, "x", pieces, 2, fault);
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

/* Two writes, a flush, the renaming, and the flush of the directory. */
Test(file_faults, every_call_may_fail)
{
    static const int errors[] = {EIO, ENOSPC, EDQUOT, EROFS};
    rn_test_directory d = rn_test_directory_new();
    rn__fault fault;

    for (int k = 0; k < 4; k++)
        for (int call = 1; call <= 6; call++) {
            rn_test_write("x", "old", 3);
            const rn_status status = replace(call, errors[k], false, &fault);
            cr_assert_eq(status, call <= 5 ? RN_IO : RN_OK, "call %d", call);
            cr_assert(call > 5 || strstr(fault.message, strerror(errors[k])), "%s",
                      fault.message);
            cr_assert(holds(call <= 4 ? "old" : "the new content"), "call %d", call);
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
        cr_assert(holds("the new content"));
    }
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
        rn__safetensors_write((rn_allocator){NULL, NULL}, "x", &stored, 1, &fault);
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
        const rn_status status = rn__safetensors_read(&st, a, "x", &fault);
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
