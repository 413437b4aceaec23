/* SPDX-License-Identifier: MIT */
/* The indices of texts' tokens, kept in memory, each in as few bytes as the vocabulary
 * needs.
 */
#include "data/kept.h"

#include <string.h>

#include "base/arena.h"
#include "data/split.h"
#include "data/window.h"

enum { PIECE = 256 }; /* indices at a time */

bool rn__kept_fits(size_t bytes)
{
    return bytes <= RN__KEPT;
}

rn__kept rn__kept_begin(rn_allocator allocator, int64_t indices, size_t beside)
{
    const int width = indices <= 1 << 8 ? 1 : indices <= 1 << 16 ? 2 : 4;

    return (rn__kept){.allocator = allocator, .limit = RN__KEPT - beside, .width = width};
}

void rn__kept_stop(rn__kept *k)
{
    rn__free(k->allocator, k->data);
    k->data = NULL;
    k->used = k->room = 0;
    k->width = 0;
}

bool rn__kept_trim(rn__kept *k)
{
    if (k->used == k->room) return true;
    if (k->used == 0) return rn__kept_stop(k), true;
    void *data = rn__resize(k->allocator, k->data, k->used * (size_t)k->width);
    if (data) k->data = data, k->room = k->used;
    return data;
}

/* Room for so many indices more. */
static bool grow(rn__kept *k, size_t count)
{
    const size_t most = k->limit / (size_t)k->width;

    if (count <= k->room - k->used) return true;
    if (count > most - k->used) return false;
    size_t room = k->room ? 2 * k->room : 4096;
    if (room < k->used + count) room = k->used + count;
    if (room > most) room = most;
    void *data = rn__resize(k->allocator, k->data, room * (size_t)k->width);
    k->failed = !data;
    if (data) k->data = data, k->room = room;
    return data;
}

static void narrow(rn__kept *k, const int32_t *index, int64_t count)
{
    if (k->width == 1) {
        uint8_t *to = (uint8_t *)k->data + k->used;
        for (int64_t i = 0; i < count; i++) to[i] = (uint8_t)index[i];
    } else if (k->width == 2) {
        uint16_t *to = (uint16_t *)k->data + k->used;
        for (int64_t i = 0; i < count; i++) to[i] = (uint16_t)index[i];
    } else {
        memcpy((int32_t *)k->data + k->used, index, (size_t)count * sizeof *index);
    }
    k->used += (size_t)count;
}

void rn__kept_read(const rn__kept *k, size_t first, int64_t count, int32_t *to)
{
    if (k->width == 1) {
        const uint8_t *from = (const uint8_t *)k->data + first;
        for (int64_t i = 0; i < count; i++) to[i] = from[i];
    } else if (k->width == 2) {
        const uint16_t *from = (const uint16_t *)k->data + first;
        for (int64_t i = 0; i < count; i++) to[i] = from[i];
    } else if (count > 0) {
        memcpy(to, (const int32_t *)k->data + first, (size_t)count * sizeof *to);
    }
}

bool rn__kept_put(rn__kept *k, const int32_t *index, int64_t count)
{
    if (count > 0 && !grow(k, (size_t)count)) return rn__kept_stop(k), false;
    if (count > 0) narrow(k, index, count);
    return true;
}

/* False: the text is not kept, and nothing is any more. */
static bool keep(rn__kept *k, rn_vocabulary *v, rn_tokens *text)
{
    int32_t index[PIECE];

    for (int64_t n = PIECE; n == PIECE;) {
        n = rn__vocabulary_indices(v, text, true, index, PIECE);
        if (text->bad) return rn__kept_stop(k), false;
        if (!rn__kept_put(k, index, n)) return false;
    }
    return true;
}

rn__range rn__kept_add(rn__kept *k, rn_vocabulary *v, rn_tokens *text)
{
    const size_t before = k->used;
    rn_tokens t = *text;

    if (k->width && keep(k, v, &t)) {
        *text = t;
        return (rn__range){(uint32_t)before, (int32_t)(k->used - before)};
    }
    return (rn__range){0, (int32_t)rn__split_skip(text, true, RN__LONGEST)};
}

rn__range rn__kept_move(rn__kept *k, const rn__kept *from, rn__range text,
                        const int32_t *moved, int32_t unknown)
{
    const rn__range range = {(uint32_t)k->used, text.length};
    int32_t index[PIECE];

    for (int64_t done = 0, n; k->width && done < text.length; done += n) {
        n = text.length - done < PIECE ? text.length - done : PIECE;
        rn__kept_read(from, text.start + (size_t)done, n, index);
        int32_t least = 0;
        for (int64_t i = 0; i < n; i++) {
            const int32_t to = moved[index[i]];
            index[i] = to < 0 ? unknown : to;
            least |= index[i];
        }
        if (least < 0)
            rn__kept_stop(k);
        else
            rn__kept_put(k, index, n);
    }
    return range;
}
