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
    rn__range *range = text->kind == RN__STREAM || !offset
                           ? NULL
                           : (rn__range *)rn__resize(text->allocator, text->range,
                                                     (size_t)capacity * sizeof *range);
    if (range) text->range = range;
    if (!offset || (text->kind != RN__STREAM && !range)) return rn__text_no_memory(text);
    text->capacity = capacity;
    return true;
}

static bool add(rn_text *text, size_t offset, rn_tokens *t)
{
    if (!rn__text_grow(text)) return false;
    const rn__range range = rn__kept_add(&text->kept, text->vocabulary, t);
    if (text->kept.failed) return rn__text_no_memory(text);
    if (range.length == RN__LONGEST)
        return rn__text_invalid(text, "a sequence is too long");
    text->offset[text->count] = offset;
    text->range[text->count++] = range;
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
