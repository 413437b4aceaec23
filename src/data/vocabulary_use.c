/* SPDX-License-Identifier: MIT */
/* Vocabularies: indices. */
#include <string.h>

#include "base/arena.h"
#include "base/sort.h"
#include "data/vocabulary.h"

const char *const rn__mark_names[RN__MARKS] = {"padding", "unknown", "begin", "end"};
const char *const rn__split_names[] = {"characters", "words", "bytes", "whole"};

/* ---- completing ---- */

static int marks_below(int marks, int mark)
{
    int count = 0;

    for (int bit = 1; bit < mark; bit *= 2) count += (marks & bit) != 0;
    return count;
}

void rn__vocabulary_finish(rn_vocabulary *v)
{
    const bool bytes = v->options.split == RN_BYTES;

    v->complete = true;
    memset(v->byte_index, -1, sizeof v->byte_index);
    if (v->options.split != RN_CHARACTERS && !bytes) return;
    for (int c = 0; c < (bytes ? 256 : 128); c++) {
        const char letter = (char)(unsigned char)c;
        v->byte_index[c] = rn__vocabulary_place(v, &letter, 1, -1);
    }
}

/* What the sort compares. */
typedef struct sorted {
    const char *text;
    rn__token token;
    int32_t index;
} sorted;

static int compare(const void *a, const void *b)
{
    const sorted *x = (const sorted *)a, *y = (const sorted *)b;
    const size_t least = x->token.bytes < y->token.bytes ? x->token.bytes : y->token.bytes;

    if (x->token.times != y->token.times) return x->token.times > y->token.times ? -1 : 1;
    const int order = memcmp(x->text, y->text, least);
    if (order) return order;
    return x->token.bytes < y->token.bytes ? -1 : x->token.bytes > y->token.bytes;
}

void rn__vocabulary_begin(rn_vocabulary *v)
{
    for (int i = 0; i < RN__MARKS; i++)
        if (v->options.marks & 1 << i) {
            char name[16] = "<";
            strcat(strcat(name, rn__mark_names[i]), ">");
            rn__vocabulary_place(v, name, strlen(name), 0);
        }
    v->marks = v->count;
    /* Marks are no text, so a text that is spelled like one does not find them. */
    if (v->slots) memset(v->slot, 0, v->slots * sizeof *v->slot);
    v->complete = true;
}

/* Starts again with these tokens, the first `count`. */
static void place_all(rn_vocabulary *v, const void *const *order, int64_t count)
{
    rn__vocabulary_begin(v);
    for (int64_t i = 0; i < count && v->status == RN_OK; i++) {
        const sorted *s = (const sorted *)order[i];
        rn__vocabulary_place(v, s->text, s->token.bytes, s->token.times);
    }
}

/* Notes the new indices, for who has the old ones. */
static bool note(rn_vocabulary *v, const void *const *order, int64_t count, int32_t marks)
{
    if (!v->memo) return true;
    v->moved = (int32_t *)rn__allocate(v->options.allocator,
                                       ((size_t)v->count + 1) * sizeof *v->moved);
    if (!v->moved) return false;
    memset(v->moved, -1, (size_t)v->count * sizeof *v->moved);
    for (int32_t i = 0; i < count; i++)
        v->moved[((const sorted *)order[i])->index] = marks + i;
    return true;
}

static rn_status rebuild(rn_vocabulary *v, const void **order, sorted *item)
{
    const int64_t least = v->options.least > 1 ? v->options.least : 1;
    const int32_t marks = marks_below(v->options.marks, 16);
    int64_t kept = 0;
    rn_vocabulary old = *v;

    for (int32_t i = 0; i < v->count; i++) {
        if (v->token[i].times < least) continue;
        item[kept] = (sorted){v->pool + v->token[i].at, v->token[i], i};
        order[kept] = &item[kept];
        kept++;
    }
    rn__sort(order, order + v->count, (size_t)kept, compare);
    if (v->options.largest && kept > v->options.largest - marks)
        kept = v->options.largest - marks;
    if (kept < 0 || kept + marks == 0)
        return rn__vocabulary_fail(v, RN_INVALID,
                                   kept < 0 ? "fewer indices than marks" : "no tokens");
    if (!note(v, order, kept, marks))
        return rn__vocabulary_fail(v, RN_NO_MEMORY, "out of memory");
    v->token = NULL, v->pool = NULL, v->slot = NULL;
    v->count = v->capacity = 0;
    v->used = v->room = v->slots = 0;
    place_all(v, order, kept);
    rn__free(v->options.allocator, old.token);
    rn__free(v->options.allocator, old.pool);
    rn__free(v->options.allocator, old.slot);
    if (v->status == RN_OK) rn__vocabulary_finish(v);
    return v->status;
}

rn_status rn_vocabulary_complete(rn_vocabulary *v)
{
    if (!v) return RN_INVALID;
    if (v->status != RN_OK || v->complete) return v->status;
    for (int c = 0; c < 256; c++) {
        const char letter = (char)(unsigned char)c;
        if (v->byte_times[c]) rn__vocabulary_place(v, &letter, 1, v->byte_times[c]);
    }
    if (v->status != RN_OK) return v->status;

    const size_t each = 2 * sizeof(void *) + sizeof(sorted);
    const void **order =
        (const void **)rn__allocate(v->options.allocator, ((size_t)v->count + 1) * each);
    if (!order) return rn__vocabulary_fail(v, RN_NO_MEMORY, "out of memory");
    rebuild(v, order, (sorted *)(void *)(order + 2 * (size_t)v->count));
    rn__free(v->options.allocator, order);
    return v->status;
}

/* ---- look-up ---- */

static bool ready(rn_vocabulary *v)
{
    return rn_vocabulary_complete(v) == RN_OK;
}

int32_t rn_vocabulary_count(rn_vocabulary *v)
{
    return ready(v) ? v->count : 0;
}

int32_t rn_vocabulary_mark(rn_vocabulary *v, rn_mark mark)
{
    if (!ready(v) || mark <= 0 || (mark & (mark - 1)) || !(v->options.marks & (int)mark))
        return -1;
    return marks_below(v->options.marks, (int)mark);
}

int32_t rn_vocabulary_find(rn_vocabulary *v, const char *token, size_t bytes)
{
    if (!ready(v) || !token) return -1;
    const int32_t index = rn__vocabulary_place(v, token, bytes, -1);
    return index >= 0 ? index : rn_vocabulary_mark(v, RN_MARK_UNKNOWN);
}

const char *rn_vocabulary_token(rn_vocabulary *v, int32_t index, size_t *bytes)
{
    if (bytes) *bytes = 0;
    if (!ready(v) || index < 0 || index >= v->count) return NULL;
    if (bytes) *bytes = v->token[index].bytes;
    return v->pool + v->token[index].at;
}

int64_t rn_vocabulary_times(rn_vocabulary *v, int32_t index)
{
    return ready(v) && index >= 0 && index < v->count ? v->token[index].times : 0;
}

/* ---- texts ---- */

int rn__vocabulary_ends(const rn_vocabulary *v)
{
    return ((v->options.marks & RN_MARK_BEGIN) != 0) +
           ((v->options.marks & RN_MARK_END) != 0);
}

void rn__vocabulary_marks(rn_vocabulary *v, int64_t all, int64_t *first, int64_t *steps,
                          int32_t **to)
{
    const bool begins = v->options.marks & RN_MARK_BEGIN;

    if (*steps > 0 && *first + *steps == all && (v->options.marks & RN_MARK_END))
        (*to)[--*steps] = rn_vocabulary_mark(v, RN_MARK_END);
    if (*steps > 0 && *first == 0 && begins) {
        *(*to)++ = rn_vocabulary_mark(v, RN_MARK_BEGIN);
        --*steps;
    } else if (begins) {
        --*first;
    }
}

int64_t rn_vocabulary_encode(rn_vocabulary *v, const char *text, size_t bytes, int32_t *to,
                             int64_t room)
{
    int32_t rest[64];

    if (!ready(v) || !text || room < 0 || (room > 0 && !to)) return -1;
    rn_tokens t = rn__vocabulary_tokens(v, text, bytes);
    int64_t n = rn__vocabulary_indices(v, &t, true, to, room), more = n < room ? 0 : 64;
    for (; more == 64; n += more) more = rn__vocabulary_indices(v, &t, true, rest, 64);
    return t.bad ? -1 : n;
}

size_t rn_vocabulary_decode(rn_vocabulary *v, const int32_t *indices, int64_t count,
                            char *to, size_t capacity)
{
    size_t used = 0;

    if (capacity && to) *to = 0;
    if (!ready(v) || !indices || (capacity && !to)) return 0;
    const int32_t unknown = rn_vocabulary_mark(v, RN_MARK_UNKNOWN);
    for (int64_t i = 0; i < count; i++) {
        const int32_t index = indices[i];
        if (index < 0 || index >= v->count || (index < v->marks && index != unknown))
            continue;
        if (used && v->options.split == RN_WORDS) {
            if (used + 1 < capacity) to[used] = ' ';
            used++;
        }
        const rn__token *t = &v->token[index];
        for (size_t k = 0; k < t->bytes; k++, used++)
            if (used + 1 < capacity) to[used] = v->pool[t->at + k];
    }
    if (capacity) to[used < capacity ? used : capacity - 1] = 0;
    return used;
}
