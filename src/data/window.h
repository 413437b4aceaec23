/* SPDX-License-Identifier: MIT */
/* A file that is read as needed: a piece of it is in memory. */
#ifndef RN_DATA_WINDOW_H
#define RN_DATA_WINDOW_H

#include "io/file.h"

/* What is read at once when a file is read from start to end; how much is read ahead of
 * pieces that follow each other; and how many series of such pieces there may be, as
 * batches have that read on in several places. A file that is read in random order, and not
 * larger than RN__KEPT, is kept whole, because each piece takes a system call otherwise. */
enum { RN__BLOCK = 1 << 18, RN__AHEAD = 1 << 15, RN__SLOTS = 128 };
#ifndef RN__KEPT
#define RN__KEPT (1 << 27)
#endif

/* Bytes `from` to `end` of the file, and a 0. */
typedef struct rn__slot {
    char *data;
    size_t capacity;
    int64_t used; /* when */
} rn__slot;

/* All zero: no file. */
typedef struct rn__window {
    rn_allocator allocator;
    rn__file file;
    char *path;       /* a copy */
    size_t start;     /* behind the byte order mark */
    rn_status status; /* why the last rn__window_take failed */
    int64_t clock;
    int last; /* the slot that was used last */
    size_t from[RN__SLOTS], end[RN__SLOTS];
    rn__slot slot[RN__SLOTS]; /* the first has the pieces longer than RN__AHEAD */
} rn__window;

rn_status rn__window_open(rn__window *w, rn_allocator allocator, const char *path,
                          rn__fault *fault);
/* Reads the whole file, if it is not too large, for reading it in any order. */
rn_status rn__window_keep(rn__window *w, rn__fault *fault);
void rn__window_close(rn__window *w);

/* A piece of the file, which must be within it. Valid until the next call; there are no
 * other bytes of interest behind it, but at least one may be read. NULL after an error. */
const char *rn__window_take(rn__window *w, size_t from, size_t bytes, rn__fault *fault);

/* Uses up the start of a piece of a file, returns how much; `last`: the file ends with it.
 * 0: more is needed at once. RN__STOP: an error. */
#define RN__STOP SIZE_MAX
typedef size_t (*rn__scan)(void *self, const char *at, size_t bytes, bool last,
                           size_t from);

/* Passes the whole file through a function. */
rn_status rn__window_scan(rn__window *w, rn__scan scan, void *self, rn__fault *fault);

/* Sets a fault "path:line:column: text", both counted from 1, columns in characters. Reads
 * the file from its start. Returns status. */
rn_status rn__window_fault(rn__window *w, size_t position, rn__fault *fault,
                           rn_status status, const char *format, ...) RN_PRINTF(5, 6);

#endif
