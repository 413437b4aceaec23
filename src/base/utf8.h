/* SPDX-License-Identifier: MIT */
/* UTF-8, RFC 3629. */
#ifndef RN_BASE_UTF8_H
#define RN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `bytes` bytes are well-formed: the shortest form, no surrogates. */
bool rn__utf8_valid(const char *text, size_t bytes);

#endif
