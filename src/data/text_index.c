/* SPDX-License-Identifier: MIT */
/* The first reading of lines and lists: where lines begin, and lengths in tokens. */
#include <string.h>

#include "base/arena.h"
#include "data/split.h"
#include "data/text.h"

bool rn__text_grow(rn_text *text)
{
    if (text->count + 1 < text->capacity) return true;
    const int64_t capacity = text->capacity ? 2 * text->capacity : 1024;
    size_t *offset = (size_t *)rn__resize(text->allocator, text->offset,
                                          (size_t)capacity * sizeof *offset);
    if (offset) text->offset = offset;
    int32_t *length = text->kind == RN__STREAM || !offset
                          ? NULL
                          : (int32_t *)rn__resize(text->allocator, text->length,
                                                  (size_t)capacity * sizeof *length);
    if (length) text->length = length;
    if (!offset || (text->kind != RN__STREAM && !length)) return rn__text_no_memory(text);
    text->capacity = capacity;
    return true;
}

static bool add(rn_text *text, size_t offset, rn_tokens *t)
{
    if (!rn__text_grow(text)) return false;
    const int64_t length = rn__split_skip(t, true, INT32_MAX - 2);
    if (length == INT32_MAX - 2) return rn__text_invalid(text, "a sequence is too long");
    text->offset[text->count] = offset;
    text->length[text->count++] = (int32_t)length;
    return true;
}

/* The end of a line without its line end. */
const char *rn__trimmed(const char *line, const char *end)
{
    if (end > line && end[-1] == '\n') {
        end--;
        end -= end > line && end[-1] == '\r';
    }
    return end;
}

size_t rn__lines_scan(void *self, const char *at, size_t bytes, bool last, size_t from)
{
    rn_text *text = (rn_text *)self;
    const char *line = at, *end = at + bytes;

    while (line < end) {
        const char *next = (const char *)memchr(line, '\n', (size_t)(end - line));
        if (!next && !last) break;
        next = next ? next + 1 : end;
        rn_tokens t = rn__vocabulary_tokens(text->vocabulary, line,
                                            (size_t)(rn__trimmed(line, next) - line));
        if (!add(text, from + (size_t)(line - at), &t)) return RN__STOP;
        if (t.bad) {
            t.token = NULL;
            rn__text_bad(text, &t, at, from);
            return RN__STOP;
        }
        line = next;
    }
    return (size_t)(line - at);
}

bool rn__list_scan(rn_text *text, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const char *start = text->texts[i];
        if (!start) return rn__text_invalid(text, "a text of the list is NULL");
        rn_tokens t = rn__vocabulary_tokens(text->vocabulary, start,
                                            text->bytes ? text->bytes[i] : strlen(start));
        if (!add(text, 0, &t)) return false;
        if (t.bad) return t.token = NULL, rn__list_bad(text, i, &t, start);
    }
    return true;
}
