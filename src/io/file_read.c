/* SPDX-License-Identifier: MIT */
/* Reading regular files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "io/file_target.h"

enum { ONCE = 1 << 30 /* largest number of bytes in one system call */ };

static rn_status check(const struct stat *about, const char *path, rn__fault *fault)
{
    const char *kind = rn__file_kind(about->st_mode);

    if (kind)
        return rn__fault_set(fault, RN_BAD_FILE, path, "is %s, not a regular file", kind);
    if (about->st_size < 0 || (uintmax_t)about->st_size >= PTRDIFF_MAX)
        return rn__fault_set(fault, RN_BAD_FILE, path, "is too large");
    return RN_OK;
}

rn_status rn__file_open(rn__file *file, const char *path, rn__fault *fault)
{
    struct stat about;
    rn_status status;

    *file = (rn__file){.path = path};
    if (stat(path, &about)) return rn__fault_system(fault, path, "cannot be opened", errno);
    status = check(&about, path, fault);
    if (status != RN_OK) return status;

    /* It may have become a pipe meanwhile: opening must not block. */
    file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->descriptor < 0)
        return rn__fault_system(fault, path, "cannot be opened", errno);
    file->open = true;
    status = fstat(file->descriptor, &about)
                 ? rn__fault_system(fault, path, "cannot be read", errno)
                 : check(&about, path, fault);
    if (status != RN_OK) rn__file_close(file);
    file->bytes = (size_t)about.st_size;
    return status;
}

void rn__file_close(rn__file *file)
{
    if (file->open) close(file->descriptor);
    file->open = false;
}

rn_status rn__file_take(const rn__file *file, size_t from, void *data, size_t bytes,
                        rn__fault *fault)
{
    unsigned char *at = (unsigned char *)data;

    for (int interrupted = 0; bytes > 0;) {
        const ssize_t got =
            pread(file->descriptor, at, bytes < ONCE ? bytes : ONCE, (off_t)from);

        if (got < 0 && errno == EINTR && interrupted++ < RN__INTERRUPTIONS) continue;
        if (got < 0) return rn__fault_system(fault, file->path, "cannot be read", errno);
        if (got == 0)
            return rn__fault_set(fault, RN_BAD_FILE, file->path,
                                 "shrank while it was read");
        at += got;
        from += (size_t)got;
        bytes -= (size_t)got;
        interrupted = 0;
    }
    return RN_OK;
}
