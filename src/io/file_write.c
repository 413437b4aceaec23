/* SPDX-License-Identifier: MIT */
/*
 * Replacing a file.
 *
 * The steps, each of which may fail: create a temporary file in the same directory, write
 * it, give it the mode and owner of the old file, flush it to disk; rename it over the old
 * one; flush the directory. A failed flush is not repeated, because a second one could
 * succeed although data were lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "io/file.h"
#include "io/file_target.h"
#include "rondo/file.h"

enum {
    ONCE = 1 << 30, /* largest number of bytes in one system call */
    GATHERED = 16384
};

static const char cannot[] = "cannot be written";

/* ---- the limit on the size of files ---- */

static rn_status check_limit(const char *path, const rn__piece *piece, size_t pieces,
                             rn__fault *fault)
{
    struct rlimit limit;
    uintmax_t bytes = 0;

    for (size_t i = 0; i < pieces; i++) bytes += piece[i].bytes;
    if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY ||
        bytes <= limit.rlim_cur)
        return RN_OK;
    return rn__fault_set(fault, RN_IO, path,
                         "%s: %" PRIuMAX " bytes, the limit is %" PRIuMAX " (ulimit -f)",
                         cannot, bytes, (uintmax_t)limit.rlim_cur);
}

/* A write beyond the limit sends the thread a signal, which by default ends the process.
 * While blocked the signal stays pending; guard_end takes it. */
typedef struct guard {
    sigset_t before, signal;
    bool pending; /* before */
} guard;

static void guard_begin(guard *g)
{
    sigset_t pending;

    sigemptyset(&g->signal);
    sigaddset(&g->signal, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &g->signal, &g->before);
    g->pending = !sigpending(&pending) && sigismember(&pending, SIGXFSZ) == 1;
}

static void guard_end(guard *g)
{
    sigset_t pending;
    int signal;

    if (!g->pending && !sigpending(&pending) && sigismember(&pending, SIGXFSZ) == 1)
        sigwait(&g->signal, &signal);
    pthread_sigmask(SIG_SETMASK, &g->before, NULL);
}

/* ---- writing; 0 or an errno ---- */

static int write_all(int file, const void *data, size_t bytes)
{
    const char *at = (const char *)data;

    for (int interrupted = 0; bytes > 0;) {
        const ssize_t done = write(file, at, bytes < ONCE ? bytes : ONCE);

        if (done < 0 && errno == EINTR && interrupted++ < RN__INTERRUPTIONS) continue;
        if (done < 0) return errno;
        if (done == 0) return EIO;
        at += done;
        bytes -= (size_t)done;
        interrupted = 0;
    }
    return 0;
}

/* Small pieces are gathered to save system calls. */
static int write_pieces(int file, const rn__piece *piece, size_t pieces)
{
    char gathered[GATHERED];
    size_t used = 0;
    int error = 0;

    for (size_t i = 0; i < pieces && !error; i++) {
        const size_t bytes = piece[i].bytes;
        if (bytes > GATHERED - used) {
            error = write_all(file, gathered, used);
            used = 0;
        }
        if (error || bytes == 0) continue;
        if (bytes > GATHERED) {
            error = write_all(file, piece[i].data, bytes);
        } else {
            memcpy(gathered + used, piece[i].data, bytes);
            used += bytes;
        }
    }
    return error ? error : write_all(file, gathered, used);
}

static int flush(int file)
{
    int result, interrupted = 0;

    do result = fsync(file);
    while (result && errno == EINTR && interrupted++ < RN__INTERRUPTIONS);
    return result ? errno : 0;
}

/* Gives the new file the mode, owner and group of the old one. Without the right to do so
 * it keeps its own owner and group, and its mode is reduced so that no one gets more access
 * than before: the group gets the rights of others only. */
static int keep_mode(int file, const struct stat *old)
{
    mode_t mode = old->st_mode & 07777;
    struct stat own;

    if (fstat(file, &own)) return errno;
    const bool same = own.st_uid == old->st_uid && own.st_gid == old->st_gid;
    if (!same && fchown(file, old->st_uid, old->st_gid)) {
        mode &= (mode_t)01777;
        if (own.st_gid != old->st_gid && fchown(file, (uid_t)-1, old->st_gid))
            mode &= (mode_t)~070 | (mode & 07) << 3;
    }
    /* Some file systems have no modes. */
    return fchmod(file, mode) && errno != EPERM && errno != ENOTSUP ? errno : 0;
}

/* Writes, flushes and closes. */
static int fill(const rn__target *target, int file, const rn__piece *piece, size_t pieces)
{
    guard g;
    int error;

    guard_begin(&g);
    error = write_pieces(file, piece, pieces);
    guard_end(&g);
    if (!error && target->exists) error = keep_mode(file, &target->old);
    if (!error) error = flush(file);
    if (close(file) && !error && errno != EINTR) error = errno;
    return error;
}

/* Makes the renaming durable. Systems that cannot flush a directory return EINVAL. */
static int flush_directory(int directory)
{
    const int error = flush(directory);

    return error == EINVAL ? 0 : error;
}

/* ---- all of it ---- */

static rn_status replace(const rn__target *target, const char *path, const rn__piece *piece,
                         size_t pieces, rn__fault *fault)
{
    char name[RN__TEMPORARY_NAME];
    const int directory = target->directory, file = rn__temporary_new(target, name);
    int error;

    if (file < 0) return rn__fault_system(fault, path, cannot, errno);
    rn__temporary_sweep(target, file);
    if ((error = fill(target, file, piece, pieces)) != 0) {
        unlinkat(directory, name, 0);
        return rn__fault_system(fault, path, cannot, error);
    }
    if (renameat(directory, name, directory, target->name)) {
        error = errno;
        unlinkat(directory, name, 0);
        return rn__fault_system(fault, path, "cannot be replaced", error);
    }
    if ((error = flush_directory(directory)) != 0)
        return rn__fault_system(fault, path, "written, but may not survive a crash", error);
    return RN_OK;
}

rn_status rn__file_replace(rn_allocator allocator, const char *path, const rn__piece *piece,
                           size_t pieces, rn__fault *fault)
{
    rn__target target;
    rn_status status = rn__target_find(&target, allocator, path, fault);

    if (status == RN_OK) status = check_limit(path, piece, pieces, fault);
    if (status == RN_OK) status = replace(&target, path, piece, pieces, fault);
    rn__target_finish(&target);
    return status;
}

/* ---- the public functions ---- */

static rn_status report(rn_status status, const rn__fault *fault, char *message,
                        size_t capacity)
{
    if (message && capacity) snprintf(message, capacity, "%s", fault->message);
    return status;
}

rn_status rn_file_write(const char *path, const void *data, size_t bytes, char *message,
                        size_t capacity)
{
    const rn__piece piece = {data, bytes};
    rn__fault fault = {""};

    if (!path || (bytes && !data))
        return report(rn__fault_set(&fault, RN_INVALID, "file_write", "no %s",
                                    path ? "data" : "path"),
                      &fault, message, capacity);
    return report(rn__file_replace((rn_allocator){NULL, NULL}, path, &piece, 1, &fault),
                  &fault, message, capacity);
}

rn_status rn_file_check(const char *path, char *message, size_t capacity)
{
    rn__fault fault = {""};
    rn__target target;

    if (!path)
        return report(rn__fault_set(&fault, RN_INVALID, "file_check", "no path"), &fault,
                      message, capacity);
    const rn_status status =
        rn__target_find(&target, (rn_allocator){NULL, NULL}, path, &fault);
    rn__target_finish(&target);
    return report(status, &fault, message, capacity);
}
