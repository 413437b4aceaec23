/* SPDX-License-Identifier: MIT */
/* Memory: the replaceable allocator, and the arena for a graph's small objects. */
#ifndef RN_GRAPH_ARENA_H
#define RN_GRAPH_ARENA_H

#include "rondo/types.h"

/* Allocates `bytes` bytes, zeroed by rn__new. NULL if out of memory. */
void *rn__allocate(rn_allocator a, size_t bytes);
void *rn__new(rn_allocator a, size_t bytes);
void *rn__resize(rn_allocator a, void *memory, size_t bytes);
void rn__free(rn_allocator a, void *memory);
char *rn__copy_string(rn_allocator a, const char *text);

/* 64-byte aligned, zeroed on request; freed with rn__free_aligned. */
void *rn__allocate_aligned(rn_allocator a, size_t bytes, bool zero);
void rn__free_aligned(rn_allocator a, void *memory);

/* True, with a * b (a + b) in *out, if it fits a size_t. */
bool rn__multiply(size_t a, size_t b, size_t *out);
bool rn__sum_sizes(size_t a, size_t b, size_t *out);

/* Objects that are freed together. */
typedef struct rn__arena {
    rn_allocator allocator;
    struct rn__arena_block *blocks;
    size_t used;
} rn__arena;

/* Zeroed, 16-byte aligned; NULL if out of memory. */
void *rn__arena_new(rn__arena *arena, size_t bytes);
char *rn__arena_string(rn__arena *arena, const char *text);
void rn__arena_finish(rn__arena *arena);

#endif
