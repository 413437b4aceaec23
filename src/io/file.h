/* SPDX-License-Identifier: MIT */
/*
 * Files: read, and replaced so that no reader sees half of one.
 *
 * Only regular files are read and written. Anything else is refused without being opened,
 * for opening a pipe may wait and opening a device may do something.
 */
#ifndef RN_IO_FILE_H
#define RN_IO_FILE_H

#include "io/fault.h"

/* How often in a row a call of the system may be interrupted before it has failed. */
enum { RN__INTERRUPTIONS = 10000 };

/* ---- reading ---- */

/* An open file; `path` must live as long. Zero is one that is not open. */
typedef struct rn__file {
    const char *path;
    bool open;
    int descriptor;
    size_t bytes; /* its size when it was opened */
} rn__file;

rn_status rn__file_open(rn__file *file, const char *path, rn__fault *fault);
void rn__file_close(rn__file *file);

/* The `bytes` bytes from place `from` on. RN_BAD_FILE when the file ends before. */
rn_status rn__file_take(const rn__file *file, size_t from, void *data, size_t bytes,
                        rn__fault *fault);

/* ---- replacing ---- */

/* A piece of a file to be written. */
typedef struct rn__piece {
    const void *data;
    size_t bytes;
} rn__piece;

/* Makes `path` a file of these pieces, one after the other. After a failure, or a crash at
 * any moment, the file is what it was before, or the new one whole. rondo/file.h says what
 * becomes of links, modes and owners. */
rn_status rn__file_replace(rn_allocator allocator, const char *path, const rn__piece *piece,
                           size_t pieces, rn__fault *fault);

#endif
