/* SPDX-License-Identifier: MIT */
/*
 * Whole files.
 *
 * A file is replaced in these steps, each of which may fail and be reported: a temporary
 * file in the same directory, written and flushed to the disk; renamed over the old one;
 * the directory flushed. A flush that failed once is final: a second one could succeed
 * although the data are lost.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"

enum { ATTEMPTS = 100, ONCE = 1 << 30 /* bytes given to the system at a time */ };

/* ---- reading ---- */

/* Size of an open regular file. */
static rn_status size_of(int file, const char *path, size_t *bytes, rn__fault *fault)
{
    struct stat about;

    if (fstat(file, &about)) return rn__fault_system(fault, path, "cannot be read", errno);
    if (!S_ISREG(about.st_mode))
        return rn__fault_set(fault, RN_BAD_FILE, path, "is not a regular file");
    if (about.st_size < 0 || (uintmax_t)about.st_size >= PTRDIFF_MAX)
        return rn__fault_set(fault, RN_BAD_FILE, path, "is too large");
    *bytes = (size_t)about.st_size;
    return RN_OK;
}

/* Reads up to the size that the file had, or its end, and sets *bytes to how many. */
static rn_status fill(int file, const char *path, unsigned char *data, size_t *bytes,
                      rn__fault *fault)
{
    const size_t wanted = *bytes;

    for (*bytes = 0; *bytes < wanted;) {
        const size_t rest = wanted - *bytes;
        const ssize_t got = read(file, data + *bytes, rest < ONCE ? rest : ONCE);

        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return rn__fault_system(fault, path, "cannot be read", errno);
        if (got == 0)
            return rn__fault_set(fault, RN_BAD_FILE, path, "became shorter while read");
        *bytes += (size_t)got;
    }
    return RN_OK;
}

rn_status rn__file_read(rn_allocator allocator, const char *path, unsigned char **data,
                        size_t *bytes, rn__fault *fault)
{
    /* Not to wait for a writer, should the path be a pipe. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    rn_status status;

    *data = NULL;
    if (file < 0) return rn__fault_system(fault, path, "cannot be opened", errno);
    status = size_of(file, path, bytes, fault);
    if (status == RN_OK) {
        *data = (unsigned char *)rn__allocate(allocator, *bytes + 1);
        status = *data ? fill(file, path, *data, bytes, fault)
                       : rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");
    }
    close(file);
    if (status != RN_OK) {
        rn__free(allocator, *data);
        *data = NULL;
    }
    return status;
}

/* ---- replacing ---- */

/* A new file beside `path`; its name goes to `name`, which has room for 48 more bytes. */
static int create_beside(const char *path, char *name, size_t capacity)
{
    int file = -1;

    for (int i = 0; i < ATTEMPTS && file < 0; i++) {
        snprintf(name, capacity, "%s.%ld.%d.tmp", path, (long)getpid(), i);
        file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (file < 0 && errno != EEXIST && errno != EINTR) break;
    }
    return file;
}

/* 0 or an errno. */
static int write_all(int file, const void *data, size_t bytes)
{
    const char *at = (const char *)data;

    while (bytes > 0) {
        const ssize_t done = write(file, at, bytes < ONCE ? bytes : ONCE);

        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        if (done == 0) return EIO;
        at += done;
        bytes -= (size_t)done;
    }
    return 0;
}

static int flush(int file)
{
    int result;

    do result = fsync(file);
    while (result && errno == EINTR);
    return result ? errno : 0;
}

/* Writes, flushes and closes. 0 or an errno. */
static int write_pieces(int file, const rn__piece *piece, size_t pieces)
{
    int error = 0;

    for (size_t i = 0; i < pieces && !error; i++)
        error = write_all(file, piece[i].data, piece[i].bytes);
    if (!error) error = flush(file);
    if (close(file) && !error && errno != EINTR) error = errno;
    return error;
}

/* Makes the renaming last. `name` holds a path, whose last part is cut off. Systems that
 * cannot flush a directory say EINVAL. */
static int flush_directory(char *name)
{
    char *slash = strrchr(name, '/');

    if (!slash)
        snprintf(name, 2, ".");
    else
        slash[slash == name] = 0;

    const int directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return errno;

    const int error = flush(directory);
    close(directory);
    return error == EINVAL ? 0 : error;
}

rn_status rn__file_replace(rn_allocator allocator, const char *path, const rn__piece *piece,
                           size_t pieces, rn__fault *fault)
{
    const size_t capacity = strlen(path) + 48;
    char *name = (char *)rn__allocate(allocator, capacity);
    rn_status status = RN_OK;
    int error;

    if (!name) return rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");

    const int file = create_beside(path, name, capacity);
    if (file < 0) {
        status = rn__fault_system(fault, path, "cannot be written", errno);
    } else if ((error = write_pieces(file, piece, pieces)) != 0) {
        unlink(name);
        status = rn__fault_system(fault, path, "cannot be written", error);
    } else if (rename(name, path)) {
        error = errno;
        unlink(name);
        status = rn__fault_system(fault, path, "cannot be replaced", error);
    } else if ((error = flush_directory(name)) != 0) {
        status = rn__fault_system(fault, path, "written, but may not last a crash", error);
    }
    rn__free(allocator, name);
    return status;
}
