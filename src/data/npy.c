/* SPDX-License-Identifier: MIT */
/*
 * NumPy's .npy files.
 *
 *   \x93NUMPY | major, minor | header's length, u16 or from version 2 on u32 | header |
 * data
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 *
 * Integers are converted to i32 in the memory that they were read to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/file.h"
#include "rondo/table.h"

enum { LONGEST = 1 << 16, START = 10 };

static const char magic[] = "\x93NUMPY";

typedef struct reading {
    rn__file file;
    rn__fault *fault;
    const char *at; /* in the header */
    char kind;      /* 'f', 'i', 'u' or 'b' */
    size_t size;    /* of an element in the file */
    bool swapped, fortran;
    size_t data; /* where it begins */
    rn_npy *npy;
} reading;

static bool bad(reading *r, const char *what)
{
    rn__fault_set(r->fault, RN_BAD_FILE, r->file.path, "%s", what);
    return false;
}

/* ---- the header ---- */

static bool accept(reading *r, const char *text)
{
    const size_t length = strlen(text);

    r->at += strspn(r->at, " \n");
    if (strncmp(r->at, text, length) != 0) return false;
    r->at += length;
    return true;
}

static bool read_descr(reading *r)
{
    static const char known[] = "f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1 ";
    char text[24] = "", name[4];

    r->at += strspn(r->at, " \n");
    const char quote = *r->at == '\'' || *r->at == '"' ? *r->at++ : 0;
    size_t length = 0;
    while (r->at[length] && (!quote || r->at[length] != quote)) length++;
    snprintf(text, sizeof text, "%.*s", (int)(length < 20 ? length : 20), r->at);
    r->at += quote && r->at[length] ? length + 1 : 0;
    snprintf(name, sizeof name, "%.2s ", strlen(text) == 3 ? text + 1 : "??");
    if (!quote || !strchr("<>=|", text[0]) || !strstr(known, name)) {
        rn__fault_set(r->fault, RN_BAD_FILE, r->file.path,
                      quote ? "elements of type \"%s\", which is none of %s"
                            : "structured elements %s, not one of %s",
                      text, known);
        return false;
    }
    const uint16_t one = 1;
    const bool big = *(const unsigned char *)&one == 0;
    r->kind = name[0];
    r->size = (size_t)(name[1] - '0');
    r->swapped = r->size > 1 && (text[0] == '>' ? !big : text[0] == '<' && big);
    r->npy->type = r->kind == 'f'   ? r->size == 4 ? RN_F32 : RN_F64
                   : r->kind == 'b' ? RN_BOOL
                                    : RN_I32;
    return true;
}

static bool read_shape(reading *r)
{
    rn_shape *s = &r->npy->shape;

    if (!accept(r, "(")) return bad(r, "the header's shape is not a tuple");
    *s = (rn_shape){0};
    while (!accept(r, ")")) {
        int64_t size = 0;
        const char *start = (accept(r, ""), r->at);
        for (; *r->at >= '0' && *r->at <= '9' && size < INT64_MAX / 16; r->at++)
            size = 10 * size + (*r->at - '0');
        if (r->at == start)
            return bad(r, "the header's shape has something else than sizes");
        if (s->rank == RN_RANK_MAX) return bad(r, "more than 8 axes");
        s->size[s->rank++] = size;
        if (!accept(r, ",") && *r->at != ')')
            return bad(r, "the header's shape does not end");
    }
    return rn_shape_count(*s) >= 0 || bad(r, "the header's shape is too large");
}

static bool read_order(reading *r)
{
    r->fortran = accept(r, "True");
    return r->fortran || accept(r, "False") || bad(r, "fortran_order is not True or False");
}

static bool read_dictionary(reading *r)
{
    static const struct {
        const char *name;
        bool (*read)(reading *r);
    } key[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};
    unsigned found = 0;

    if (!accept(r, "{")) return bad(r, "the header is not a dictionary");
    while (!accept(r, "}")) {
        unsigned k = 0;
        for (; k < 3; k++) {
            const char *start = r->at;
            if ((accept(r, "'") || accept(r, "\"")) && accept(r, key[k].name) && *r->at &&
                (r->at++, accept(r, ":")))
                break;
            r->at = start;
        }
        if (k == 3 || found & 1u << k)
            return bad(r, k == 3 ? "the header has an unknown key" : "a key again");
        found |= 1u << k;
        if (!key[k].read(r)) return false;
        if (!accept(r, ",") && *r->at != '}') return bad(r, "the header does not end");
    }
    accept(r, "");
    if (*r->at) return bad(r, "text behind the header's dictionary");
    return found == 7 || bad(r, "the header lacks descr, fortran_order or shape");
}

static bool read_header(reading *r, rn_allocator a)
{
    unsigned char start[START + 2] = {0};
    const size_t bytes = r->file.bytes;

    if (bytes < sizeof start) return bad(r, "is too short for a NumPy array");
    if (rn__file_take(&r->file, 0, start, sizeof start, r->fault) != RN_OK) return false;
    if (memcmp(start, magic, 6) != 0) return bad(r, "is not a NumPy array (.npy)");
    if (start[6] < 1 || start[6] > 3) return bad(r, "not version 1, 2 or 3");
    const size_t from = start[6] == 1 ? START : START + 2;
    const size_t length =
        start[8] | (size_t)start[9] << 8 |
        (start[6] > 1 ? (size_t)start[10] << 16 | (size_t)start[11] << 24 : 0);
    if (length > bytes - from || length > LONGEST)
        return bad(r, length > LONGEST ? "the header is too long"
                                       : "the file ends within the header");
    r->data = from + length;
    char *header = (char *)rn__new(a, length + 1);
    if (!header) return bad(r, "out of memory");
    r->at = header;
    const bool ok = rn__file_take(&r->file, from, header, length, r->fault) == RN_OK &&
                    read_dictionary(r);
    rn__free(a, header);
    return ok;
}

/* ---- the data ---- */

static void swap(unsigned char *at, size_t count, size_t size)
{
    for (; count-- > 0; at += size)
        for (size_t i = 0; i < size / 2; i++) {
            const unsigned char byte = at[i];
            at[i] = at[size - 1 - i];
            at[size - 1 - i] = byte;
        }
}

/* An integer of the file; false if it is none of i32. */
static bool integer(const reading *r, const unsigned char *at, int32_t *to)
{
    int64_t value = 0;

#define CASE(bytes, type)                                                                  \
    case bytes: {                                                                          \
        type x;                                                                            \
        memcpy(&x, at, sizeof x);                                                          \
        value = (int64_t)x;                                                                \
    } break
    switch (r->size + (r->kind == 'u' ? 8 : 0)) {
        CASE(1, int8_t);
        CASE(2, int16_t);
        CASE(4, int32_t);
        CASE(8, int64_t);
        CASE(9, uint8_t);
        CASE(10, uint16_t);
        CASE(12, uint32_t);
    case 16:
        memcpy(&value, at, sizeof value); /* the large ones are negative */
        if (value < 0) return false;
    }
#undef CASE
    *to = (int32_t)value;
    return *to == value;
}

/* Smaller ones are spread from the end, larger ones shrunk from the start. */
static bool to_i32(reading *r, unsigned char *data, int64_t count)
{
    const bool down = r->size < sizeof(int32_t);

    for (int64_t k = 0; k < count; k++) {
        const int64_t i = down ? count - 1 - k : k;
        int32_t value;
        if (!integer(r, data + (size_t)i * r->size, &value)) {
            rn__fault_set(r->fault, RN_BAD_FILE, r->file.path,
                          "element %" PRId64 " is outside of i32", i);
            return false;
        }
        memcpy(data + (size_t)i * sizeof value, &value, sizeof value);
    }
    return true;
}

/* From column-major to row-major. */
static bool transpose(reading *r, rn_allocator a, int64_t count)
{
    const rn_shape *s = &r->npy->shape;
    const size_t size = rn_type_size(r->npy->type);
    int64_t at[RN_RANK_MAX] = {0};
    char *to = (char *)rn__allocate_aligned(a, (size_t)count * size + 1, false);

    if (!to) return bad(r, "out of memory");
    for (int64_t i = 0; i < count; i++) {
        int64_t from = 0;
        for (int k = s->rank - 1; k >= 0; k--) from = from * s->size[k] + at[k];
        memcpy(to + (size_t)i * size, (char *)r->npy->data + (size_t)from * size, size);
        for (int k = s->rank - 1; k >= 0 && ++at[k] == s->size[k]; k--) at[k] = 0;
    }
    rn__free_aligned(a, r->npy->data);
    r->npy->data = to;
    return true;
}

static bool read_data(reading *r, rn_allocator a)
{
    rn_npy *n = r->npy;
    const int64_t count = rn_shape_count(n->shape);
    const size_t out = rn_type_size(n->type), each = out > r->size ? out : r->size;
    size_t bytes;

    if (!rn__multiply((size_t)count, each, &bytes) || bytes >= SIZE_MAX / 2)
        return bad(r, "the header's shape is too large");
    if ((size_t)count * r->size != r->file.bytes - r->data) {
        rn__fault_set(r->fault, RN_BAD_FILE, r->file.path,
                      "%zu bytes of data, the header says %zu", r->file.bytes - r->data,
                      (size_t)count * r->size);
        return false;
    }
    n->data = rn__allocate_aligned(a, bytes + 1, false);
    if (!n->data) return bad(r, "out of memory");
    unsigned char *data = (unsigned char *)n->data;
    if (rn__file_take(&r->file, r->data, data, (size_t)count * r->size, r->fault) != RN_OK)
        return false;
    if (r->swapped) swap(data, (size_t)count, r->size);
    for (int64_t i = 0; r->kind == 'b' && i < count; i++) data[i] = data[i] != 0;
    if (n->type == RN_I32 && !(r->kind == 'i' && r->size == 4) && !to_i32(r, data, count))
        return false;
    return !r->fortran || n->shape.rank < 2 || transpose(r, a, count);
}

rn_npy *rn_npy_read(const char *path, rn_allocator allocator, char *message,
                    size_t capacity)
{
    rn__fault fault = {""};
    reading r = {.fault = &fault};
    bool ok = false;

    if (!path) {
        rn__fault_set(&fault, RN_INVALID, "npy_read", "no path");
    } else if (!(r.npy = (rn_npy *)rn__new(allocator, sizeof *r.npy))) {
        rn__fault_set(&fault, RN_NO_MEMORY, path, "out of memory");
    } else {
        r.npy->allocator = allocator;
        ok = rn__file_open(&r.file, path, &fault) == RN_OK && read_header(&r, allocator) &&
             read_data(&r, allocator);
        rn__file_close(&r.file);
    }
    if (message && capacity) snprintf(message, capacity, "%s", fault.message);
    if (ok) return r.npy;
    rn_npy_free(r.npy);
    return NULL;
}

void rn_npy_free(rn_npy *npy)
{
    if (!npy) return;
    rn__free_aligned(npy->allocator, npy->data);
    rn__free(npy->allocator, npy);
}
