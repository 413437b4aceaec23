/* SPDX-License-Identifier: MIT */
/* UTF-8, RFC 3629. */
#ifndef RN_BASE_UTF8_H
#define RN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether `bytes` bytes are well-formed: the shortest form, no surrogates. */
bool rn__utf8_valid(const char *text, size_t bytes);

/* The length of the first character of a text that is not empty, and its code. 0: the text
 * ends within a character. Negative: not well-formed, the length of what one U+FFFD stands
 * for, with its sign changed. */
int rn__utf8_next(const char *at, const char *end, uint32_t *code);

#endif
