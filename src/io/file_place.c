/* SPDX-License-Identifier: MIT */
/* Where a file is written. */
#include "io/file_place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { LINKS = 40 /* followed one after the other */, LINK_BYTES = 4096 };

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

/* Where the link at place->path leads becomes the path. 0 or an errno. */
static int follow_one(rn__place *place)
{
    const char *slash = strrchr(place->path, '/');
    const size_t before = slash ? (size_t)(slash - place->path) + 1 : 0;
    char *to = (char *)rn__allocate(place->allocator, before + LINK_BYTES + 1);

    if (!to) return ENOMEM;
    const ssize_t length = readlink(place->path, to + before, LINK_BYTES);
    const int error = length < 0 ? errno : length >= LINK_BYTES ? ENAMETOOLONG : 0;
    if (error) {
        rn__free(place->allocator, to);
        return error;
    }
    to[before + (size_t)length] = 0;
    if (to[before] == '/')
        memmove(to, to + before, (size_t)length + 1);
    else
        memcpy(to, place->path, before);
    rn__free(place->allocator, place->path);
    place->path = to;
    return 0;
}

/* 0 or an errno. */
static int follow(rn__place *place, const char *path)
{
    struct stat about;
    int error = 0;

    place->path = rn__copy_string(place->allocator, path);
    if (!place->path) return ENOMEM;
    for (int i = 0; i <= LINKS && !error; i++) {
        if (lstat(place->path, &about)) return errno == ENOENT ? 0 : errno;
        if (!S_ISLNK(about.st_mode)) return 0;
        error = follow_one(place);
    }
    return error ? error : ELOOP;
}

/* ---- the directory and the file ---- */

/* Cuts the path in two and opens the directory. 0 or an errno. */
static int open_directory(rn__place *place)
{
    char *slash = strrchr(place->path, '/');
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

    place->name = slash ? slash + 1 : place->path;
    if (!*place->path) return ENOENT;
    if (!*place->name) return EISDIR;
    if (!slash) {
        place->directory = open(".", flags);
    } else if (slash == place->path) {
        place->directory = open("/", flags);
    } else {
        *slash = 0;
        place->directory = open(place->path, flags);
        *slash = '/';
    }
    return place->directory < 0 ? errno : 0;
}

static rn_status look(rn__place *place, const char *path, rn__fault *fault)
{
    if (fstatat(place->directory, place->name, &place->old, AT_SYMLINK_NOFOLLOW)) {
        if (errno != ENOENT) return rn__fault_system(fault, path, cannot, errno);
    } else {
        const char *kind = rn__file_kind(place->old.st_mode);
        if (kind)
            return rn__fault_set(fault, RN_IO, path, "is %s, not a regular file", kind);
        place->exists = true;
        if (faccessat(place->directory, place->name, W_OK, AT_EACCESS))
            return rn__fault_system(fault, path, cannot, errno);
    }
    return faccessat(place->directory, ".", W_OK | X_OK, AT_EACCESS)
               ? rn__fault_system(fault, path, "cannot create a file in its directory",
                                  errno)
               : RN_OK;
}

rn_status rn__place_find(rn__place *place, rn_allocator allocator, const char *path,
                         rn__fault *fault)
{
    struct stat about;
    rn_status status;

    *place = (rn__place){.allocator = allocator, .directory = -1};
    const bool there = stat(path, &about) == 0;
    const char *kind = there ? rn__file_kind(about.st_mode) : NULL;
    if (kind) return rn__fault_set(fault, RN_IO, path, "is %s, not a regular file", kind);

    int error = follow(place, path);
    if (!error) error = open_directory(place);
    if (error == ENOMEM) return rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");
    if (error) return rn__fault_system(fault, path, cannot, error);

    status = look(place, path, fault);
    /* A link to an open file that was removed leads nowhere by its text. */
    if (status == RN_OK && there &&
        (!place->exists || place->old.st_dev != about.st_dev ||
         place->old.st_ino != about.st_ino))
        return rn__fault_set(fault, RN_IO, path, "the link cannot be followed");
    return status;
}

void rn__place_finish(rn__place *place)
{
    if (place->directory >= 0) close(place->directory);
    place->directory = -1;
    rn__free(place->allocator, place->path);
    place->path = NULL;
}
