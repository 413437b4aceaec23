/* SPDX-License-Identifier: MIT */
/*
 * safetensors: named arrays in a file, as the whole field reads and writes them.
 *
 *   u64 N, little-endian | N bytes of JSON | data
 *   {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
 *
 * Offsets count from the beginning of the data, and the arrays fill them without hole,
 * overlap or rest. "__metadata__" may hold an object of strings, which is ignored.
 *
 * Reading is stricter than some other readers: the header begins with `{`, no name stands
 * twice, an array has no members beyond the three, and bools are 0 or 1. Only the types of
 * the library are read.
 */
#ifndef RN_IO_SAFETENSORS_H
#define RN_IO_SAFETENSORS_H

#include "io/file.h"

/* Bytes of the header's length, and the longest header, for other readers refuse longer
 * ones. */
enum { RN__SAFETENSORS_LENGTH = 8, RN__SAFETENSORS_HEADER = 100000000 };

typedef struct rn__stored {
    const char *name;
    rn_type type;
    rn_shape shape;
    size_t begin, end; /* in the data; set by reading */
    const void *data;  /* end - begin bytes; of a file that was read: not aligned, and
                          NULL before */
} rn__stored;

typedef struct rn__safetensors {
    rn_allocator allocator;
    rn__file file;        /* open until the data are read */
    char *header;         /* owns the names */
    unsigned char *data;  /* all arrays; NULL before they are read */
    size_t bytes;         /* of the data */
    rn__stored *stored;   /* in the order of the file's header */
    const void **by_name; /* rn__stored, sorted */
    size_t count;
} rn__safetensors;

/* Opens a file and reads its header, which is checked with the file's size; then its
 * arrays, so that the one who knows what must be there can judge before. `path` must live
 * as long. Finish in any case. */
rn_status rn__safetensors_open(rn__safetensors *st, rn_allocator allocator,
                               const char *path, rn__fault *fault);
rn_status rn__safetensors_data(rn__safetensors *st, rn__fault *fault);
void rn__safetensors_finish(rn__safetensors *st);

/* The array of that name, or NULL. */
const rn__stored *rn__safetensors_find(const rn__safetensors *st, const char *name);

/* Replaces the file by these arrays; the same arrays in any order give the same bytes.
 * RN_INVALID when the header would be too long to be read again. */
rn_status rn__safetensors_write(rn_allocator allocator, const char *path,
                                const rn__stored *stored, size_t count, rn__fault *fault);

/* How the file calls a type, "F32". */
const char *rn__safetensors_type(rn_type type);

#endif
