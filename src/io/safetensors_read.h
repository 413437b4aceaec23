/* SPDX-License-Identifier: MIT */
/* The state of reading one safetensors file, shared by its parts. */
#ifndef RN_IO_SAFETENSORS_READ_H
#define RN_IO_SAFETENSORS_READ_H

#include "io/json.h"
#include "io/safetensors.h"

typedef struct rn__reading {
    rn__safetensors *st;
    const char *path;
    rn__fault *fault;
    rn__json json;   /* the header */
    size_t capacity; /* of st->stored */
    bool metadata;   /* it has occurred */
} rn__reading;

/* Reads r->json into st->stored: names, types, shapes and offsets that lie in the data. */
rn_status rn__reading_header(rn__reading *r);

/* The seal of a file. rn__seal_note: at the start of the header's text, before it is read.
 * rn__seal_check: after the header, reads the table and checks both. rn__seal_check_data:
 * checks the arrays. All do nothing if the file is not sealed. */
void rn__seal_note(rn__reading *r, char *header, size_t bytes);
rn_status rn__seal_check(rn__reading *r);
rn_status rn__seal_check_data(rn__reading *r);

/* Set a fault and return its status. */
rn_status rn__reading_bad(rn__reading *r, const char *what);
rn_status rn__reading_bad_tensor(rn__reading *r, const rn__stored *stored,
                                 const char *what);
rn_status rn__reading_no_memory(rn__reading *r);

#endif
