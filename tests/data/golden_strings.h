/* SPDX-License-Identifier: MIT */
/* Strings of tests/golden/data_tables.h. */
#ifndef RN_TESTS_GOLDEN_STRINGS_H
#define RN_TESTS_GOLDEN_STRINGS_H

#include <stddef.h>

/* The next string of a list; goes on behind it. */
static inline const char *golden_next(const char **at, size_t *bytes)
{
    const char *text = *at + 2;

    *bytes = (size_t)((unsigned char)(*at)[0] + 256 * (unsigned char)(*at)[1]);
    *at = text + *bytes;
    return text;
}

#endif
