/* SPDX-License-Identifier: MIT */
/* Memory: every allocation of the library passes through here. */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

static void *system_reallocate(void *user, void *memory, size_t bytes)
{
    (void)user;
    if (bytes == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, bytes);
}

void *rn__resize(rn_allocator a, void *memory, size_t bytes)
{
    const rn_reallocate reallocate = a.reallocate ? a.reallocate : system_reallocate;

    return reallocate(a.user, memory, bytes ? bytes : 1);
}

void *rn__allocate(rn_allocator a, size_t bytes)
{
    return rn__resize(a, NULL, bytes);
}

void *rn__new(rn_allocator a, size_t bytes)
{
    void *memory = rn__allocate(a, bytes);

    if (memory) memset(memory, 0, bytes);
    return memory;
}

void rn__free(rn_allocator a, void *memory)
{
    const rn_reallocate reallocate = a.reallocate ? a.reallocate : system_reallocate;

    if (memory) reallocate(a.user, memory, 0);
}

char *rn__copy_string(rn_allocator a, const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *copy = (char *)rn__allocate(a, bytes);

    if (copy) memcpy(copy, text, bytes);
    return copy;
}

bool rn__multiply(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b) return false;
    *out = a * b;
    return true;
}

bool rn__sum_sizes(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b) return false;
    *out = a + b;
    return true;
}

/* ---- aligned memory; the allocator's pointer is stored in front of it ---- */

enum { ALIGNMENT = 64 };

void *rn__allocate_aligned(rn_allocator a, size_t bytes, bool zero)
{
    size_t whole;
    if (!rn__sum_sizes(bytes, ALIGNMENT + sizeof(void *), &whole)) return NULL;
    /* calloc gets zeroed pages from the system, so a large workspace need not be
     * cleared. */
    char *memory =
        (char *)(zero && !a.reallocate ? calloc(1, whole) : rn__allocate(a, whole));
    if (!memory) return NULL;
    const uintptr_t first = (uintptr_t)memory + sizeof(void *);
    char *aligned = memory + sizeof(void *) + (ALIGNMENT - first % ALIGNMENT) % ALIGNMENT;

    memcpy(aligned - sizeof(void *), &memory, sizeof memory);
    if (zero && a.reallocate) memset(aligned, 0, bytes);
    return aligned;
}

void rn__free_aligned(rn_allocator a, void *memory)
{
    void *given;

    if (!memory) return;
    memcpy(&given, (char *)memory - sizeof(void *), sizeof given);
    rn__free(a, given);
}

/* ---- the arena ---- */

typedef struct rn__arena_block rn__arena_block;
struct rn__arena_block {
    rn__arena_block *next;
    size_t capacity;
};

enum { BLOCK = 16384, HEAD = (sizeof(rn__arena_block) + 15) / 16 * 16 };

void *rn__arena_new(rn__arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) return NULL;
    bytes = (bytes + 15) / 16 * 16;

    if (!arena->blocks || arena->blocks->capacity - arena->used < bytes) {
        const size_t capacity = bytes > BLOCK ? bytes : BLOCK;
        rn__arena_block *block =
            (rn__arena_block *)rn__allocate(arena->allocator, HEAD + capacity);
        if (!block) return NULL;
        *block = (rn__arena_block){arena->blocks, capacity};
        arena->blocks = block;
        arena->used = 0;
    }
    char *memory = (char *)arena->blocks + HEAD + arena->used;
    arena->used += bytes;
    return memset(memory, 0, bytes);
}

char *rn__arena_string(rn__arena *arena, const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *copy = (char *)rn__arena_new(arena, bytes);

    if (copy) memcpy(copy, text, bytes);
    return copy;
}

void rn__arena_finish(rn__arena *arena)
{
    while (arena->blocks) {
        rn__arena_block *block = arena->blocks;
        arena->blocks = block->next;
        rn__free(arena->allocator, block);
    }
    arena->used = 0;
}
