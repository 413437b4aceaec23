/* SPDX-License-Identifier: MIT */
/*
 * Reading safetensors. The file is not trusted: every sum and product of its numbers is
 * checked for overflow, and offsets are checked before data are read. No more is read or
 * allocated than the file's size justifies.
 */
#include "io/safetensors_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/sort.h"
#include "base/utf8.h"
#include "io/format.h"

enum { LENGTH = RN__SAFETENSORS_LENGTH, HEADER_MAX = RN__SAFETENSORS_HEADER };

/* ---- where the tensors are ---- */

/* The size of a tensor of that type and shape; false if it overflows size_t. The other
 * sizes must fit even if one is 0. */
static bool size_of(const rn__stored *stored, size_t *bytes)
{
    bool empty = false;

    *bytes = rn__safetensors_size(stored->type);
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

/* Empty tensors sort before the tensor that begins at the same offset. */
static int compare_offsets(const void *a, const void *b)
{
    const rn__stored *x = (const rn__stored *)a, *y = (const rn__stored *)b;

    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end == y->end ? 0 : x->end < y->end ? -1 : 1;
}

static rn_status check_offsets(rn__reading *r, const void **room)
{
    const rn__safetensors *st = r->st;
    size_t at = 0, bytes;

    rn__sort(st->by_name, room, st->count, compare_offsets);
    for (size_t i = 0; i < st->count; i++) {
        const rn__stored *stored = (const rn__stored *)st->by_name[i];
        if (!size_of(stored, &bytes))
            return rn__reading_bad_tensor(r, stored, "its size is too large");
        if (stored->end - stored->begin != bytes)
            return rn__reading_bad_tensor(r, stored,
                                          "its offsets do not match its shape and type");
        if (stored->begin != at)
            return rn__reading_bad_tensor(r, stored,
                                          stored->begin < at ? "overlaps another one"
                                                             : "there is a gap before it");
        at = stored->end;
    }
    return at == st->bytes ? RN_OK
                           : rn__reading_bad(r, "there are bytes after the last tensor");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const rn__stored *)a)->name, ((const rn__stored *)b)->name);
}

static rn_status check_names(rn__reading *r, const void **room)
{
    const rn__safetensors *st = r->st;

    for (size_t i = 0; i < st->count; i++) st->by_name[i] = &st->stored[i];
    rn__sort(st->by_name, room, st->count, compare_names);
    for (size_t i = 1; i < st->count; i++)
        if (!compare_names(st->by_name[i - 1], st->by_name[i]))
            return rn__reading_bad_tensor(r, (const rn__stored *)st->by_name[i],
                                          "occurs twice");
    return RN_OK;
}

static rn_status index_tensors(rn__reading *r)
{
    rn__safetensors *st = r->st;
    size_t bytes;

    if (!rn__multiply(st->count + 1, 2 * sizeof(void *), &bytes))
        return rn__reading_no_memory(r);
    st->by_name = (const void **)rn__allocate(st->allocator, bytes);
    if (!st->by_name) return rn__reading_no_memory(r);
    for (size_t i = 0; i < st->count; i++) st->by_name[i] = &st->stored[i];

    const void **room = st->by_name + st->count;
    const rn_status status = check_offsets(r, room);
    return status == RN_OK ? check_names(r, room) : status;
}

/* ---- the file ---- */

/* What is wrong with a file that begins with these bytes, or its actual format. */
static rn_status bad_frame(rn__reading *r, const unsigned char *head, size_t count,
                           const char *what)
{
    const char *format = rn__format_of(head, count);

    return rn__reading_bad(r, format ? format : what);
}

/* The length of the header, from the first `count` bytes of the file. */
static rn_status read_length(rn__reading *r, const unsigned char *head, size_t count,
                             size_t *bytes)
{
    const size_t all = r->st->file.bytes;
    uint64_t length = 0;
    char what[96];

    if (all < LENGTH) return bad_frame(r, head, count, "too short for a header");
    for (int i = LENGTH - 1; i >= 0; i--) length = length << 8 | head[i];
    if (length > HEADER_MAX) {
        snprintf(what, sizeof what,
                 "the header is longer than 100 MB: %" PRIu64 " bytes by the first 8",
                 length);
        return bad_frame(r, head, count, what);
    }
    if (length > all - LENGTH) {
        snprintf(what, sizeof what,
                 "the header reaches beyond the end: %" PRIu64 " bytes in a file of %zu",
                 length, all);
        return bad_frame(r, head, count, what);
    }
    if (length == 0 || head[LENGTH] != '{')
        return bad_frame(r, head, count, "the header does not begin with {");
    *bytes = (size_t)length;
    return RN_OK;
}

static rn_status read_header(rn__reading *r, size_t bytes)
{
    rn__safetensors *st = r->st;
    rn_status status;

    st->header = (char *)rn__allocate(st->allocator, bytes);
    if (!st->header) return rn__reading_no_memory(r);
    status = rn__file_take(&st->file, LENGTH, st->header, bytes, r->fault);
    if (status != RN_OK) return status;
    if (!rn__utf8_valid(st->header, bytes))
        return rn__reading_bad(r, "the header is not UTF-8");
    rn__seal_note(r, st->header, bytes);
    r->json = (rn__json){st->header, st->header + bytes, NULL};
    status = rn__reading_header(r);
    if (status != RN_OK) return status;
    if (!rn__json_ends(&r->json))
        return rn__reading_bad(r, "header: there is text after the object");
    status = index_tensors(r);
    return status == RN_OK ? rn__seal_check(r) : status;
}

rn_status rn__safetensors_open(rn__safetensors *st, rn_allocator allocator,
                               const char *path, rn__fault *fault)
{
    rn__reading r = {.st = st, .path = path, .fault = fault};
    unsigned char head[RN__FORMAT_BYTES];
    size_t header = 0;
    rn_status status;

    *st = (rn__safetensors){.allocator = allocator};
    status = rn__file_open(&st->file, path, fault);
    if (status != RN_OK) return status;
    const size_t count = st->file.bytes < sizeof head ? st->file.bytes : sizeof head;
    status = rn__file_take(&st->file, 0, head, count, fault);
    if (status == RN_OK) status = read_length(&r, head, count, &header);
    if (status != RN_OK) return status;
    st->bytes = st->file.bytes - LENGTH - header;
    return read_header(&r, header);
}

static rn_status check_bools(rn__reading *r)
{
    for (size_t i = 0; i < r->st->count; i++) {
        const rn__stored *stored = &r->st->stored[i];
        for (size_t at = stored->begin; stored->type == RN_BOOL && at < stored->end; at++)
            if (r->st->data[at] > 1)
                return rn__reading_bad_tensor(r, stored, "a bool that is not 0 or 1");
    }
    return RN_OK;
}

rn_status rn__safetensors_data(rn__safetensors *st, rn__fault *fault)
{
    rn__reading r = {.st = st, .path = st->file.path, .fault = fault};
    const size_t from = st->file.bytes - st->bytes;
    rn_status status;

    st->data = (unsigned char *)rn__allocate(st->allocator, st->bytes);
    if (!st->data) return rn__reading_no_memory(&r);
    status = rn__file_take(&st->file, from, st->data, st->bytes, fault);
    rn__file_close(&st->file);
    for (size_t i = 0; i < st->count; i++)
        st->stored[i].data = st->data + st->stored[i].begin;
    if (status == RN_OK) status = rn__seal_check_data(&r);
    return status == RN_OK ? check_bools(&r) : status;
}

void rn__safetensors_finish(rn__safetensors *st)
{
    rn__file_close(&st->file);
    rn__free(st->allocator, (void *)st->by_name);
    rn__free(st->allocator, st->stored);
    rn__free(st->allocator, st->header);
    rn__free(st->allocator, st->note);
    rn__free(st->allocator, st->table);
    rn__free(st->allocator, st->data);
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
