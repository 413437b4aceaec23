/* SPDX-License-Identifier: MIT */
/* Vocabularies from text; vocabulary_file.c describes the format. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "data/place.h"
#include "data/vocabulary.h"

typedef struct reading {
    rn_vocabulary *v;
    const char *name, *text; /* for messages */
    const char *at, *end;    /* the current line */
    const char *next, *stop;
} reading;

static bool bad(reading *r, const char *at, const char *what)
{
    const rn__place p = rn__place_of((rn__place){1, 1}, r->text, (size_t)(at - r->text));
    char place[360];
    const size_t length = strlen(r->name);

    if (r->v->status != RN_OK) return false;
    snprintf(place, sizeof place, "%s:%lld:%lld",
             r->name + (length > 300 ? length - 300 : 0), (long long)p.line,
             (long long)p.column);
    r->v->status = rn__fault_set(&r->v->fault, RN_BAD_FILE, place, "%s", what);
    return false;
}

static bool next_line(reading *r)
{
    if (r->next >= r->stop) return false;
    const char *end = (const char *)memchr(r->next, '\n', (size_t)(r->stop - r->next));
    r->at = r->next;
    r->next = end ? end + 1 : r->stop;
    r->end = end ? end : r->stop;
    r->end -= r->end > r->at && r->end[-1] == '\r';
    return true;
}

static bool skip(reading *r, const char *word)
{
    const size_t bytes = strlen(word);

    if ((size_t)(r->end - r->at) < bytes || memcmp(r->at, word, bytes) != 0) return false;
    r->at += bytes;
    return true;
}

static bool read_head(reading *r)
{
    rn_vocabulary_options *o = &r->v->options;

    if (!next_line(r) || !skip(r, rn__vocabulary_magic))
        return bad(r, r->text,
                   "not a vocabulary: its first line is not \"rondo-vocabulary 1 ..\"");
    int split = RN_WHOLE;
    while (split >= 0 && !skip(r, rn__split_names[split])) split--;
    if (split < 0) return bad(r, r->at, "not characters, words, bytes or whole");
    *o = (rn_vocabulary_options){.split = (rn_splitting)split, .allocator = o->allocator};
    o->lower = skip(r, " lower");
    o->replace = skip(r, " replace");
    return r->at == r->end || bad(r, r->at, "an unknown option");
}

/* Whether the line is a mark, which is noted. */
static bool read_mark(reading *r, bool *again)
{
    *again = false;
    for (int i = 0; i < RN__MARKS; i++) {
        const char *start = r->at;
        if (!skip(r, "\\") || !skip(r, rn__mark_names[i]) || r->at != r->end) {
            r->at = start;
            continue;
        }
        *again = r->v->options.marks >= 1 << i;
        r->v->options.marks |= 1 << i;
        return true;
    }
    return false;
}

static int hex(char c)
{
    const char *digits = "0123456789ABCDEFabcdef", *at = c ? strchr(digits, c) : NULL;
    const int value = at ? (int)(at - digits) : -1;

    return value > 15 ? value - 6 : value;
}

/* Decodes the token of the line to `to`, which has room for it. -1 after an error. */
static ptrdiff_t read_token(reading *r, char *to)
{
    ptrdiff_t used = 0;

    for (; r->at < r->end && *r->at != '\t'; r->at++) {
        const char *e = rn__vocabulary_escapes + 1, *at = r->at;
        char c = *at;
        if ((unsigned char)c < 0x20) return bad(r, at, "a control character"), -1;
        if (c == '\\') {
            c = at + 1 < r->end ? at[1] : 0;
            while (*e && *e != c) e += 2;
            if (*e) {
                c = e[1];
                r->at++;
            } else if (c == 'x' && r->end - at >= 4 && hex(at[2]) >= 0 && hex(at[3]) >= 0) {
                c = (char)(unsigned char)(16 * hex(at[2]) + hex(at[3]));
                r->at += 3;
            } else {
                return bad(r, at, "a bad escape"), -1;
            }
        }
        to[used++] = c;
    }
    return used;
}

static bool read_count(reading *r, int64_t *count)
{
    const char *start = r->at + 1;

    *count = 0;
    if (r->at == r->end) return true;
    for (r->at++; r->at < r->end; r->at++) {
        const int digit = *r->at - '0';
        if (digit < 0 || digit > 9 || *count > (INT64_MAX - digit) / 10)
            return bad(r, r->at, "a bad count");
        *count = 10 * *count + digit;
    }
    return r->at > start || bad(r, r->at, "a bad count");
}

static bool read_tokens(reading *r, char *room)
{
    bool again, more = next_line(r);

    for (; more && read_mark(r, &again); more = next_line(r))
        if (again) return bad(r, r->at, "a mark again, or in the wrong order");
    rn__vocabulary_begin(r->v);
    for (; more; more = next_line(r)) {
        const char *start = r->at;
        int64_t count;
        if (read_mark(r, &again)) return bad(r, start, "a mark behind a token");
        const ptrdiff_t bytes = read_token(r, room);
        if (bytes == 0 && r->at == r->end) return bad(r, start, "an empty line");
        if (bytes < 0 || !read_count(r, &count)) return false;
        const int32_t before = r->v->count;
        if (rn__vocabulary_place(r->v, room, (size_t)bytes, count) < 0) return false;
        if (r->v->count == before) return bad(r, start, "a duplicate token");
    }
    return r->v->count > 0 || bad(r, r->stop, "no tokens");
}

rn_status rn__vocabulary_read(rn_vocabulary *v, const char *name, const char *text,
                              size_t bytes)
{
    reading r = {.v = v, .name = name, .text = text, .next = text, .stop = text + bytes};
    rn_tokens t = {.next = text, .end = text + bytes, .split = RN_WHOLE};

    if (v->status != RN_OK) return v->status;
    if (v->complete || v->count)
        return rn__vocabulary_fail(v, RN_INVALID, "load: it has tokens already");
    if (!rn_tokens_next(&t)) {
        bad(&r, t.next, "invalid UTF-8");
        return v->status;
    }
    char *room = (char *)rn__allocate(v->options.allocator, bytes + 1);
    if (!room) return rn__vocabulary_fail(v, RN_NO_MEMORY, "out of memory");
    if (read_head(&r) && read_tokens(&r, room)) rn__vocabulary_finish(v);
    rn__free(v->options.allocator, room);
    return v->status;
}
