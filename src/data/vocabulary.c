/* SPDX-License-Identifier: MIT */
/* Vocabularies: the table of tokens. */
#include "data/vocabulary.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

rn_status rn__vocabulary_fail(rn_vocabulary *v, rn_status status, const char *format, ...)
{
    char text[sizeof v->fault.message];
    va_list arguments;

    if (v->status != RN_OK) return v->status;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    v->fault.message[0] = 0; /* that of an error that did not stay */
    rn__fault_set(&v->fault, status, "vocabulary", "%s", text);
    return v->status = status;
}

static rn_status no_memory(rn_vocabulary *v)
{
    return rn__vocabulary_fail(v, RN_NO_MEMORY, "out of memory");
}

rn_vocabulary *rn_vocabulary_new(rn_vocabulary_options options)
{
    rn_vocabulary *v = (rn_vocabulary *)rn__new(options.allocator, sizeof *v);

    if (!v) return NULL;
    v->options = options;
    if ((unsigned)options.split > RN_WHOLE)
        rn__vocabulary_fail(v, RN_INVALID, "no such way to split: %d", (int)options.split);
    else if (options.marks & ~15)
        rn__vocabulary_fail(v, RN_INVALID, "no such marks: %d", options.marks);
    else if (options.least < 0 || options.largest < 0)
        rn__vocabulary_fail(v, RN_INVALID, "least or largest is negative");
    return v;
}

void rn_vocabulary_free(rn_vocabulary *v)
{
    if (!v) return;
    const rn_allocator a = v->options.allocator;
    rn__free(a, v->token);
    rn__free(a, v->pool);
    rn__free(a, v->slot);
    rn__free(a, v);
}

const char *rn_vocabulary_error(const rn_vocabulary *v)
{
    return v ? v->fault.message : "vocabulary: NULL";
}

/* ---- the table ---- */

/* The lower case of the ASCII letters among 8 bytes. */
static inline uint64_t folded_8(uint64_t x)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low = x & (ones * 0x7F);
    const uint64_t from_a = low + ones * (0x80 - 'A'), above_z = low + ones * (0x7F - 'Z');

    return x | ((from_a & ~above_z & ~x & (ones * 0x80)) >> 2);
}

/* Bytes that are not more than 8, in an order that depends on their number alone. */
static inline uint64_t packed(const char *at, size_t bytes)
{
    uint32_t first = 0, last = 0;

    if (bytes >= 4) {
        memcpy(&first, at, 4);
        memcpy(&last, at + bytes - 4, 4);
    } else if (bytes > 0) {
        first = (uint32_t)(unsigned char)at[0] |
                (uint32_t)(unsigned char)at[bytes / 2] << 8 |
                (uint32_t)(unsigned char)at[bytes - 1] << 16;
    }
    return first | (uint64_t)last << 32;
}

uint64_t rn__vocabulary_hash(const rn_vocabulary *v, const char *token, size_t bytes,
                             rn__token_slot *slot)
{
    const bool lower = v->options.lower;
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t hash = bytes, x;

    if (bytes <= 8) {
        x = packed(token, bytes);
        slot->key = lower ? folded_8(x) : x;
        hash = rn__mix(slot->key + bytes * factor);
    } else {
        for (size_t at = 0; at < bytes; at += 8) {
            memcpy(&x, token + (at + 8 <= bytes ? at : bytes - 8), 8);
            hash = (hash ^ (lower ? folded_8(x) : x)) * factor;
            hash ^= hash >> 32;
        }
        hash = slot->key = rn__mix(hash);
    }
    slot->tag = (uint32_t)(hash >> 32 << 8) | (uint32_t)(bytes < 255 ? bytes : 255);
    return hash;
}

static bool is_token(const rn_vocabulary *v, int32_t index, const char *token, size_t bytes)
{
    const rn__token *t = &v->token[index];
    const char *own = v->pool + t->at;

    if (t->bytes != bytes) return false;
    if (!v->options.lower) return !memcmp(own, token, bytes);
    for (size_t i = 0; i < bytes; i++)
        if (own[i] != rn__folded(token[i], true)) return false;
    return true;
}

rn__token_slot *rn__vocabulary_slot(const rn_vocabulary *v, const char *token, size_t bytes,
                                    uint64_t hash, const rn__token_slot *wanted)
{
    size_t at = hash & (v->slots - 1);

    for (;; at = (at + 1) & (v->slots - 1)) {
        rn__token_slot *s = &v->slot[at];
        if (s->index == 0 || (s->key == wanted->key && s->tag == wanted->tag &&
                              (bytes <= 8 || is_token(v, s->index - 1, token, bytes))))
            return s;
    }
}

static void enter(rn_vocabulary *v, int32_t index)
{
    const rn__token *t = &v->token[index];
    rn__token_slot slot;
    size_t at = rn__vocabulary_hash(v, v->pool + t->at, t->bytes, &slot) & (v->slots - 1);

    while (v->slot[at].index) at = (at + 1) & (v->slots - 1);
    slot.index = index + 1;
    v->slot[at] = slot;
}

/* Room for one more token of so many bytes. */
static bool make_room(rn_vocabulary *v, size_t bytes)
{
    const rn_allocator a = v->options.allocator;

    if (v->count == v->capacity) {
        const int32_t capacity = v->capacity ? 2 * v->capacity : 256;
        if (v->capacity > INT32_MAX / 4) return false;
        rn__token *token =
            (rn__token *)rn__resize(a, v->token, (size_t)capacity * sizeof *v->token);
        if (!token) return false;
        v->token = token;
        v->capacity = capacity;
    }
    if (bytes >= v->room - v->used) {
        if (bytes > SIZE_MAX / 4 || v->room > SIZE_MAX / 4) return false;
        const size_t room = 2 * v->room + bytes + 4096;
        char *pool = (char *)rn__resize(a, v->pool, room);
        if (!pool) return false;
        v->pool = pool;
        v->room = room;
    }
    return true;
}

static bool make_slots(rn_vocabulary *v)
{
    if ((size_t)v->count < v->slots - v->slots / 4) return true;
    const size_t slots = v->slots ? 2 * v->slots : 1024;
    rn__token_slot *slot =
        (rn__token_slot *)rn__new(v->options.allocator, slots * sizeof *slot);
    if (!slot) return false;
    rn__free(v->options.allocator, v->slot);
    v->slot = slot;
    v->slots = slots;
    for (int32_t i = v->complete ? v->marks : 0; i < v->count; i++) enter(v, i);
    return true;
}

int32_t rn__vocabulary_place(rn_vocabulary *v, const char *token, size_t bytes,
                             int64_t times)
{
    const bool lower = v->options.lower;

    if (times < 0 && v->slots == 0) return -1;
    if (times >= 0 && !make_slots(v)) return no_memory(v), -1;
    rn__token_slot wanted;
    const uint64_t hash = rn__vocabulary_hash(v, token, bytes, &wanted);
    rn__token_slot *s = rn__vocabulary_slot(v, token, bytes, hash, &wanted);
    if (s->index == 0) {
        if (times < 0) return -1;
        if (!make_room(v, bytes)) return no_memory(v), -1;
        v->token[v->count] = (rn__token){v->used, bytes, 0};
        for (size_t i = 0; i < bytes; i++) v->pool[v->used++] = rn__folded(token[i], lower);
        v->pool[v->used++] = 0;
        wanted.index = ++v->count;
        *s = wanted;
    }
    if (times > 0) {
        int64_t *sum = &v->token[s->index - 1].times;
        *sum = times > INT64_MAX - *sum ? INT64_MAX : *sum + times;
    }
    return s->index - 1;
}
