/* SPDX-License-Identifier: MIT */
/* Vocabularies: counting tokens. */
#include "data/vocabulary.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "data/place.h"
#include "data/split.h"
#include "data/window.h"

rn_status rn__vocabulary_fail(rn_vocabulary *v, rn_status status, const char *format, ...)
{
    char text[sizeof v->fault.message];
    va_list arguments;

    if (v->status != RN_OK) return v->status;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
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

static inline char folded(char c, bool lower)
{
    return lower && (unsigned char)(c - 'A') < 26 ? (char)(c | 0x20) : c;
}

static uint64_t hash_of(const char *token, size_t bytes, bool lower)
{
    uint64_t h = bytes;

    for (size_t i = 0; i < bytes; i++)
        h = (h ^ (unsigned char)folded(token[i], lower)) * UINT64_C(0x9E3779B97F4A7C15);
    return rn__mix(h);
}

static bool is_token(const rn_vocabulary *v, int32_t index, const char *token, size_t bytes)
{
    const rn__token *t = &v->token[index];
    const char *own = v->pool + t->at;

    if (t->bytes != bytes) return false;
    if (!v->options.lower) return !memcmp(own, token, bytes);
    for (size_t i = 0; i < bytes; i++)
        if (own[i] != folded(token[i], true)) return false;
    return true;
}

/* Where the token is in the table, or would be. There are slots. */
static rn__token_slot *find(const rn_vocabulary *v, const char *token, size_t bytes,
                            uint64_t hash)
{
    size_t at = hash & (v->slots - 1);

    for (;; at = (at + 1) & (v->slots - 1)) {
        rn__token_slot *s = &v->slot[at];
        if (s->index == 0 ||
            (s->tag == (uint32_t)(hash >> 32) && is_token(v, s->index - 1, token, bytes)))
            return s;
    }
}

static void enter(rn_vocabulary *v, int32_t index)
{
    const rn__token *t = &v->token[index];
    const uint64_t hash = hash_of(v->pool + t->at, t->bytes, false);
    size_t at = hash & (v->slots - 1);

    while (v->slot[at].index) at = (at + 1) & (v->slots - 1);
    v->slot[at] = (rn__token_slot){(uint32_t)(hash >> 32), index + 1};
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
    if ((size_t)v->count < v->slots / 2) return true;
    const size_t slots = v->slots ? 4 * v->slots : 1024;
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
    const uint64_t hash = hash_of(token, bytes, lower);
    rn__token_slot *s = find(v, token, bytes, hash);
    if (s->index == 0) {
        if (times < 0) return -1;
        if (!make_room(v, bytes)) return no_memory(v), -1;
        v->token[v->count] = (rn__token){v->used, bytes, 0};
        for (size_t i = 0; i < bytes; i++) v->pool[v->used++] = folded(token[i], lower);
        v->pool[v->used++] = 0;
        *s = (rn__token_slot){(uint32_t)(hash >> 32), ++v->count};
    }
    if (times > 0) {
        int64_t *sum = &v->token[s->index - 1].times;
        *sum = times > INT64_MAX - *sum ? INT64_MAX : *sum + times;
    }
    return s->index - 1;
}

/* ---- counting ---- */

rn_tokens rn__vocabulary_tokens(const rn_vocabulary *v, const char *text, size_t bytes)
{
    return (rn_tokens){.next = text,
                       .end = text + bytes,
                       .split = v->options.split,
                       .replace = v->options.replace};
}

/* Counts what is complete. */
static void count(rn_vocabulary *v, rn_tokens *t, bool last)
{
    const bool lower = v->options.lower;

    for (;;) {
        if (t->split == RN_CHARACTERS)
            for (; t->next < t->end && !(*t->next & 0x80); t->next++)
                v->byte_times[(unsigned char)folded(*t->next, lower)]++;
        if (!rn__split_next(t, last)) return;
        if (t->split == RN_BYTES)
            v->byte_times[(unsigned char)folded(*t->token, lower)]++;
        else if (rn__vocabulary_place(v, t->token, t->bytes, 1) < 0)
            return;
    }
}

const char *rn__shown(const char *text, size_t bytes, char shown[RN__SHOWN])
{
    size_t used = 0;

    for (const char *at = text, *end = text + bytes; at < end;) {
        uint32_t code;
        const int length = rn__utf8_next(at, end, &code);
        const bool bad = length <= 0 || code < 0x20 || code == 0x7F;
        if (used + 8 > RN__SHOWN) {
            memcpy(shown + used, "...", 3);
            used += 3;
            break;
        }
        memcpy(shown + used, bad ? "?" : at, bad ? 1 : (size_t)length);
        used += bad ? 1 : (size_t)length;
        at += length > 0 ? length : 1;
    }
    shown[used] = 0;
    return shown;
}

/* The token is not part of the text if it is U+FFFD. */
const char *rn__bad_at(const rn_tokens *t)
{
    const bool whole = !t->next, own = t->token && !whole && t->next - t->bytes == t->token;

    return whole || own ? t->token : t->next;
}

const char *rn__bad_why(const rn_tokens *t, char why[RN__SHOWN + 40])
{
    char shown[RN__SHOWN];

    if (t->token)
        snprintf(why, RN__SHOWN + 40, "not in the vocabulary: \"%s\"",
                 rn__shown(t->token, t->bytes, shown));
    else
        snprintf(why, RN__SHOWN + 40, "invalid UTF-8: byte 0x%02X",
                 (unsigned)(unsigned char)*t->next);
    return why;
}

static rn_status open_for(rn_vocabulary *v, const void *what, const char *function)
{
    if (!v) return RN_INVALID;
    if (v->status != RN_OK) return v->status;
    if (v->complete)
        return rn__vocabulary_fail(v, RN_INVALID, "%s: it is complete already", function);
    return what ? RN_OK : rn__vocabulary_fail(v, RN_INVALID, "%s: NULL", function);
}

rn_status rn_vocabulary_add(rn_vocabulary *v, const char *text, size_t bytes)
{
    char why[RN__SHOWN + 40];
    const rn_status status = open_for(v, text, "add");

    if (status != RN_OK) return status;
    rn_tokens t = rn__vocabulary_tokens(v, text, bytes);
    count(v, &t, true);
    if (!t.bad) return v->status;
    const rn__place at = rn__place_of((rn__place){1, 1}, text, (size_t)(t.next - text));
    t.token = NULL;
    return rn__vocabulary_fail(v, RN_BAD_VALUE, "add: line %lld, column %lld: %s",
                               (long long)at.line, (long long)at.column,
                               rn__bad_why(&t, why));
}

rn_status rn_vocabulary_add_token(rn_vocabulary *v, const char *token, size_t bytes,
                                  int64_t times)
{
    const rn_status status = open_for(v, token, "add_token");

    if (status != RN_OK) return status;
    if (times < 0) return rn__vocabulary_fail(v, RN_INVALID, "add_token: a negative count");
    rn__vocabulary_place(v, token, bytes, times);
    return v->status;
}

/* ---- a file ---- */

typedef struct counting {
    rn_vocabulary *v;
    size_t bad; /* where in the file */
    char why[RN__SHOWN + 40];
} counting;

static size_t bad_in(counting *c, rn_tokens *t, const char *from, size_t position)
{
    t->token = NULL;
    c->bad = position + (size_t)(t->next - from);
    rn__bad_why(t, c->why);
    return RN__STOP;
}

/* The lines of a piece are one token each. */
static size_t count_lines(counting *c, const char *at, size_t bytes, bool last, size_t from)
{
    const char *line = at, *end = at + bytes;

    while (line < end) {
        const char *stop = (const char *)memchr(line, '\n', (size_t)(end - line));
        if (!stop && !last) break;
        const char *next = stop ? stop + 1 : end;
        if (!stop) stop = end;
        stop -= stop > line && stop[-1] == '\r';
        rn_tokens t = rn__vocabulary_tokens(c->v, line, (size_t)(stop - line));
        count(c->v, &t, true);
        if (t.bad) return bad_in(c, &t, at, from);
        if (c->v->status != RN_OK) return RN__STOP;
        line = next;
    }
    return (size_t)(line - at);
}

static size_t count_piece(void *self, const char *at, size_t bytes, bool last, size_t from)
{
    counting *c = (counting *)self;

    if (c->v->options.split == RN_WHOLE) return count_lines(c, at, bytes, last, from);
    rn_tokens t = rn__vocabulary_tokens(c->v, at, bytes);
    count(c->v, &t, last);
    if (t.bad) return bad_in(c, &t, at, from);
    return c->v->status == RN_OK ? (size_t)(t.next - at) : RN__STOP;
}

rn_status rn_vocabulary_add_file(rn_vocabulary *v, const char *path)
{
    rn_status status = open_for(v, path, "add_file");
    counting c = {.v = v};
    rn__window w;

    if (status != RN_OK) return status;
    status = rn__window_open(&w, v->options.allocator, path, &v->fault);
    if (status == RN_OK) status = rn__window_scan(&w, count_piece, &c, &v->fault);
    if (c.why[0]) status = rn__window_fault(&w, c.bad, &v->fault, RN_BAD_FILE, "%s", c.why);
    rn__window_close(&w);
    if (v->status == RN_OK) v->status = status;
    return v->status;
}
