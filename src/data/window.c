/* SPDX-License-Identifier: MIT */
/* A file that is read as needed. */
#include "data/window.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "data/place.h"

enum { GAP = 2048 }; /* pieces that are so near follow each other */

rn_status rn__window_open(rn__window *w, rn_allocator allocator, const char *path,
                          rn__fault *fault)
{
    *w = (rn__window){.allocator = allocator, .path = rn__copy_string(allocator, path)};
    if (!w->path) return rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");

    const rn_status status = rn__file_open(&w->file, w->path, fault);
    if (status != RN_OK || w->file.bytes < 3) return status;
    const char *mark = rn__window_take(w, 0, 3, fault);
    if (!mark) return w->status;
    w->start = memcmp(mark, "\xEF\xBB\xBF", 3) ? 0 : 3;
    return RN_OK;
}

rn_status rn__window_keep(rn__window *w, rn__fault *fault)
{
    return w->file.bytes > RN__KEPT || rn__window_take(w, 0, w->file.bytes, fault)
               ? RN_OK
               : w->status;
}

void rn__window_close(rn__window *w)
{
    rn__file_close(&w->file);
    for (int i = 0; i < RN__SLOTS; i++) rn__free(w->allocator, w->slot[i].data);
    rn__free(w->allocator, w->path);
}

/* Whether the slot has the bytes from .. end, or those before `end` and some of them. */
static bool has(const rn__window *w, int i, size_t from, size_t end)
{
    return from >= w->from[i] && end <= w->end[i];
}

/* The slot that is to have the bytes from `from` on: one that pieces before it were read
 * to; or the one that was not used for longest. */
static int choose(const rn__window *w, size_t from, bool *follows)
{
    int oldest = 1;

    for (int i = 1; i < RN__SLOTS; i++) {
        *follows =
            from >= w->from[i] && from - w->from[i] < 2 * RN__AHEAD && w->slot[i].data;
        if (*follows) return i;
        if (w->slot[i].used < w->slot[oldest].used) oldest = i;
    }
    return oldest;
}

/* Reads `bytes` bytes to the slot; what it has of them is kept. */
static bool fill(rn__window *w, int i, size_t from, size_t bytes, rn__fault *fault)
{
    rn__slot *s = &w->slot[i];
    const size_t kept = from >= w->from[i] && from < w->end[i] ? w->end[i] - from : 0;

    if (bytes >= s->capacity) {
        const size_t capacity = bytes < RN__AHEAD && i ? RN__AHEAD + 1 : bytes + 1;
        char *data = (char *)rn__resize(w->allocator, s->data, capacity);
        if (!data) {
            w->status = rn__fault_set(fault, RN_NO_MEMORY, w->path, "out of memory");
            return false;
        }
        s->data = data;
        s->capacity = capacity;
    }
    memmove(s->data, s->data + (kept ? from - w->from[i] : 0), kept);
    w->from[i] = w->end[i] = from;
    w->status = rn__file_take(&w->file, from + kept, s->data + kept, bytes - kept, fault);
    if (w->status != RN_OK) return false;
    w->end[i] = from + bytes;
    s->data[bytes] = 0;
    return true;
}

const char *rn__window_take(rn__window *w, size_t from, size_t bytes, rn__fault *fault)
{
    const size_t left = w->file.bytes - from;
    bool follows = false;
    int i = w->last;

    if (!has(w, i, from, from + bytes))
        for (i = 0; i < RN__SLOTS && !has(w, i, from, from + bytes);) i++;
    if (i == RN__SLOTS) {
        i = bytes > RN__AHEAD ? 0 : choose(w, from, &follows);
        const size_t wanted = follows ? RN__AHEAD : bytes;
        if (!fill(w, i, from, wanted < left ? wanted : left, fault)) return NULL;
    }
    w->last = i;
    w->slot[i].used = ++w->clock;
    return w->slot[i].data + (from - w->from[i]);
}

rn_status rn__window_scan(rn__window *w, rn__scan scan, void *self, rn__fault *fault)
{
    size_t at = w->start, wanted = RN__BLOCK;

    while (at < w->file.bytes) {
        const size_t left = w->file.bytes - at, bytes = left < wanted ? left : wanted;
        const char *data = rn__window_take(w, at, bytes, fault);
        if (!data) return w->status;
        const size_t used = scan(self, data, bytes, bytes == left, at);
        if (used == RN__STOP) return RN_BAD_FILE;
        at += used;
        wanted = used ? RN__BLOCK : 2 * wanted;
    }
    return RN_OK;
}

/* ---- where an error is ---- */

rn__place rn__place_of(rn__place place, const char *text, size_t bytes)
{
    for (const char *end = text + bytes; text < end; text++) {
        if (*text == '\n')
            place = (rn__place){place.line + 1, 1};
        else
            place.column += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return place;
}

rn_status rn__window_fault(rn__window *w, size_t position, rn__fault *fault,
                           rn_status status, const char *format, ...)
{
    enum { PATH = 300 };
    const size_t length = strlen(w->path);
    char text[sizeof fault->message], at_place[PATH + 64];
    rn__place place = {1, 1};
    va_list arguments;

    /* The arguments may point into the window. */
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (size_t at = w->start; at < position;) {
        const size_t bytes = position - at < RN__BLOCK ? position - at : RN__BLOCK;
        const char *data = rn__window_take(w, at, bytes, fault);
        if (!data) return w->status;
        place = rn__place_of(place, data, bytes);
        at += bytes;
    }
    snprintf(at_place, sizeof at_place, "%s:%lld:%lld",
             w->path + (length > PATH ? length - PATH : 0), (long long)place.line,
             (long long)place.column);
    return rn__fault_set(fault, status, at_place, "%s", text);
}
