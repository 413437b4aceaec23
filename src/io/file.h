/* SPDX-License-Identifier: MIT */
/*
 * Reading files, and replacing them atomically.
 *
 * Only regular files are read and written. Anything else is refused without opening it,
 * because opening a pipe may block and opening a device may have effects.
 */
#ifndef RN_IO_FILE_H
#define RN_IO_FILE_H

#include "io/fault.h"

/* How often in a row a system call may be interrupted before it counts as failed. */
enum { RN__INTERRUPTIONS = 10000 };

/* ---- reading ---- */

/* An open file; `path` must live as long. All zero: not open. */
typedef struct rn__file {
    const char *path;
    bool open;
    int descriptor;
    size_t bytes; /* its size when it was opened */
} rn__file;

rn_status rn__file_open(rn__file *file, const char *path, rn__fault *fault);
void rn__file_close(rn__file *file);

/* Reads `bytes` bytes at offset `from`. RN_BAD_FILE if the file is shorter. */
rn_status rn__file_take(const rn__file *file, size_t from, void *data, size_t bytes,
                        rn__fault *fault);

/* ---- replacing ---- */

/* A piece of a file to be written. */
typedef struct rn__piece {
    const void *data;
    size_t bytes;
} rn__piece;

/* Replaces `path` by a file of these pieces, one after the other. After a failure, or a
 * crash at any moment, the file is the complete old or the complete new one. rondo/file.h
 * documents links, modes and owners. */
rn_status rn__file_replace(rn_allocator allocator, const char *path, const rn__piece *piece,
                           size_t pieces, rn__fault *fault);

#endif
