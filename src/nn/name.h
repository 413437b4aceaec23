/* SPDX-License-Identifier: MIT */
/* Names and paths of variables: joined, hashed, checked. */
#ifndef RN_NN_NAME_H
#define RN_NN_NAME_H

#include "node.h"

/* A 64-bit hash of a text. Files and random streams depend on it: it never changes. */
uint64_t rn__hash(const char *text);

/* A bijection of 64 bits in which every bit of the result depends on all of x. */
uint64_t rn__mix(uint64_t x);

/* "path/name", or name alone below the root; in the graph's arena. NULL with an error on
 * the graph when name is missing or empty, or without memory. */
const char *rn__path_join(rn_graph *graph, const char *path, const char *name);

/* Whether `bytes` bytes are well-formed UTF-8 (RFC 3629: shortest form, no surrogates). */
bool rn__utf8_valid(const char *text, size_t bytes);

/* NULL, or what makes the full name one that no file could hold. */
const char *rn__name_fault(const char *name);

#endif
