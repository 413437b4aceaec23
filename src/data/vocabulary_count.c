/* SPDX-License-Identifier: MIT */
/* Vocabularies: counting the tokens of texts and files. */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "data/kept.h"
#include "data/place.h"
#include "data/split.h"
#include "data/vocabulary.h"
#include "data/window.h"

rn_tokens rn__vocabulary_tokens(const rn_vocabulary *v, const char *text, size_t bytes)
{
    return (rn_tokens){.next = text,
                       .end = text + bytes,
                       .split = v->options.split,
                       .replace = v->options.replace};
}

/* Counts what is complete; keeps the indices of words, unless `k` is NULL. */
static void count(rn_vocabulary *v, rn_tokens *t, bool last, rn__kept *k)
{
    const bool lower = v->options.lower, bytes = t->split == RN_BYTES;
    const int most = bytes || t->split == RN_CHARACTERS ? 1 : RN__TOGETHER;
    rn__ahead a[RN__TOGETHER];
    int32_t index[RN__TOGETHER];

    for (int n = most; n == most && v->status == RN_OK;) {
        for (; most == 1 && t->next < t->end && (bytes || !(*t->next & 0x80)); t->next++)
            v->byte_times[(unsigned char)rn__folded(*t->next, lower)]++;
        n = rn__vocabulary_ahead(v, t, last, a, most);
        for (int i = 0; i < n; i++)
            if ((index[i] = rn__vocabulary_put(v, &a[i], 1)) < 0) return;
        if (k && k->width) rn__kept_put(k, index, n);
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
    return rn__vocabulary_add(v, text, bytes, NULL);
}

rn_status rn__vocabulary_add(rn_vocabulary *v, const char *text, size_t bytes, rn__kept *k)
{
    char why[RN__SHOWN + 40];
    const rn_status status = open_for(v, text, "add");

    if (status != RN_OK) return status;
    rn_tokens t = rn__vocabulary_tokens(v, text, bytes);
    count(v, &t, true, k);
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
        count(c->v, &t, true, NULL);
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
    count(c->v, &t, last, NULL);
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
