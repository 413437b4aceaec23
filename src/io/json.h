/* SPDX-License-Identifier: MIT */
/*
 * As much JSON (RFC 8259) as file headers need: objects, arrays, strings and natural
 * numbers, read token by token by one who knows what must come. Nothing nests by itself, so
 * there is no depth to be limited. Strict: no comments, no trailing commas, no other
 * numbers.
 */
#ifndef RN_IO_JSON_H
#define RN_IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rn__json {
    char *at, *end;    /* what is still to be read; strings are decoded in place */
    const char *fault; /* what was wrong first; NULL: nothing */
} rn__json;

/* Skips blanks and the character; false, with the fault "<what>", if another is there. */
bool rn__json_expect(rn__json *json, char character, const char *what);

/* Skips blanks; true and past the character if it is there. */
bool rn__json_accept(rn__json *json, char character);

/* A string, decoded, with a 0 behind it; one that holds a 0 is refused. NULL after a
 * fault. */
char *rn__json_string(rn__json *json);

/* A number of digits alone, without leading zeros, that fits 64 bits. */
bool rn__json_natural(rn__json *json, uint64_t *value);

/* True if nothing but blanks is left. */
bool rn__json_ends(rn__json *json);

#endif
