/* SPDX-License-Identifier: MIT */
/* The header of a safetensors file. */
#include <string.h>

#include "base/arena.h"
#include "base/sort.h"
#include "io/safetensors_read.h"

enum { SHOWN = 120 };

rn_status rn__reading_bad(rn__reading *r, const char *what)
{
    return rn__fault_set(r->fault, RN_BAD_FILE, r->path, "%s", what);
}

rn_status rn__reading_bad_tensor(rn__reading *r, const rn__stored *stored, const char *what)
{
    char name[SHOWN];

    return rn__fault_set(r->fault, RN_BAD_FILE, r->path, "tensor \"%s\": %s",
                         rn__fault_name(stored->name, name, sizeof name), what);
}

rn_status rn__reading_no_memory(rn__reading *r)
{
    return rn__fault_set(r->fault, RN_NO_MEMORY, r->path, "out of memory");
}

/* Reports the JSON reader's fault, with the tensor, if it is in one. */
static rn_status bad_json(rn__reading *r, const rn__stored *stored)
{
    const char *what = r->json.fault ? r->json.fault : "malformed";
    char name[SHOWN];

    if (stored && stored->name)
        return rn__fault_set(r->fault, RN_BAD_FILE, r->path, "tensor \"%s\": header: %s",
                             rn__fault_name(stored->name, name, sizeof name), what);
    return rn__fault_set(r->fault, RN_BAD_FILE, r->path, "header: %s", what);
}

/* ---- the metadata ---- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp((const char *)a, (const char *)b);
}

/* Reads {"key": "value", ...} and appends the keys to the growing list *key. False after a
 * fault of the JSON or, with *no_memory set, if out of memory. */
static bool read_pairs(rn__reading *r, const void ***key, size_t *count, bool *no_memory)
{
    size_t capacity = 0;

    if (!rn__json_expect(&r->json, '{', "__metadata__ is not an object")) return false;
    if (rn__json_accept(&r->json, '}')) return true;
    do {
        if (*count == capacity) {
            capacity = 2 * capacity + 8;
            const void **more = (const void **)rn__resize(r->st->allocator, (void *)*key,
                                                          capacity * sizeof *more);
            *no_memory = !more;
            if (!more) return false;
            *key = more;
        }
        (*key)[(*count)++] = rn__json_string(&r->json);
        if (!rn__json_expect(&r->json, ':', "a colon is missing") ||
            !rn__json_string(&r->json))
            return false;
    } while (rn__json_accept(&r->json, ','));
    return rn__json_expect(&r->json, '}', "__metadata__ does not end");
}

static rn_status check_keys(rn__reading *r, const void **key, size_t count)
{
    const rn_allocator a = r->st->allocator;
    const void **room = (const void **)rn__allocate(a, count * sizeof *room);
    rn_status status = RN_OK;

    if (!room) return rn__reading_no_memory(r);
    rn__sort(key, room, count, compare_texts);
    rn__free(a, (void *)room);
    for (size_t i = 1; i < count && status == RN_OK; i++)
        if (!compare_texts(key[i - 1], key[i]))
            status = rn__reading_bad(r, "header: duplicate key in __metadata__");
    return status;
}

/* Keys are kept only to find duplicates. */
static rn_status read_metadata(rn__reading *r)
{
    const void **key = NULL;
    size_t count = 0;
    bool no_memory = false;
    rn_status status = RN_OK;

    if (r->metadata) return rn__reading_bad(r, "header: duplicate __metadata__");
    r->metadata = true;
    if (!read_pairs(r, &key, &count, &no_memory))
        status = no_memory ? rn__reading_no_memory(r) : bad_json(r, NULL);
    else
        status = check_keys(r, key, count);
    rn__free(r->st->allocator, (void *)key);
    return status;
}

/* ---- the tensors ---- */

static bool read_type(rn__reading *r, rn__stored *stored, const char **what)
{
    const char *text = rn__json_string(&r->json);

    for (int i = 0; text && i < RN_TYPES; i++)
        if (!strcmp(text, rn__safetensors_type((rn_type)i))) {
            stored->type = (rn_type)i;
            return true;
        }
    *what = text ? "element type is not F32, F64, I32 or BOOL" : NULL;
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
