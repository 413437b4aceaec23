/* SPDX-License-Identifier: MIT */
/*
 * As much JSON (RFC 8259) as file headers need: objects, arrays, strings and natural
 * numbers. The caller reads token by token and knows what must come next, so nesting needs
 * no recursion and no limit. Strict: no comments, no trailing commas, no other numbers.
 */
#ifndef RN_IO_JSON_H
#define RN_IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rn__json {
    char *at, *end;    /* the rest to be read; strings are decoded in place */
    const char *fault; /* the first error; NULL: none */
} rn__json;

/* Skips blanks and the character; false, with the fault `what`, if another one is next. */
bool rn__json_expect(rn__json *json, char character, const char *what);

/* Skips blanks; if the character is next, skips it and returns true. */
bool rn__json_accept(rn__json *json, char character);

/* A decoded string with a terminating 0; a string that contains a 0 is refused. NULL after
 * a fault. */
char *rn__json_string(rn__json *json);

/* A number of digits only, without leading zeros, that fits 64 bits. */
bool rn__json_natural(rn__json *json, uint64_t *value);

/* Whether only blanks are left. */
bool rn__json_ends(rn__json *json);

#endif
