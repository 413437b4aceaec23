/* SPDX-License-Identifier: MIT */
/* Whole files: read into memory, and replaced so that no reader sees half of one. */
#ifndef RN_IO_FILE_H
#define RN_IO_FILE_H

#include "fault.h"

/* Reads a regular file. *data is freed with rn__free; it is not NULL even when the file is
 * empty. */
rn_status rn__file_read(rn_allocator allocator, const char *path, unsigned char **data,
                        size_t *bytes, rn__fault *fault);

/* A piece of a file to be written. */
typedef struct rn__piece {
    const void *data;
    size_t bytes;
} rn__piece;

/* Makes `path` a file of these pieces, one after the other. After a failure, or a crash at
 * any moment, the file is what it was before, or the new one whole. A symbolic link is
 * replaced, not followed. */
rn_status rn__file_replace(rn_allocator allocator, const char *path, const rn__piece *piece,
                           size_t pieces, rn__fault *fault);

#endif
