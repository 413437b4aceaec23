/* SPDX-License-Identifier: MIT */
/*
 * A file as one sequence.
 *
 * An index holds where every stride-th token begins; when it is full, every other entry
 * goes and the stride doubles. The rows of a batch read on from where they were, so the
 * places up to which tokens were read are kept.
 */
#include "base/arena.h"
#include "data/split.h"
#include "data/text.h"

enum { STRIDE = 64 };

static void halve(rn_text *text)
{
    text->count /= 2;
    for (int64_t i = 0; i < text->count; i++) text->offset[i] = text->offset[2 * i];
    text->stride *= 2;
}

static size_t scan(void *self, const char *at, size_t bytes, bool last, size_t from)
{
    rn_text *text = (rn_text *)self;
    rn_tokens t = rn__vocabulary_tokens(text->vocabulary, at, bytes);

    for (;;) {
        const int64_t into = text->tokens % text->stride;
        const char *start = t.next;
        const int64_t n = rn__split_skip(&t, last, text->stride - into);
        if (n > 0 && into == 0) {
            if (text->count == RN__STREAM_INDEX) halve(text);
            if (!rn__text_grow(text)) return RN__STOP;
            text->offset[text->count++] = from + (size_t)(start - at);
        }
        text->tokens += n;
        if (t.bad) {
            t.token = NULL;
            rn__text_bad(text, &t, at, from);
            return RN__STOP;
        }
        if (n == 0) return (size_t)(t.next - at);
    }
}

bool rn__stream_scan(rn_text *text)
{
    text->stride = STRIDE;
    if (text->vocabulary->options.split == RN_WHOLE)
        return rn__text_invalid(text, "a stream needs characters, words or bytes");
    const rn_status status = rn__window_scan(&text->window, scan, text, &text->fault);
    return status == RN_OK || rn__text_fail(text, status);
}

rn__cursor *rn__text_cursor(rn_text *text, int64_t sequence, int64_t token)
{
    const bool stream = text->kind == RN__STREAM;

    if (!text->cursor) {
        text->cursor =
            (rn__cursor *)rn__new(text->allocator, RN__CURSORS * sizeof *text->cursor);
        if (!text->cursor) {
            rn__text_no_memory(text);
            return NULL;
        }
        for (int i = 0; i < RN__CURSORS; i++) text->cursor[i].sequence = -1;
    }
    rn__cursor *oldest = text->cursor;
    bool found = false;
    for (rn__cursor *c = oldest; !found && c < text->cursor + RN__CURSORS; c++) {
        found = c->sequence == sequence && c->token == token;
        if (found || c->used < oldest->used) oldest = c;
    }
    if (!found) {
        oldest->sequence = sequence;
        oldest->token = stream ? token / text->stride * text->stride : 0;
        oldest->position = stream ? text->offset[token / text->stride] : 0;
    }
    oldest->used = ++text->clock;
    return oldest;
}

/* The next `steps` tokens from the cursor; skipped if `to` is NULL. */
static bool read_on(rn_text *text, rn__cursor *c, int64_t steps, int32_t *to)
{
    const size_t size = text->window.file.bytes;
    size_t wanted = (size_t)(steps < RN__BLOCK ? steps : RN__BLOCK) * 8 + 64;

    while (steps > 0) {
        const size_t from = c->position, left = size - from,
                     bytes = wanted < left ? wanted : left;
        const char *at = rn__window_take(&text->window, from, bytes, &text->fault);
        if (!at) return rn__text_fail(text, text->window.status);
        rn_tokens t = rn__vocabulary_tokens(text->vocabulary, at, bytes);
        const int64_t n =
            to ? rn__vocabulary_indices(text->vocabulary, &t, bytes == left, to, steps)
               : rn__split_skip(&t, bytes == left, steps);
        if (t.bad) return rn__text_bad(text, &t, at, from);
        if (n == 0 && bytes == left)
            return rn__text_invalid(text, "the text changed after it was opened");
        c->position += (size_t)(t.next - at);
        c->token += n;
        if (to) to += n;
        steps -= n;
        if (n == 0) wanted *= 2;
    }
    return true;
}

bool rn__stream_read(rn_text *text, int64_t first, int64_t steps, int32_t *to)
{
    rn__cursor *c = rn__text_cursor(text, 0, first);

    return c && read_on(text, c, first - c->token, NULL) && read_on(text, c, steps, to);
}
