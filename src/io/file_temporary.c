/* SPDX-License-Identifier: MIT */
/*
 * Temporary files, which replace the target when they are complete:
 *
 *   .rondo-<hash of the file's name>-<a random number>.tmp
 *
 * The name is short, so it works for a target with a name of any length. The hash
 * identifies the target after the process was killed. The writer holds a lock on the file,
 * which ends with the process, so a file that can be locked is left over. On file systems
 * without locks nothing is removed. A file younger than a minute may not be locked yet.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "io/file_target.h"

enum { ATTEMPTS = 100, PREFIX = 24, STALE = 60 /* seconds */ };

static uint64_t draw(const void *target, int attempt)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return rn__mix(rn__mix((uint64_t)t.tv_sec << 30 ^ (uint64_t)t.tv_nsec) ^
                   rn__mix((uint64_t)getpid() << 32 ^ (uint64_t)attempt) ^
                   rn__mix((uint64_t)(uintptr_t)target));
}

int rn__temporary_new(const rn__target *target, char name[RN__TEMPORARY_NAME])
{
    /* Private until it gets the mode of the file that it replaces. */
    const mode_t mode = target->exists ? 0600 : 0666;
    int file = -1;

    for (int i = 0; i < ATTEMPTS && file < 0; i++) {
        snprintf(name, RN__TEMPORARY_NAME, ".rondo-%016" PRIx64 "-%016" PRIx64 ".tmp",
                 rn__hash(target->name), draw(target, i));
        file = openat(target->directory, name,
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (file < 0 && errno != EEXIST && errno != EINTR) break;
    }
    if (file >= 0) (void)flock(file, LOCK_EX | LOCK_NB);
    return file;
}

/* Whether it is the name of a temporary file with this prefix. */
static bool belongs(const char *name, const char *prefix)
{
    const size_t length = strlen(name);

    return length == PREFIX + 16 + 4 && !strncmp(name, prefix, PREFIX) &&
           strspn(name + PREFIX, "0123456789abcdef") == 16 &&
           !strcmp(name + length - 4, ".tmp");
}

static void remove_stale(int directory, const char *name, const struct stat *own)
{
    struct stat about;

    if (fstatat(directory, name, &about, AT_SYMLINK_NOFOLLOW) || !S_ISREG(about.st_mode) ||
        about.st_mtime > own->st_mtime - STALE)
        return;
    const int file =
        openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) unlinkat(directory, name, 0);
    close(file);
}

void rn__temporary_sweep(const rn__target *target, int file)
{
    char prefix[PREFIX + 1];
    struct stat own;
    const int again = openat(target->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = again >= 0 ? fdopendir(again) : NULL;

    if (!directory) {
        if (again >= 0) close(again);
        return;
    }
    snprintf(prefix, sizeof prefix, ".rondo-%016" PRIx64 "-", rn__hash(target->name));
    for (struct dirent *e; !fstat(file, &own) && (e = readdir(directory)) != NULL;)
        if (belongs(e->d_name, prefix)) remove_stale(target->directory, e->d_name, &own);
    closedir(directory);
}
