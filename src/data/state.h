/* SPDX-License-Identifier: MIT */
/* What batches and series begin with: their memory and their errors. */
#ifndef RN_DATA_STATE_H
#define RN_DATA_STATE_H

#include "data/source.h"

typedef struct rn__state {
    rn__arena arena;  /* owns all that belongs to the object, but not the object */
    const char *name; /* that messages begin with */
    rn_status failed; /* the first error, for ever; RN_OK: none */
    char error[512];
} rn__state;

/* A zeroed object of `bytes` bytes, which begins with a state. NULL if out of memory. Freed
 * by rn__state_free. */
void *rn__state_new(rn_allocator allocator, size_t bytes, const char *name);
void rn__state_free(rn__state *state);

/* Records an error, for this once; returns the status. */
rn_status rn__state_fail(rn__state *state, rn_status status, const char *format, ...)
    RN_PRINTF(3, 4);

/* Records an error for ever, RN_INVALID, unless there is one; returns false. */
bool rn__state_refuse(rn__state *state, const char *format, ...) RN_PRINTF(2, 3);
bool rn__state_no_memory(rn__state *state);

/* Copies a source; one that is not valid is an error. */
bool rn__state_take(rn__state *state, const rn_source *source, rn_source *to);

/* `count` zeroed records of `bytes` bytes; NULL with an error. */
void *rn__state_add(rn__state *state, int64_t count, size_t bytes);

#endif
