/* SPDX-License-Identifier: MIT */
/*
 * Vocabularies: looking tokens up.
 *
 * Some tokens are split first, while the processor fetches their slots: a table of many
 * words does not fit the caches near it. A token of at most 8 bytes is its own key:
 *
 *   key  = the bytes, the first one lowest, then zeros
 *   hash = mix(key, number of bytes)
 */
#include <string.h>

#include "data/letters.h"
#include "data/split.h"
#include "data/vocabulary.h"

static const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);

/* ---- hashes ---- */

/* The lower case of the ASCII letters among 8 bytes. */
static inline uint64_t folded_8(uint64_t x)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low = x & (ones * 0x7F);
    const uint64_t from_a = low + ones * (0x80 - 'A'), above_z = low + ones * (0x7F - 'Z');

    return x | ((from_a & ~above_z & ~x & (ones * 0x80)) >> 2);
}

/* At most 8 bytes. In the other order of bytes the keys are others, and as good. */
static inline uint64_t packed(const char *at, size_t bytes)
{
    uint32_t first, last;
    uint64_t x = 0;

    if (bytes >= 4) {
        memcpy(&first, at, 4);
        memcpy(&last, at + bytes - 4, 4);
        return first | (uint64_t)last << (8 * (bytes - 4));
    }
    for (size_t i = 0; i < bytes; i++) x |= (uint64_t)(unsigned char)at[i] << (8 * i);
    return x;
}

/* 8 bytes of a token longer than that: the last ones, where not so many are left. */
static inline uint64_t bytes_at(const char *token, size_t bytes, size_t at)
{
    uint64_t x;

    memcpy(&x, token + (at + 8 <= bytes ? at : bytes - 8), 8);
    return x;
}

static inline uint64_t mix(uint64_t x)
{
    x *= factor;
    x ^= x >> 32;
    x *= factor;
    return x ^ x >> 32;
}

/* Members one by one: they are read soon, and a copy of a record waits for its stores. */
static inline void set(rn__ahead *a, const char *token, size_t bytes, uint64_t key,
                       uint64_t hash)
{
    a->token = token;
    a->bytes = bytes;
    a->hash = hash;
    a->wanted.key = key;
    a->wanted.tag = (uint32_t)(hash >> 32 << 8) | (uint32_t)(bytes < 255 ? bytes : 255);
}

static inline void set_short(const rn_vocabulary *v, rn__ahead *a, const char *token,
                             size_t bytes, uint64_t key)
{
    if (v->options.lower) key = folded_8(key);
    set(a, token, bytes, key, mix(key + bytes));
}

static inline void set_long(const rn_vocabulary *v, rn__ahead *a, const char *token,
                            size_t bytes)
{
    const bool lower = v->options.lower;
    uint64_t hash = bytes;

    for (size_t at = 0; at < bytes; at += 8) {
        const uint64_t x = bytes_at(token, bytes, at);
        hash = (hash ^ (lower ? folded_8(x) : x)) * factor;
        hash ^= hash >> 32;
    }
    set(a, token, bytes, 0, mix(hash));
}

void rn__vocabulary_hash(const rn_vocabulary *v, const char *token, size_t bytes,
                         rn__ahead *a)
{
    if (bytes <= 8)
        set_short(v, a, token, bytes, packed(token, bytes));
    else
        set_long(v, a, token, bytes);
}

/* ---- tokens ahead ---- */

/* The next token if it is a word, or one character, of ASCII, as most are. False: it may be
 * another, and t is as it was. */
static inline bool plain_word(const rn_vocabulary *v, rn_tokens *t, bool last, rn__ahead *a)
{
    const char *at = t->next, *const end = t->end;
    uint64_t x, others;

    while (at < end && *at == ' ') at++;
    const char *stop = at, *const token = at;
    for (;; stop += 8) {
        const size_t left = (size_t)(end - stop);
        if (left >= 8)
            memcpy(&x, stop, 8);
        else
            x = packed(stop, left);
        others = rn__no_letters(x);
        if (others) break;
    }
    const size_t n = (size_t)__builtin_ctzll(others) / 8;
    stop += n;
    if (stop == end ? !last || stop == at : (*stop & 0x80) || *stop == '\'') return false;
    if (stop == at) {
        if (*at <= ' ' || *at == 0x7F) return false;
        stop++;
    }
    t->next = stop;
    if (stop - token < 8)
        set_short(v, a, token, (size_t)(stop - token),
                  x & (~UINT64_C(0) >> (64 - 8 * (stop - token))));
    else if (stop - token == 8)
        set_short(v, a, token, 8, packed(token, 8));
    else
        set_long(v, a, token, (size_t)(stop - token));
    return true;
}

int rn__vocabulary_ahead(const rn_vocabulary *v, rn_tokens *t, bool last, rn__ahead *a,
                         int most)
{
    const bool words = RN__LITTLE && t->split == RN_WORDS;
    int n = 0;

    for (; n < most; n++, a++) {
        if (!words || !plain_word(v, t, last, a)) {
            t->token = NULL;
            if (!rn__split_next(t, last)) break;
            rn__vocabulary_hash(v, t->token, t->bytes, a);
        }
        a->next = t->next;
        if (v->slots) __builtin_prefetch(&v->slot[a->hash & (v->slots - 1)]);
    }
    return n;
}

/* ---- the table ---- */

/* Whether the token of a slot is this one, of more than 8 bytes and with the same tag. */
static inline bool same_long(const rn_vocabulary *v, const rn__token_slot *s,
                             const char *token, size_t bytes)
{
    const char *own = v->pool + s->key;
    const bool lower = v->options.lower;

    if (bytes >= 255 && v->token[s->index - 1].bytes != bytes) return false;
    for (size_t at = 0; at < bytes; at += 8) {
        const uint64_t x = bytes_at(token, bytes, at);
        if ((lower ? folded_8(x) : x) != bytes_at(own, bytes, at)) return false;
    }
    return true;
}

static inline rn__token_slot *find(const rn_vocabulary *v, const rn__ahead *a)
{
    for (size_t at = a->hash;; at++) {
        rn__token_slot *s = &v->slot[at & (v->slots - 1)];
        if (s->index == 0 || (s->tag == a->wanted.tag &&
                              (a->bytes <= 8 ? s->key == a->wanted.key
                                             : same_long(v, s, a->token, a->bytes))))
            return s;
    }
}

rn__token_slot *rn__vocabulary_slot(const rn_vocabulary *v, const rn__ahead *a)
{
    return find(v, a);
}

/* ---- texts ---- */

/* Characters and bytes that the table of bytes has. */
static int64_t known_bytes(const rn_vocabulary *v, rn_tokens *t, int32_t *to, int64_t room)
{
    const int32_t *byte = v->byte_index;
    int64_t n = 0;
    int32_t index;

    while (n < room && t->next < t->end && (index = byte[(unsigned char)*t->next]) >= 0)
        to[n++] = index, t->next++;
    return n;
}

/* Sets *more if there may be more tokens. */
static int64_t some_indices(rn_vocabulary *v, rn_tokens *t, bool last, int32_t *to,
                            int64_t room, bool *more)
{
    const int most = room < RN__TOGETHER ? (int)room : RN__TOGETHER;
    const int32_t unknown = rn_vocabulary_mark(v, RN_MARK_UNKNOWN);
    rn__ahead ahead[RN__TOGETHER];
    const int n = rn__vocabulary_ahead(v, t, last, ahead, most);

    *more = n == most;
    for (int i = 0; i < n; i++) {
        const int32_t index = v->slots ? find(v, &ahead[i])->index - 1 : -1;
        to[i] = index >= 0 ? index : unknown;
        if (to[i] >= 0) continue;
        t->token = ahead[i].token;
        t->bytes = ahead[i].bytes;
        t->next = ahead[i].next;
        t->bad = true;
        return i;
    }
    return n;
}

int64_t rn__vocabulary_indices(rn_vocabulary *v, rn_tokens *t, bool last, int32_t *to,
                               int64_t room)
{
    const bool bytes = t->split == RN_CHARACTERS || t->split == RN_BYTES;
    bool more = true;
    int64_t n = 0;

    while (n < room && more && !t->bad) {
        if (bytes) n += known_bytes(v, t, to + n, room - n);
        if (n < room) n += some_indices(v, t, last, to + n, bytes ? 1 : room - n, &more);
    }
    return n;
}
