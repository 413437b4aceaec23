/* SPDX-License-Identifier: MIT */
/* Vocabularies: the table of tokens. */
#include "data/vocabulary.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

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
    rn__free(a, v->moved);
    rn__free(a, v);
}

const char *rn_vocabulary_error(const rn_vocabulary *v)
{
    return v ? v->fault.message : "vocabulary: NULL";
}

/* ---- the table ---- */

static void enter(rn_vocabulary *v, int32_t index)
{
    const rn__token *t = &v->token[index];
    rn__ahead a;
    rn__vocabulary_hash(v, v->pool + t->at, t->bytes, &a);
    size_t at = a.hash & (v->slots - 1);

    while (v->slot[at].index) at = (at + 1) & (v->slots - 1);
    if (t->bytes > 8) a.wanted.key = t->at;
    v->slot[at] = a.wanted;
    v->slot[at].index = index + 1;
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

int32_t rn__vocabulary_put(rn_vocabulary *v, const rn__ahead *a, int64_t times)
{
    const bool lower = v->options.lower;

    if (!make_slots(v)) return no_memory(v), -1;
    rn__token_slot *s = rn__vocabulary_slot(v, a);
    if (s->index == 0) {
        if (!make_room(v, a->bytes)) return no_memory(v), -1;
        v->token[v->count] = (rn__token){v->used, a->bytes, 0};
        for (size_t i = 0; i < a->bytes; i++)
            v->pool[v->used++] = rn__folded(a->token[i], lower);
        v->pool[v->used++] = 0;
        *s = a->wanted;
        if (a->bytes > 8) s->key = v->token[v->count].at;
        s->index = ++v->count;
    }
    int64_t *sum = &v->token[s->index - 1].times;
    *sum = times > INT64_MAX - *sum ? INT64_MAX : *sum + times;
    return s->index - 1;
}

int32_t rn__vocabulary_place(rn_vocabulary *v, const char *token, size_t bytes,
                             int64_t times)
{
    rn__ahead a;

    rn__vocabulary_hash(v, token, bytes, &a);
    if (times >= 0) return rn__vocabulary_put(v, &a, times);
    return v->slots ? rn__vocabulary_slot(v, &a)->index - 1 : -1;
}
