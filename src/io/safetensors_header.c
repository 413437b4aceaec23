/* SPDX-License-Identifier: MIT */
/* The header of a safetensors file. */
#include <string.h>

#include "base/arena.h"
#include "base/sort.h"
#include "io/safetensors_read.h"

rn_status rn__reading_bad(rn__reading *r, const char *what)
{
    return rn__fault_set(r->fault, RN_BAD_FILE, r->path, "%s", what);
}

rn_status rn__reading_bad_tensor(rn__reading *r, const rn__stored *stored, const char *what)
{
    return rn__fault_named(r->fault, RN_BAD_FILE, r->path, "tensor", stored->name, "%s",
                           what);
}

rn_status rn__reading_no_memory(rn__reading *r)
{
    return rn__fault_set(r->fault, RN_NO_MEMORY, r->path, "out of memory");
}

/* Reports the JSON reader's fault, with the tensor, if it is in one. */
static rn_status bad_json(rn__reading *r, const rn__stored *stored)
{
    const char *what = r->json.fault ? r->json.fault : "malformed";

    if (stored && stored->name)
        return rn__fault_named(r->fault, RN_BAD_FILE, r->path, "tensor", stored->name,
                               "header: %s", what);
    return rn__fault_set(r->fault, RN_BAD_FILE, r->path, "header: %s", what);
}

/* ---- the metadata ---- */

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const rn__note *)a)->key, ((const rn__note *)b)->key);
}

/* Reads {"key": "value", ...} into the growing list of notes. False after a fault of the
 * JSON or, with *no_memory set, if out of memory. */
static bool read_pairs(rn__reading *r, bool *no_memory)
{
    rn__safetensors *st = r->st;
    size_t capacity = 0;

    if (!rn__json_expect(&r->json, '{', "__metadata__ is not an object")) return false;
    if (rn__json_accept(&r->json, '}')) return true;
    do {
        if (st->notes == capacity) {
            capacity = 2 * capacity + 8;
            rn__note *more =
                (rn__note *)rn__resize(st->allocator, st->note, capacity * sizeof *more);
            *no_memory = !more;
            if (!more) return false;
            st->note = more;
        }
        rn__note *note = &st->note[st->notes];
        note->key = rn__json_string(&r->json);
        if (!rn__json_expect(&r->json, ':', "a colon is missing")) return false;
        note->value = rn__json_string(&r->json);
        if (!note->value) return false;
        st->notes++;
    } while (rn__json_accept(&r->json, ','));
    return rn__json_expect(&r->json, '}', "__metadata__ does not end");
}

static rn_status check_keys(rn__reading *r)
{
    const rn__safetensors *st = r->st;
    const void **key =
        (const void **)rn__allocate(st->allocator, (st->notes + 1) * 2 * sizeof *key);
    rn_status status = RN_OK;

    if (!key) return rn__reading_no_memory(r);
    for (size_t i = 0; i < st->notes; i++) key[i] = &st->note[i];
    rn__sort(key, key + st->notes, st->notes, compare_keys);
    for (size_t i = 1; i < st->notes && status == RN_OK; i++)
        if (!compare_keys(key[i - 1], key[i]))
            status = rn__reading_bad(r, "header: duplicate key in __metadata__");
    rn__free(st->allocator, (void *)key);
    return status;
}

static rn_status read_metadata(rn__reading *r)
{
    bool no_memory = false;

    if (r->metadata) return rn__reading_bad(r, "header: duplicate __metadata__");
    r->metadata = true;
    if (!read_pairs(r, &no_memory))
        return no_memory ? rn__reading_no_memory(r) : bad_json(r, NULL);
    return check_keys(r);
}

/* ---- the tensors ---- */

static bool read_type(rn__reading *r, rn__stored *stored, const char **what)
{
    const char *text = rn__json_string(&r->json);

    for (int i = 0; text && i < RN__STORED_TYPES; i++)
        if (!strcmp(text, rn__safetensors_type(i))) {
            stored->type = i;
            return true;
        }
    *what = text ? "unknown element type" : NULL;
    return false;
}

static bool read_shape(rn__reading *r, rn__stored *stored, const char **what)
{
    stored->shape.rank = 0;
    if (!rn__json_expect(&r->json, '[', "shape is not an array")) return false;
    if (rn__json_accept(&r->json, ']')) return true;
    do {
        uint64_t size;
        if (!rn__json_natural(&r->json, &size)) return false;
        if (stored->shape.rank == RN_RANK_MAX)
            *what = "has more than 8 axes";
        else if (size > INT64_MAX)
            *what = "its size is too large";
        if (*what) return false;
        stored->shape.size[stored->shape.rank++] = (int64_t)size;
    } while (rn__json_accept(&r->json, ','));
    return rn__json_expect(&r->json, ']', "shape does not end");
}

static bool read_offsets(rn__reading *r, rn__stored *stored, const char **what)
{
    uint64_t begin, end;

    if (!rn__json_expect(&r->json, '[', "data_offsets is not an array") ||
        !rn__json_natural(&r->json, &begin) ||
        !rn__json_expect(&r->json, ',', "data_offsets needs two numbers") ||
        !rn__json_natural(&r->json, &end) ||
        !rn__json_expect(&r->json, ']', "data_offsets needs two numbers"))
        return false;
    if (begin > end)
        *what = "ends before it begins";
    else if (end > r->st->bytes)
        *what = "reaches beyond the end of the file";
    stored->begin = (size_t)begin;
    stored->end = (size_t)end;
    return !*what;
}

/* Reads one of the three members; each must occur once. */
static bool read_member(rn__reading *r, rn__stored *stored, unsigned *seen,
                        const char **what)
{
    static const char *const names[3] = {"dtype", "shape", "data_offsets"};
    static bool (*const read[3])(rn__reading *, rn__stored *,
                                 const char **) = {read_type, read_shape, read_offsets};
    const char *key = rn__json_string(&r->json);
    int member = 0;

    if (!key || !rn__json_expect(&r->json, ':', "a colon is missing")) return false;
    while (member < 3 && strcmp(key, names[member])) member++;
    if (member == 3)
        *what = "a member that is not dtype, shape or data_offsets";
    else if (*seen & 1u << member)
        *what = "a duplicate member";
    if (*what) return false;
    *seen |= 1u << member;
    return read[member](r, stored, what);
}

static rn_status read_stored(rn__reading *r, rn__stored *stored)
{
    const char *what = NULL;
    unsigned seen = 0;

    if (!rn__json_expect(&r->json, '{', "not an object")) return bad_json(r, stored);
    do {
        if (!read_member(r, stored, &seen, &what))
            return what ? rn__reading_bad_tensor(r, stored, what) : bad_json(r, stored);
    } while (rn__json_accept(&r->json, ','));
    if (!rn__json_expect(&r->json, '}', "the object does not end"))
        return bad_json(r, stored);
    if (seen != 7)
        return rn__reading_bad_tensor(r, stored, "dtype, shape or data_offsets is missing");
    return RN_OK;
}

/* Appends a zeroed tensor to the list. NULL if out of memory. */
static rn__stored *add_stored(rn__reading *r)
{
    rn__safetensors *st = r->st;

    if (st->count == r->capacity) {
        const size_t capacity = 2 * r->capacity + 16;
        rn__stored *more =
            (rn__stored *)rn__resize(st->allocator, st->stored, capacity * sizeof *more);
        if (!more) return NULL;
        st->stored = more;
        r->capacity = capacity;
    }
    memset(&st->stored[st->count], 0, sizeof *st->stored);
    return &st->stored[st->count++];
}

rn_status rn__reading_header(rn__reading *r)
{
    if (!rn__json_expect(&r->json, '{', "not an object")) return bad_json(r, NULL);
    if (rn__json_accept(&r->json, '}')) return RN_OK;
    do {
        const char *name = rn__json_string(&r->json);
        rn_status status;

        if (!name || !rn__json_expect(&r->json, ':', "a colon is missing"))
            return bad_json(r, NULL);
        if (!strcmp(name, "__metadata__")) {
            status = read_metadata(r);
        } else {
            rn__stored *stored = add_stored(r);
            if (!stored) return rn__reading_no_memory(r);
            stored->name = name;
            status = read_stored(r, stored);
        }
        if (status != RN_OK) return status;
    } while (rn__json_accept(&r->json, ','));
    if (!rn__json_expect(&r->json, '}', "the object does not end"))
        return bad_json(r, NULL);
    return RN_OK;
}
