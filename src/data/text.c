/* SPDX-License-Identifier: MIT */
/* Text as sequences: the lines of a file, and a list. */
#include "data/text.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "data/place.h"
#include "data/split.h"
#include "kernel/ieee.h"

/* ---- errors ---- */

bool rn__text_fail(rn_text *text, rn_status status)
{
    if (text->status == RN_OK) text->status = status;
    return false;
}

bool rn__text_invalid(rn_text *text, const char *what)
{
    return rn__text_fail(text, rn__fault_set(&text->fault, RN_INVALID, "text", "%s", what));
}

bool rn__text_no_memory(rn_text *text)
{
    return rn__text_fail(
        text, rn__fault_set(&text->fault, RN_NO_MEMORY, "text", "out of memory"));
}

bool rn__text_bad(rn_text *text, const rn_tokens *t, const char *start, size_t from)
{
    text->bad = from + (size_t)(rn__bad_at(t) - start);
    rn__bad_why(t, text->why);
    return rn__text_fail(text, rn__window_fault(&text->window, text->bad, &text->fault,
                                                RN_BAD_FILE, "%s", text->why));
}

bool rn__list_bad(rn_text *text, int64_t i, const rn_tokens *t, const char *start)
{
    const rn__place at =
        rn__place_of((rn__place){1, 1}, start, (size_t)(rn__bad_at(t) - start));
    char name[80];

    rn__bad_why(t, text->why);
    snprintf(name, sizeof name, "text %lld:%lld:%lld", (long long)i, (long long)at.line,
             (long long)at.column);
    return rn__text_fail(text,
                         rn__fault_set(&text->fault, RN_BAD_VALUE, name, "%s", text->why));
}

/* ---- the source ---- */

static int64_t tokens_of(const rn_text *text, int64_t i)
{
    return text->kind == RN__STREAM ? text->tokens : text->range[i].length;
}

static int64_t length(void *self, int64_t i)
{
    const rn_text *text = (const rn_text *)self;

    return i < 0 || i >= text->source.count
               ? 0
               : tokens_of(text, i) + rn__vocabulary_ends(text->vocabulary);
}

/* Reads tokens of a line or text from `position` on, and moves it. */
static bool read_piece(rn_text *text, int64_t i, size_t *position, int64_t skip,
                       int64_t steps, int32_t *to)
{
    const char *start = NULL;
    size_t bytes = 0;

    if (text->kind == RN__LIST) {
        start = text->texts[i];
        bytes = text->bytes ? text->bytes[i] : strlen(start);
    } else {
        bytes = text->offset[i + 1] - text->offset[i];
        start = rn__window_take(&text->window, text->offset[i], bytes, &text->fault);
        if (!start) return rn__text_fail(text, text->window.status);
        bytes = (size_t)(rn__trimmed(start, start + bytes) - start);
    }
    rn_tokens t = rn__vocabulary_tokens(text->vocabulary, start, bytes);
    if (*position < bytes) t.next += *position;
    rn__split_skip(&t, true, skip);
    const int64_t n = rn__vocabulary_indices(text->vocabulary, &t, true, to, steps);
    if (t.bad)
        return text->kind == RN__LIST ? rn__list_bad(text, i, &t, start)
                                      : rn__text_bad(text, &t, start, text->offset[i]);
    if (t.next) *position = (size_t)(t.next - start);
    return n == steps || rn__text_invalid(text, "the text changed after it was opened");
}

/* Tokens first .. first + steps of sequence i, marks not counted. */
static bool read_tokens(rn_text *text, int64_t i, int64_t first, int64_t steps, int32_t *to)
{
    size_t start = 0;

    if (steps == 0) return true;
    if (text->kind == RN__STREAM) return rn__stream_read(text, first, steps, to);
    if (text->kept.width) {
        rn__kept_read(&text->kept, text->range[i].start + (size_t)first, steps, to);
        return true;
    }
    if (steps == text->range[i].length) return read_piece(text, i, &start, 0, steps, to);
    rn__cursor *c = rn__text_cursor(text, i, first);
    if (!c || !read_piece(text, i, &c->position, first - c->token, steps, to)) return false;
    c->token = first + steps;
    return true;
}

static bool read(void *self, int64_t i, int field, int64_t first, int64_t steps, void *to)
{
    rn_text *text = (rn_text *)self;
    rn_vocabulary *v = text->vocabulary;
    int32_t *at = (int32_t *)to;
    const int64_t all = length(self, i);

    if (text->status != RN_OK) return false;
    if (i < 0 || i >= text->source.count || field != 0 || first < 0 || steps < 0 ||
        first > all || steps > all - first || !to)
        return rn__text_invalid(text, "read: no such sequence, field or steps");
    rn__vocabulary_marks(v, all, &first, &steps, &at);
    return read_tokens(text, i, first, steps, at);
}

static const char *error(void *self)
{
    return rn_text_error((const rn_text *)self);
}

/* ---- making ---- */

static rn_text *make(rn__text_kind kind, const void *what, rn_vocabulary *v)
{
    const rn_allocator a = v ? v->options.allocator : (rn_allocator){NULL, NULL};
    rn_text *text = (rn_text *)rn__new(a, sizeof *text);

    if (!text) return NULL;
    text->allocator = a;
    text->vocabulary = v;
    text->kind = kind;
    if (!v)
        rn__text_invalid(text, "no vocabulary");
    else if (rn_vocabulary_complete(v) != RN_OK)
        rn__text_fail(text, rn__fault_set(&text->fault, v->status, "text", "%s",
                                          rn_vocabulary_error(v)));
    else if (!what)
        rn__text_invalid(text, kind == RN__LIST ? "no texts" : "no path");
    return text;
}

static rn_text *finish(rn_text *text, int64_t count)
{
    const int32_t padding = rn_vocabulary_mark(text->vocabulary, RN_MARK_PADDING);

    if (!rn__kept_trim(&text->kept)) rn__text_no_memory(text);
    text->field = (rn_field){
        .name = "tokens", .type = RN_I32, .padding = padding < 0 ? 0 : (double)padding};
    text->source = (rn_source){.count = count,
                               .fields = &text->field,
                               .field_count = 1,
                               .length = length,
                               .read = read,
                               .error = error,
                               .self = text};
    return text;
}

static bool open_file(rn_text *text, const char *path)
{
    const rn_status status =
        text->status == RN_OK
            ? rn__window_open(&text->window, text->allocator, path, &text->fault)
            : text->status;

    return status == RN_OK || rn__text_fail(text, status);
}

rn_text *rn_text_lines(const char *path, rn_vocabulary *vocabulary)
{
    rn_text *text = make(RN__LINES, path, vocabulary);

    if (!text || !open_file(text, path)) return text;
    text->kept = rn__kept_begin(text->allocator, vocabulary->count, 0);
    rn_status status = rn__window_scan(&text->window, rn__lines_scan, text, &text->fault);
    if (status == RN_OK && !text->kept.width)
        status = rn__window_keep(&text->window, &text->fault);
    if (status != RN_OK || !rn__text_grow(text)) return rn__text_fail(text, status), text;
    text->offset[text->count] = text->window.file.bytes;
    return finish(text, text->count);
}

rn_text *rn_text_list(const char *const *texts, const size_t *bytes, int64_t count,
                      rn_vocabulary *vocabulary)
{
    rn_text *text = make(RN__LIST, texts, vocabulary);

    if (!text || text->status != RN_OK) return text;
    text->texts = texts;
    text->bytes = bytes;
    if (count < 0) return rn__text_invalid(text, "a negative count"), text;
    text->kept = rn__kept_begin(text->allocator, vocabulary->count, 0);
    return rn__list_scan(text, count) ? finish(text, count) : text;
}

rn_text *rn_text_stream(const char *path, rn_vocabulary *vocabulary)
{
    rn_text *text = make(RN__STREAM, path, vocabulary);

    if (!text || !open_file(text, path)) return text;
    return rn__stream_scan(text) ? finish(text, 1) : text;
}

void rn_text_free(rn_text *text)
{
    if (!text) return;
    const rn_allocator a = text->allocator;
    rn__free(a, text->cursor);
    rn__window_close(&text->window);
    rn__free(a, text->offset);
    rn__free(a, text->range);
    rn__kept_stop(&text->kept);
    rn__free(a, text);
}

const char *rn_text_error(const rn_text *text)
{
    return text ? text->fault.message : "text: NULL";
}

static const char *no_text(void *self)
{
    (void)self;
    return rn_text_error(NULL);
}

rn_source rn_text_source(rn_text *text)
{
    if (!text) return (rn_source){.count = -1, .error = no_text};
    if (text->status == RN_OK) return text->source;
    return (rn_source){.count = -1, .error = error, .self = text};
}
