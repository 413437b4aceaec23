/* SPDX-License-Identifier: MIT */
/* Text that grows into a buffer and is counted past its end, like snprintf's. */
#ifndef RN_BASE_TEXT_H
#define RN_BASE_TEXT_H

#include "rondo/types.h"

typedef struct rn__text {
    char *at;
    size_t capacity, used;
} rn__text;

void rn__text_add(rn__text *text, const char *format, ...) RN_PRINTF(2, 3);

#endif
