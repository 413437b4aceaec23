/* SPDX-License-Identifier: MIT */
/* A file that is read as needed: a piece of it is in memory. */
#ifndef RN_DATA_WINDOW_H
#define RN_DATA_WINDOW_H

#include "io/file.h"

/* What is read at once when a file is read from start to end. */
enum { RN__BLOCK = 1 << 18 };

/* All zero: no file. A copy without data is another window on the same file. */
typedef struct rn__window {
    rn_allocator allocator;
    rn__file file;
    char *path;       /* a copy */
    size_t start;     /* behind the byte order mark */
    char *data;       /* the bytes from .. from + bytes of the file, and a 0 */
    size_t from, bytes, capacity;
    size_t ahead;     /* how much is read at least; 0: RN__BLOCK */
    rn_status status; /* why the last rn__window_take failed */
} rn__window;

rn_status rn__window_open(rn__window *w, rn_allocator allocator, const char *path,
                          rn__fault *fault);
void rn__window_close(rn__window *w);

/* A piece of the file, which must be within it. Valid until the next call; there are no
 * other bytes of interest behind it, but at least one may be read. NULL after an error. If
 * pieces follow each other, more is read than is asked for. */
const char *rn__window_take(rn__window *w, size_t from, size_t bytes, rn__fault *fault);

/* Uses up the start of a piece of a file, returns how much; `last`: the file ends with it.
 * 0: more is needed at once. RN__STOP: an error. */
#define RN__STOP SIZE_MAX
typedef size_t (*rn__scan)(void *self, const char *at, size_t bytes, bool last, size_t from);

/* Passes the whole file through a function. */
rn_status rn__window_scan(rn__window *w, rn__scan scan, void *self, rn__fault *fault);

/* Sets a fault "path:line:column: text", both counted from 1, columns in characters. Reads
 * the file from its start. Returns status. */
rn_status rn__window_fault(rn__window *w, size_t position, rn__fault *fault,
                           rn_status status, const char *format, ...) RN_PRINTF(5, 6);

#endif
