/* SPDX-License-Identifier: MIT */
/*
 * Writing safetensors. Tensors are sorted by size of element, largest first, then by name.
 * As the header is padded to 8 bytes, every tensor is aligned, and equal tensors give equal
 * files.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/sort.h"
#include "io/file.h"
#include "io/safetensors.h"

enum { LENGTH = RN__SAFETENSORS_LENGTH, ALIGNMENT = 8 };

static const struct {
    char name[8];
    unsigned char size;
} types[RN__STORED_TYPES] = {
    {"F32", 4}, {"F64", 8}, {"I32", 4},     {"BOOL", 1},    {"F16", 2},     {"BF16", 2},
    {"I64", 8}, {"U8", 1},  {"I8", 1},      {"I16", 2},     {"U16", 2},     {"U32", 4},
    {"U64", 8}, {"C64", 8}, {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
};

const char *rn__safetensors_type(int type)
{
    return types[type].name;
}

size_t rn__safetensors_size(int type)
{
    return types[type].size;
}

static int compare(const void *a, const void *b)
{
    const rn__stored *x = (const rn__stored *)a, *y = (const rn__stored *)b;
    const size_t x_size = rn__safetensors_size(x->type);
    const size_t y_size = rn__safetensors_size(y->type);

    if (x_size != y_size) return x_size > y_size ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* ---- text that is first measured, then written ---- */

typedef struct text {
    char *at; /* NULL: only measures */
    size_t used;
} text;

static void put(text *t, const char *bytes, size_t count)
{
    if (t->at) memcpy(t->at + t->used, bytes, count);
    t->used += count;
}

static void put_words(text *t, const char *words)
{
    put(t, words, strlen(words));
}

static void put_number(text *t, uint64_t number)
{
    char digits[24];

    put(t, digits, (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number));
}

static void put_name(text *t, const char *name)
{
    put_words(t, "\"");
    for (; *name; name++) {
        char code[8];
        if ((unsigned char)*name < 0x20)
            put(t, code, (size_t)snprintf(code, sizeof code, "\\u%04x", (unsigned)*name));
        else if (*name == '"' || *name == '\\')
            put(t, code, (size_t)snprintf(code, sizeof code, "\\%c", *name));
        else
            put(t, name, 1);
    }
    put_words(t, "\"");
}

static size_t bytes_of(const rn__stored *stored)
{
    return (size_t)rn_shape_count(stored->shape) * rn__safetensors_size(stored->type);
}

/* The tensor at `begin` in the data. */
static void put_tensor(text *t, const rn__stored *stored, size_t begin)
{
    put_name(t, stored->name);
    put_words(t, ":{\"dtype\":\"");
    put_words(t, rn__safetensors_type(stored->type));
    put_words(t, "\",\"shape\":[");
    for (int i = 0; i < stored->shape.rank; i++) {
        if (i) put_words(t, ",");
        put_number(t, (uint64_t)stored->shape.size[i]);
    }
    put_words(t, "],\"data_offsets\":[");
    put_number(t, begin);
    put_words(t, ",");
    put_number(t, begin + bytes_of(stored));
    put_words(t, "]}");
}

/* The metadata, with a place for the checksum. */
static void put_notes(text *t, const rn__seal *seal)
{
    put_words(t, seal->table ? RN__SEAL_MARK "0000000000000000\"" : "{\"__metadata__\":{");
    for (size_t i = 0; i < seal->notes; i++) {
        if (i || seal->table) put_words(t, ",");
        put_name(t, seal->note[i].key);
        put_words(t, ":");
        put_name(t, seal->note[i].value);
    }
    put_words(t, "}");
}

/* The start of the file: the length and the header, padded with blanks. */
static void put_header(text *t, const void *const *order, size_t count,
                       const rn__seal *seal)
{
    size_t begin = 0;

    t->used = LENGTH;
    const bool noted = seal && (seal->table || seal->notes);
    if (noted)
        put_notes(t, seal);
    else
        put_words(t, "{");
    for (size_t i = 0; i < count; i++) {
        if (i || noted) put_words(t, ",");
        const rn__stored *stored = (const rn__stored *)order[i];
        put_tensor(t, stored, begin);
        begin += bytes_of(stored);
    }
    put_words(t, "}");
    while (t->used % ALIGNMENT) put_words(t, " ");

    uint64_t length = t->used - LENGTH;
    for (int i = 0; t->at && i < LENGTH; i++, length >>= 8)
        t->at[i] = (char)(unsigned char)length;
}

/* ---- the file ---- */

/* False if the total size of the tensors overflows. */
static bool fits(const rn__stored *stored, size_t count)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++)
        if (rn_shape_count(stored[i].shape) < 0 ||
            !rn__sum_sizes(total, bytes_of(&stored[i]), &total))
            return false;
    return total <= PTRDIFF_MAX;
}

static rn_status write_order(rn_allocator a, const char *path, const void *const *order,
                             size_t count, rn__piece *piece, const rn__seal *seal,
                             rn__fault *fault)
{
    text t = {NULL, 0};
    rn_status status;

    put_header(&t, order, count, seal);
    if (t.used - LENGTH > RN__SAFETENSORS_HEADER)
        return rn__fault_set(fault, RN_INVALID, path,
                             "the header would be longer than 100 MB: %zu bytes for %zu "
                             "tensors; shorter names would help",
                             t.used - LENGTH, count);
    t.at = (char *)rn__allocate(a, t.used);
    if (!t.at) return rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");
    put_header(&t, order, count, seal);

    for (size_t i = 0; i < count; i++) {
        const rn__stored *stored = (const rn__stored *)order[i];
        piece[i + 1] = (rn__piece){stored->data, bytes_of(stored)};
    }
    if (seal && seal->table)
        rn__seal_set(seal, t.at + LENGTH, t.used - LENGTH, piece + 1, count);
    piece[0] = (rn__piece){t.at, t.used};
    status = rn__file_replace(a, path, piece, count + 1, fault);
    rn__free(a, t.at);
    return status;
}

rn_status rn__safetensors_write(rn_allocator allocator, const char *path,
                                const rn__stored *stored, size_t count,
                                const rn__seal *seal, rn__fault *fault)
{
    if (!fits(stored, count))
        return rn__fault_set(fault, RN_INVALID, path, "too large for a file");

    const size_t each = 2 * sizeof(void *) + sizeof(rn__piece);
    size_t bytes;
    void *memory =
        rn__multiply(count + 1, each, &bytes) ? rn__allocate(allocator, bytes) : NULL;
    if (!memory) return rn__fault_set(fault, RN_NO_MEMORY, path, "out of memory");

    rn__piece *piece = (rn__piece *)memory;
    const void **order = (const void **)(void *)(piece + count + 1);
    for (size_t i = 0; i < count; i++) order[i] = &stored[i];
    rn__sort(order, order + count, count, compare);
    for (size_t i = 0; seal && seal->table && i < count; i++)
        rn__seal_row(seal, i, (const rn__stored *)order[i] - stored);

    const rn_status status = write_order(allocator, path, order, count, piece, seal, fault);
    rn__free(allocator, memory);
    return status;
}
