/* SPDX-License-Identifier: MIT */
/*
 * safetensors: a common file format for named arrays.
 *
 *   u64 N, little-endian | N bytes of JSON | data
 *   {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
 *
 * Offsets count from the start of the data, which the arrays fill without gap or overlap.
 * "__metadata__" may hold an object of strings.
 *
 * This reader is stricter than some others: the header begins with `{`, names are unique,
 * an array has exactly the three members, and bools are 0 or 1.
 *
 * A sealed file has checksums; docs/checkpoints.md describes them. Reading checks them.
 */
#ifndef RN_IO_SAFETENSORS_H
#define RN_IO_SAFETENSORS_H

#include "io/file.h"

/* Size of the field with the header's length, and the longest header; other readers refuse
 * longer ones. */
enum { RN__SAFETENSORS_LENGTH = 8, RN__SAFETENSORS_HEADER = 100000000 };

/* The types of elements: those of rn_type, those that are read as numbers, and others. */
enum { RN__F16 = RN_TYPES, RN__BF16, RN__I64, RN__STORED_TYPES = RN__I64 + 11 };

/* The name of a type in the file, "F32", and the bytes of an element. */
const char *rn__safetensors_type(int type);
size_t rn__safetensors_size(int type);

typedef struct rn__stored {
    const char *name;
    int type;
    rn_shape shape;
    size_t begin, end; /* offsets in the data; set by reading */
    const void *data;  /* end - begin bytes; in a file that was read not aligned; NULL
                          before that */
} rn__stored;

/* A text of the metadata. */
typedef struct rn__note {
    const char *key, *value;
} rn__note;

typedef struct rn__safetensors {
    rn_allocator allocator;
    rn__file file;        /* open until the data are read */
    char *header;         /* owns the names */
    unsigned char *data;  /* all arrays; NULL before they are read */
    size_t bytes;         /* of the data */
    rn__stored *stored;   /* in the order of the file's header */
    const void **by_name; /* rn__stored, sorted */
    size_t count;
    rn__note *note; /* the metadata, in the order of the file's header */
    size_t notes;
    bool sealed;
    uint64_t hash;  /* of the header of a sealed file */
    char seal[17];  /* the checksum in it */
    char version;   /* of the format, '1' */
    int64_t *table; /* of a sealed file: a row of RN__SEAL_ROW for each array */
} rn__safetensors;

/* rn__safetensors_open: opens a file, reads its header and checks it against the file's
 * size. rn__safetensors_data: reads the arrays, after the caller has checked their names
 * and shapes. `path` must live as long. Call rn__safetensors_finish in any case. */
rn_status rn__safetensors_open(rn__safetensors *st, rn_allocator allocator,
                               const char *path, rn__fault *fault);
rn_status rn__safetensors_data(rn__safetensors *st, rn__fault *fault);
void rn__safetensors_finish(rn__safetensors *st);

/* The array of that name, or NULL. */
const rn__stored *rn__safetensors_find(const rn__safetensors *st, const char *name);

/* A row of the table: the kind of an array, its place among the variables, and its
 * checksum. */
enum { RN__SEAL_KIND, RN__SEAL_PLACE, RN__SEAL_SUM, RN__SEAL_ROW };

/* The metadata, and what makes a file sealed: then one of the arrays is `table`, of shape
 * [count, RN__SEAL_ROW]. */
typedef struct rn__seal {
    const rn__note *note;
    size_t notes;
    const int64_t *kind; /* of each array; the first are variables in their order */
    int64_t *table;      /* room for the table, which writing fills; NULL: not sealed */
} rn__seal;

/* The start of a sealed file's header; the 16 digits of its checksum follow. */
#define RN__SEAL_MARK  "{\"__metadata__\":{\"rondo.checkpoint\":\"1:"
#define RN__SEAL_TABLE "checkpoint/rondo.table"

/* Fills a row of the table but for the checksum; `place` is that of the array among those
 * to be written. */
void rn__seal_row(const rn__seal *seal, size_t row, ptrdiff_t place);

/* Fills the table's checksums of these arrays, and the digits in the header. */
void rn__seal_set(const rn__seal *seal, char *header, size_t bytes, const rn__piece *array,
                  size_t count);

/* An element of an array's row in the table of a sealed file. */
int64_t rn__seal_get(const rn__safetensors *st, const rn__stored *stored, int column);

/* Replaces the file by these arrays. `seal` may be NULL. The same arrays in any
 * order give the same bytes. RN_INVALID if the header would be too long for readers. */
rn_status rn__safetensors_write(rn_allocator allocator, const char *path,
                                const rn__stored *stored, size_t count,
                                const rn__seal *seal, rn__fault *fault);

#endif
