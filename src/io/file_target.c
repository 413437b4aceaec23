/* SPDX-License-Identifier: MIT */
/* Finds the file that a path leads to, for writing. */
#include "io/file_target.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { LINKS = 40 /* longest chain of links that is followed */, LINK_BYTES = 4096 };

static const char cannot[] = "cannot be written";

const char *rn__file_kind(mode_t mode)
{
    if (S_ISREG(mode)) return NULL;
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

/* ---- symbolic links ---- */

/* Replaces target->path by what the link there points to. 0 or an errno. */
static int follow_one(rn__target *target)
{
    const char *slash = strrchr(target->path, '/');
    const size_t before = slash ? (size_t)(slash - target->path) + 1 : 0;
    char *to = (char *)rn__allocate(target->allocator, before + LINK_BYTES + 1);

    if (!to) return ENOMEM;
    const ssize_t length = readlink(target->path, to + before, LINK_BYTES);
    const int error = length < 0 ? errno : length >= LINK_BYTES ? ENAMETOOLONG : 0;
    if (error) {
        rn__free(target->allocator, to);
        return error;
    }
    to[before + (size_t)length] = 0;
    if (to[before] == '/')
        memmove(to, to + before, (size_t)length + 1);
    else
        memcpy(to, target->path, before);
    rn__free(target->allocator, target->path);
    target->path = to;
    return 0;
}

/* 0 or an errno. */
static int follow(rn__target *target, const char *path)
{
    struct stat about;
    int error = 0;

    target->path = rn__copy_string(target->allocator, path);
    if (!target->path) return ENOMEM;
    for (int i = 0; i <= LINKS && !error; i++) {
        if (lstat(target->path, &about)) return errno == ENOENT ? 0 : errno;
        if (!S_ISLNK(about.st_mode)) return 0;
        error = follow_one(target);
    }
    return error ? error : ELOOP;
}

/* ---- the directory and the file ---- */

/* Splits the path and opens its directory. 0 or an errno. */
static int open_directory(rn__target *target)
{
    char *slash = strrchr(target->path, '/');
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

    target->name = slash ? slash + 1 : target->path;
    if (!*target->path) return ENOENT;
    if (!*target->name) return EISDIR;
    if (!slash) {
        target->directory = open(".", flags);
    } else if (slash == target->path) {
        target->directory = open("/", flags);
    } else {
        *slash = 0;
        target->directory = open(target->path, flags);
        *slash = '/';
    }
    return target->directory < 0 ? errno : 0;
}

static rn_status check_file(rn__target *target, const char *path, rn__fault *fault)
{
    if (fstatat(target->directory, target->name, &target->old, AT_SYMLINK_NOFOLLOW)) {
        if (errno != ENOENT) return rn__fault_system(fault, path, cannot, errno);
    } else {
        const char *kind = rn__file_kind(target->old.st_mode);
        if (kind)
            return rn__fault_set(fault, RN_IO, path, "is %s, not a regular file", kind);
        target->exists = true;
        if (faccessat(target->directory, target->name, W_OK, AT_EACCESS))
            return rn__fault_system(fault, path, cannot, errno);
    }
    return faccessat(target->directory, ".", W_OK | X_OK, AT_EACCESS)
               ? rn__fault_system(fault, path, "cannot create a file in its directory",
                                  errno)
               : RN_OK;
}

rn_status rn__target_find(rn__target *target, rn_allocator allocator, const char *path,
                          rn__fault *fault)
{
    struct stat about;
    rn_status status;

    *target = (rn__target){.allocator = allocator, .directory = -1};
    const bool there = stat(path, &about) == 0;
    const char *kind = there ? rn__file_kind(about.st_mode) : NULL;
    if (kind) return rn__fault_set(fault, RN_IO, path, "is %s, not a regular file", kind);

    int error = follow(target, path);
    if (!error) error = open_directory(target);
    if (error == ENOMEM) return rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");
    if (error) return rn__fault_system(fault, path, cannot, error);

    status = check_file(target, path, fault);
    /* The text of a link to an open file that was removed leads nowhere. */
    if (status == RN_OK && there &&
        (!target->exists || target->old.st_dev != about.st_dev ||
         target->old.st_ino != about.st_ino))
        return rn__fault_set(fault, RN_IO, path, "the link cannot be followed");
    return status;
}

void rn__target_finish(rn__target *target)
{
    if (target->directory >= 0) close(target->directory);
    target->directory = -1;
    rn__free(target->allocator, target->path);
    target->path = NULL;
}
