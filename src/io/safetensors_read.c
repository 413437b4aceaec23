/* SPDX-License-Identifier: MIT */
/*
 * Reading safetensors. Nothing in the file is believed: every sum and product of numbers
 * from it is checked, and every tensor's place is known to be inside before it is looked
 * at.
 */
#include "safetensors_read.h"

#include <string.h>

#include "arena.h"
#include "file.h"
#include "name.h"
#include "sort.h"

enum { LENGTH = 8, HEADER_MAX = 100000000 };

/* ---- where the tensors are ---- */

/* Bytes of a tensor of that type and shape; false when no size_t holds them. An axis of
 * size 0 does not excuse the others. */
static bool size_of(const rn__stored *stored, size_t *bytes)
{
    bool empty = false;

    *bytes = rn_type_size(stored->type);
    for (int i = 0; i < stored->shape.rank; i++) {
        const uint64_t size = (uint64_t)stored->shape.size[i];
        if (size == 0)
            empty = true;
        else if (size > SIZE_MAX || !rn__multiply(*bytes, (size_t)size, bytes))
            return false;
    }
    if (*bytes > PTRDIFF_MAX) return false;
    if (empty) *bytes = 0;
    return true;
}

/* Tensors of no bytes come before the one that begins where they are. */
static int compare_places(const void *a, const void *b)
{
    const rn__stored *x = (const rn__stored *)a, *y = (const rn__stored *)b;

    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end == y->end ? 0 : x->end < y->end ? -1 : 1;
}

static rn_status check_places(rn__reading *r)
{
    const rn__safetensors *st = r->st;
    size_t at = 0, bytes;

    rn__sort(st->by_name, st->count, compare_places);
    for (size_t i = 0; i < st->count; i++) {
        const rn__stored *stored = (const rn__stored *)st->by_name[i];
        if (!size_of(stored, &bytes))
            return rn__reading_bad_tensor(r, stored, "its size does not fit");
        if (stored->end - stored->begin != bytes)
            return rn__reading_bad_tensor(r, stored,
                                          "its offsets do not fit its shape and type");
        if (stored->begin != at)
            return rn__reading_bad_tensor(r, stored,
                                          stored->begin < at ? "overlaps another one"
                                                             : "there is a hole before it");
        at = stored->end;
    }
    return at == r->bytes
               ? RN_OK
               : rn__reading_bad(r, "bytes are left over behind the last tensor");
}

static rn_status check_bools(rn__reading *r)
{
    for (size_t i = 0; i < r->st->count; i++) {
        const rn__stored *stored = &r->st->stored[i];
        for (size_t at = stored->begin; stored->type == RN_BOOL && at < stored->end; at++)
            if (r->data[at] > 1)
                return rn__reading_bad_tensor(r, stored, "a bool that is not 0 or 1");
    }
    return RN_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const rn__stored *)a)->name, ((const rn__stored *)b)->name);
}

static rn_status index_tensors(rn__reading *r)
{
    rn__safetensors *st = r->st;
    size_t bytes;
    rn_status status;

    if (!rn__multiply(st->count + 1, sizeof(void *), &bytes))
        return rn__reading_no_memory(r);
    st->by_name = (const void **)rn__allocate(st->allocator, bytes);
    if (!st->by_name) return rn__reading_no_memory(r);
    for (size_t i = 0; i < st->count; i++) {
        st->by_name[i] = &st->stored[i];
        st->stored[i].data = r->data + st->stored[i].begin;
    }
    status = check_places(r);
    if (status != RN_OK) return status;
    rn__sort(st->by_name, st->count, compare_names);
    for (size_t i = 1; i < st->count; i++)
        if (!compare_names(st->by_name[i - 1], st->by_name[i]))
            return rn__reading_bad_tensor(r, (const rn__stored *)st->by_name[i],
                                          "stands twice");
    return check_bools(r);
}

/* ---- the file ---- */

static rn_status parse(rn__reading *r, unsigned char *file, size_t bytes)
{
    uint64_t length = 0;
    rn_status status;

    if (bytes < LENGTH) return rn__reading_bad(r, "too short for a header");
    for (int i = LENGTH - 1; i >= 0; i--) length = length << 8 | file[i];
    if (length > HEADER_MAX) return rn__reading_bad(r, "the header is longer than 100 MB");
    if (length > bytes - LENGTH)
        return rn__reading_bad(r, "the header reaches beyond the end");

    char *header = (char *)file + LENGTH;
    if (length == 0 || header[0] != '{')
        return rn__reading_bad(r, "the header does not begin with {");
    if (!rn__utf8_valid(header, (size_t)length))
        return rn__reading_bad(r, "the header is not UTF-8");
    r->json = (rn__json){header, header + length, NULL};
    r->data = file + LENGTH + length;
    r->bytes = bytes - LENGTH - (size_t)length;
    status = rn__reading_header(r);
    if (status != RN_OK) return status;
    if (!rn__json_ends(&r->json))
        return rn__reading_bad(r, "header: something follows the object");
    return index_tensors(r);
}

rn_status rn__safetensors_read(rn__safetensors *st, rn_allocator allocator,
                               const char *path, rn__fault *fault)
{
    rn__reading r = {.st = st, .path = path, .fault = fault};
    size_t bytes;
    rn_status status;

    *st = (rn__safetensors){.allocator = allocator};
    status = rn__file_read(allocator, path, &st->file, &bytes, fault);
    return status == RN_OK ? parse(&r, st->file, bytes) : status;
}

void rn__safetensors_finish(rn__safetensors *st)
{
    rn__free(st->allocator, (void *)st->by_name);
    rn__free(st->allocator, st->stored);
    rn__free(st->allocator, st->file);
    *st = (rn__safetensors){.allocator = st->allocator};
}

const rn__stored *rn__safetensors_find(const rn__safetensors *st, const char *name)
{
    size_t low = 0, high = st->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const rn__stored *stored = (const rn__stored *)st->by_name[middle];
        const int order = strcmp(stored->name, name);

        if (order == 0) return stored;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
