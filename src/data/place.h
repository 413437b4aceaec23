/* SPDX-License-Identifier: MIT */
/* Lines and columns of a text, counted from 1. */
#ifndef RN_DATA_PLACE_H
#define RN_DATA_PLACE_H

#include "rondo/types.h"

typedef struct rn__place {
    int64_t line, column; /* in characters */
} rn__place;

/* The place behind a text that begins at a place. */
rn__place rn__place_of(rn__place place, const char *text, size_t bytes);

#endif
