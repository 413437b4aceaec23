/* SPDX-License-Identifier: MIT */
/* A hash table with open addressing; at least half of its slots are free. */
#include "graph/index.h"

typedef struct rn__index_slot {
    rn__key key; /* `of` is NULL: free */
    int32_t node;
} rn__index_slot;

enum { FEWEST = 64 };

static uint32_t hash_of(rn__key key)
{
    uint64_t hash = (uint64_t)(uintptr_t)key.of;

    hash = (hash ^ (uint64_t)(uint32_t)key.kind) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 32 ^ (uint64_t)(uint32_t)key.id) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash >> 32);
}

static bool same(rn__key a, rn__key b)
{
    return a.of == b.of && a.kind == b.kind && a.id == b.id;
}

/* The slot of the key, or the free slot where it belongs. */
static rn__index_slot *slot_of(const rn__index *index, rn__key key)
{
    uint32_t at = hash_of(key) & (index->slots - 1);

    while (index->slot[at].key.of && !same(index->slot[at].key, key))
        at = (at + 1) & (index->slots - 1);
    return &index->slot[at];
}

int32_t rn__index_find(const rn__index *index, rn__key key)
{
    if (!index->slots) return -1;
    const rn__index_slot *slot = slot_of(index, key);
    return slot->key.of ? slot->node : -1;
}

static bool grow(rn_allocator a, rn__index *index)
{
    rn__index more = {.slots = index->slots ? 2 * index->slots : FEWEST,
                      .count = index->count};

    more.slot = (rn__index_slot *)rn__new(a, (size_t)more.slots * sizeof *more.slot);
    if (!more.slot) return false;
    for (uint32_t i = 0; i < index->slots; i++)
        if (index->slot[i].key.of) *slot_of(&more, index->slot[i].key) = index->slot[i];
    rn__index_finish(a, index);
    *index = more;
    return true;
}

bool rn__index_add(rn_allocator a, rn__index *index, rn__key key, int32_t node)
{
    if (2 * (index->count + 1) > index->slots && !grow(a, index)) return false;
    *slot_of(index, key) = (rn__index_slot){key, node};
    index->count++;
    return true;
}

void rn__index_finish(rn_allocator a, rn__index *index)
{
    rn__free(a, index->slot);
    *index = (rn__index){0};
}
