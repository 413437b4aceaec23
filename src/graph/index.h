/* SPDX-License-Identifier: MIT */
/* Finding what a graph has already, without looking through it: a hash table. */
#ifndef RN_GRAPH_INDEX_H
#define RN_GRAPH_INDEX_H

#include "base/arena.h"

/* What a node stands for. `of` is the variable (VARIABLE, USE), or the loop. */
typedef enum rn__index_kind {
    RN__INDEX_VARIABLE, /* its leaf */
    RN__INDEX_CAPTURE,  /* the body's leaf of outer tensor `id` */
    RN__INDEX_EACH,     /* the same for a step input */
    RN__INDEX_GET,      /* + rn__get_kind: the output made of the body's node `id` */
    RN__INDEX_USE = RN__INDEX_GET + 3 /* + graph and purpose: its leaf, once it was asked
                                         for through sharing `id`; nn/scope.c */
} rn__index_kind;

typedef struct rn__key {
    const void *of;
    int32_t kind, id;
} rn__key;

typedef struct rn__index {
    struct rn__index_slot *slot;
    uint32_t slots, count;
} rn__index;

/* The node's id, -1 if there is none. */
int32_t rn__index_find(const rn__index *index, rn__key key);

/* Adds a key that is not there yet. False without memory. */
bool rn__index_add(rn_allocator a, rn__index *index, rn__key key, int32_t node);

void rn__index_finish(rn_allocator a, rn__index *index);

#endif
