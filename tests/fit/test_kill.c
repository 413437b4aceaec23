/* SPDX-License-Identifier: MIT */
/*
 * Fits that are killed, at any step, in the middle of writing a checkpoint and at any time,
 * and go on in another process: weights, averages, moments, states, counters and histories
 * are those of a fit that was never stopped, bit for bit.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "kill_support.h"

/* ---- the system's calls that change files, in front of the C library's ---- */

/* The process is killed before call number kill_at, counted from 1; 0: never. */
static int calls, kill_at;
static bool no_links; /* as some file systems */

static void count_call(void)
{
    if (++calls == kill_at) raise(SIGKILL);
}

long syscall(long number, ...);
ssize_t write(int file, const void *data, size_t bytes);
int fsync(int file);
int renameat(int from_directory, const char *from, int to_directory, const char *to);
int rename(const char *from, const char *to);
int link(const char *from, const char *to);

/* Half of it; the library writes the rest with another call. */
ssize_t write(int file, const void *data, size_t bytes)
{
    if (kill_at && bytes > 1) bytes /= 2;
    count_call();
    return (ssize_t)syscall(SYS_write, file, data, bytes);
}

/* What a process wrote stays when it is killed. */
int fsync(int file)
{
    (void)file;
    count_call();
    return 0;
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    count_call();
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat(-100, from, -100, to); /* AT_FDCWD */
}

int link(const char *from, const char *to)
{
    count_call();
    if (no_links) {
        errno = EPERM;
        return -1;
    }
    return (int)syscall(SYS_linkat, -100, from, -100, to, 0);
}

/* ---- children ---- */

/* Whether a child was killed; otherwise it ended well. `wait`: microseconds until it is
 * killed from here; 0: it is not. */
static bool killed(int which, bool streams, moment m, int call, long wait)
{
    const struct timespec time = {wait / 1000000, wait % 1000000 * 1000};
    const bool had = saved();
    int status;
    const pid_t child = fork();

    cr_assert(child >= 0);
    if (child == 0) {
        fit f;
        calls = 0;
        kill_at = call;
        train(&f, which, streams, m);
        _exit(0);
    }
    if (wait) {
        nanosleep(&time, NULL);
        kill(child, SIGKILL);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(!had || saved(), "the checkpoint is lost");
    cr_assert(!had || no_links || access("last.safetensors", F_OK) == 0);
    if (WIFSIGNALED(status)) {
        cr_assert_eq(WTERMSIG(status), SIGKILL);
        return true;
    }
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));
    return false;
}

/* ---- comparing ---- */

static void same_rows(const rn_history *a, const rn_history *b, const char *what)
{
    cr_assert_eq(rn_history_rows(a), rn_history_rows(b), "%s", what);
    cr_assert_eq(rn_history_columns(a), rn_history_columns(b), "%s", what);
    for (int c = 0; c < rn_history_columns(a); c++) {
        const char *name = rn_history_name(a, c);
        cr_assert_str_eq(name, rn_history_name(b, c));
        for (int64_t i = 0; strcmp(name, "seconds") && i < rn_history_rows(a); i++) {
            const double x = rn_history_at(a, i, name), y = rn_history_at(b, i, name);
            cr_assert(x == y || (isnan(x) && isnan(y)), "%s, row %d: %s is %.17g and %.17g",
                      what, (int)i, name, x, y);
        }
    }
}

static void same(const fit *a, const fit *b, const char *what)
{
    task_same(a->model, b->model, what);
    same_rows(rn_trainer_epochs(a->trainer), rn_trainer_epochs(b->trainer), what);
    same_rows(rn_trainer_steps(a->trainer), rn_trainer_steps(b->trainer), what);
    cr_assert_str_eq(rn_trainer_stopped(a->trainer), rn_trainer_stopped(b->trainer));
    cr_assert_eq(a->plateau.best, b->plateau.best, "%s", what);
    cr_assert_eq(a->plateau.bad, b->plateau.bad, "%s", what);
}

/* Removes all files; those half written stay where a process was killed. */
static void clear(void)
{
    DIR *folder = opendir(".");

    cr_assert(folder);
    for (struct dirent *e; (e = readdir(folder)) != NULL;)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) remove(e->d_name);
    closedir(folder);
}

/* Goes on to the end, and compares with the whole fit. */
static void complete(const fit *whole, int which, bool streams, const char *how)
{
    char what[80];
    fit f;

    snprintf(what, sizeof what, "%s, optimizer %d%s", how, which,
             streams ? ", streams" : "");
    train(&f, which, streams, (moment){NEVER, 0});
    same(whole, &f, what);
    finish(&f);
    clear();
}

/* In a folder of their own: the optimisers of these bits with sequences, and those of the
 * other bits with streams. */
static void each(int sequences, int streams,
                 void (*check)(const fit *whole, int which, bool streams))
{
    char folder[] = "/tmp/rondo_kill_XXXXXX";

    cr_assert(mkdtemp(folder) && !chdir(folder));
    for (int i = 0; i < 2 * OPTIMIZERS; i++) {
        fit whole;
        if (!((i % 2 ? streams : sequences) >> i / 2 & 1)) continue;
        train(&whole, i / 2, i % 2 == 1, (moment){NEVER, 0});
        clear();
        check(&whole, i / 2, i % 2 == 1);
        finish(&whole);
    }
    cr_assert(!chdir("/") && rmdir(folder) == 0);
}

/* ---- tests ---- */

/* A fit that is killed again and again; the steps are within epochs. */
static void at_steps(const fit *whole, int which, bool streams)
{
    static const struct {
        int place, epochs, steps;
    } chain[] = {{STEP, 0, 2},       {AFTER, 0, 3}, {BEFORE, 1, 0}, {AFTER, 1, 0},
                 {VALIDATION, 1, 0}, {EPOCH, 1, 0}, {STEP, 1, 2},   {AFTER, 2, 0},
                 {VALIDATION, 2, 0}, {STEP, 2, 5},  {BEFORE, 3, 0}};
    const int length = streams ? WINDOWS : BATCHES;
    const rn_history *h = rn_trainer_epochs(whole->trainer);

    cr_assert_geq(rn_history_at(h, -1, "step"), 3 * length);
    cr_assert_eq(rn_history_at(h, 0, "step"), length);
    if (which == 1) cr_assert_lt(rn_history_at(h, -1, "rate"), 0.05, "no plateau");
    for (int i = (which + streams) % 3; i < 11; i += 3) {
        const moment m = {chain[i].place, chain[i].epochs * length + chain[i].steps};
        cr_assert(killed(which, streams, m, 0, 0), "moment %d", i);
    }
    complete(whole, which, streams, "killed at steps");
}

Test(fit_kill, at_steps)
{
    each(7, 7, at_steps);
}

/* Each child gets some calls further, over several checkpoints. */
static void while_writing(const fit *whole, int which, bool streams)
{
    int count = 0;

    no_links = streams;
    while (killed(which, streams, (moment){NEVER, 0}, 1 + 3 * count, 0)) count++;
    cr_assert(count >= 6, "only %d", count);
    complete(whole, which, streams, "killed while writing");
    no_links = false;
}

Test(fit_kill, while_writing)
{
    each(2, 4, while_writing);
}

/* From the parent, after some hundreds of microseconds and more. */
static void at_any_time(const fit *whole, int which, bool streams)
{
    for (long wait = 700; wait < 10000; wait += wait / 2)
        killed(which, streams, (moment){NEVER, 0}, 0, wait);
    complete(whole, which, streams, "killed at any time");
}

Test(fit_kill, at_any_time)
{
    each(1, 2, at_any_time);
}
