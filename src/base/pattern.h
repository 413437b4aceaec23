/* SPDX-License-Identifier: MIT */
/* Lists of patterns of names: "rnn*, embed/table". */
#ifndef RN_BASE_PATTERN_H
#define RN_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Splits the next pattern off a list, without the spaces around it; false at the end. */
bool rn__pattern_next(const char **list, const char **pattern, size_t *bytes);

/* Whether a name matches the pattern, in which * matches any text. */
bool rn__pattern_matches(const char *pattern, size_t bytes, const char *name);

#endif
