/* SPDX-License-Identifier: MIT */
/*
 * Runs that are killed, at any step and in the middle of writing a checkpoint, and go on
 * from the last one: the final weights are those of a run that was never stopped.
 */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resume.h"

enum { SEED = 3, STEPS = 12, EVERY = 2 };

/* ---- the system's calls that write, in front of the C library's ---- */

/* The process is killed before call number kill_at, counted from 1; 0: never. */
static int calls, kill_at;

static void count_call(void)
{
    if (++calls == kill_at) raise(SIGKILL);
}

long syscall(long number, ...);
ssize_t write(int file, const void *data, size_t bytes);
int fsync(int file);
int renameat(int from_directory, const char *from, int to_directory, const char *to);

/* Writes half, counts again, and writes the rest. */
ssize_t write(int file, const void *data, size_t bytes)
{
    if (!kill_at) return (ssize_t)syscall(SYS_write, file, data, bytes);
    count_call();
    return (ssize_t)syscall(SYS_write, file, data, bytes > 1 ? bytes / 2 : bytes);
}

int fsync(int file)
{
    count_call();
    return (int)syscall(SYS_fsync, file);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    count_call();
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, 0);
}

/* ---- runs ---- */

static rn_optimizer optimizer(int which)
{
    return which == 0   ? rn_sgd(0.1, 0.9)
           : which == 1 ? rn_rmsprop(0.01)
                        : rn_clipped(rn_adam(0.01), 1);
}

static rn_test_run started(int which)
{
    rn_test_run r = {.model = rn_test_model(SEED)};

    rn_test_run_build(&r);
    rn_test_run_compile(&r, optimizer(which));
    return r;
}

/* A training script: goes on from the checkpoint if there is one, saves one every few
 * steps, and kills itself before step `last`. */
static void train(int which, int64_t last)
{
    rn_test_run r = started(which);

    if (access("c", F_OK) == 0 && rn_test_run_load(&r, "c") != RN_OK) _exit(1);
    while (r.step < STEPS) {
        if (r.step == last) raise(SIGKILL);
        rn_test_run_train(&r, 1);
        if (r.step % EVERY == 0 && rn_test_run_save(&r, "c") != RN_OK) _exit(2);
    }
    _exit(0);
}

/* Whether a child that trains was killed; otherwise it ended well. */
static bool killed(int which, int64_t last, int call)
{
    int status;
    const pid_t child = fork();

    cr_assert(child >= 0);
    if (child == 0) {
        calls = 0;
        kill_at = call;
        train(which, last);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        cr_assert_eq(WTERMSIG(status), SIGKILL);
        return true;
    }
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));
    return false;
}

/* The checkpoint is that of a run of all steps that was never stopped. */
static void finished(int which)
{
    rn_test_run whole = started(which), r = {.model = rn_test_model(SEED)};

    rn_test_run_train(&whole, STEPS);
    cr_assert_eq(rn_test_run_load(&r, "c"), RN_OK, "%s", rn_model_error(r.model));
    cr_assert_eq(r.step, STEPS);
    rn_test_same_models(whole.model, r.model);
    rn_test_run_free(&whole);
    rn_test_run_free(&r);
    remove("c");
}

Test(checkpoint_kill, between_steps)
{
    rn_test_directory d = rn_test_directory_new();

    for (int which = 0; which < 3; which++) {
        for (int64_t last = 1 + which; last < STEPS; last += 4)
            cr_assert(killed(which, last, 0));
        cr_assert(!killed(which, STEPS, 0));
        finished(which);
    }
    rn_test_directory_free(&d);
}

/* Each child gets one system call further, over several checkpoints. */
Test(checkpoint_kill, while_writing)
{
    rn_test_directory d = rn_test_directory_new();
    rn_test_run before = started(2);
    int count = 0;

    rn_test_run_train(&before, EVERY);
    cr_assert_eq(rn_test_run_save(&before, "c"), RN_OK);
    while (killed(2, STEPS, 2 + 3 * count)) {
        rn_test_run r = {.model = rn_test_model(SEED)};
        cr_assert_eq(rn_test_run_load(&r, "c"), RN_OK, "%s", rn_model_error(r.model));
        cr_assert(r.step >= EVERY && r.step % EVERY == 0);
        rn_test_run_free(&r);
        count++;
    }
    cr_assert_geq(count, 6);
    finished(2);
    rn_test_run_free(&before);
    rn_test_directory_free(&d);
}
