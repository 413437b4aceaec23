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

/* The same; `star` receives the text that each of the first RN__STARS * stands for. */
enum { RN__STARS = 8 };
typedef struct rn__star {
    const char *begin, *end;
} rn__star;
bool rn__pattern_stars(const char *pattern, size_t bytes, const char *name,
                       rn__star star[RN__STARS]);

/* Whether a name matches one of a list of patterns. */
bool rn__pattern_any(const char *list, const char *name);

#endif
