/* SPDX-License-Identifier: MIT */
/* Text appended to a buffer. As with snprintf, `used` counts on past the buffer's end. */
#ifndef RN_BASE_TEXT_H
#define RN_BASE_TEXT_H

#include "rondo/types.h"

typedef struct rn__text {
    char *at;
    size_t capacity, used;
} rn__text;

void rn__text_add(rn__text *text, const char *format, ...) RN_PRINTF(2, 3);

/* 1234567 as "1,234,567": at most 32 bytes. Returns text. */
char *rn__text_grouped(int64_t number, char *text);

#endif
