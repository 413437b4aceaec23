/* SPDX-License-Identifier: MIT */
/* A hash table that finds existing nodes of a graph. */
#ifndef RN_GRAPH_INDEX_H
#define RN_GRAPH_INDEX_H

#include "base/arena.h"

/* The kinds of keys. `of` is the variable for VARIABLE and USE, else the loop. */
typedef enum rn__index_kind {
    RN__INDEX_VARIABLE, /* its leaf */
    RN__INDEX_CAPTURE,  /* the body's leaf of outer tensor `id` */
    RN__INDEX_EACH,     /* the same for a step input */
    RN__INDEX_GET,      /* + rn__get_kind: the output for the body's node `id` */
    RN__INDEX_USE = RN__INDEX_GET + 3 /* + graph and purpose: the leaf used through the
                                         sharing `id`; nn/scope.c */
} rn__index_kind;

typedef struct rn__key {
    const void *of;
    int32_t kind, id;
} rn__key;

typedef struct rn__index {
    struct rn__index_slot *slot;
    uint32_t slots, count;
} rn__index;

/* The node's id, or -1 if there is none. */
int32_t rn__index_find(const rn__index *index, rn__key key);

/* Adds a new key. False if out of memory. */
bool rn__index_add(rn_allocator a, rn__index *index, rn__key key, int32_t node);

void rn__index_finish(rn_allocator a, rn__index *index);

#endif
