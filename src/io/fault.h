/* SPDX-License-Identifier: MIT */
/* Why a file could not be read or written. */
#ifndef RN_IO_FAULT_H
#define RN_IO_FAULT_H

#include "rondo/types.h"

typedef struct rn__fault {
    char message[512];
} rn__fault;

/* Sets the message "path: text" unless there is one already. Of a long path it shows the
 * end. Returns status. */
rn_status rn__fault_set(rn__fault *fault, rn_status status, const char *path,
                        const char *format, ...) RN_PRINTF(4, 5);

/* The same with the system's text for an errno. Returns RN_IO. */
rn_status rn__fault_system(rn__fault *fault, const char *path, const char *what, int error);

/* The same about something with a name, "path: what "name": text"; `what` is "tensor" or
 * "item". Returns status. */
rn_status rn__fault_named(rn__fault *fault, rn_status status, const char *path,
                          const char *what, const char *name, const char *format, ...)
    RN_PRINTF(6, 7);

/* A name from a file in printable form: truncated, control characters as '?'. Returns
 * text. */
const char *rn__fault_name(const char *name, char *text, size_t capacity);

#endif
