/* SPDX-License-Identifier: MIT */
/* What all readers of sources need. */
#ifndef RN_DATA_SOURCE_H
#define RN_DATA_SOURCE_H

#include <stdio.h>

#include "base/arena.h"
#include "kernel/ieee.h"
#include "rondo/data.h"

/* Bytes of one step, or with `once` of the value. */
size_t rn__field_bytes(const rn_field *field);

/* Whether one of the fields has that name. */
bool rn__field_named(const rn_field *fields, int count, const char *name);

int64_t rn__source_length(const rn_source *source, int64_t i);

/* The source's message; never NULL. */
const char *rn__source_error(const rn_source *source);

/* What is wrong with a source, which may be NULL; `text` is room for it. NULL: nothing. */
const char *rn__source_fault(const rn_source *source, char *text, size_t capacity);

#endif
