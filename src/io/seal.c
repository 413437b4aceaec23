/* SPDX-License-Identifier: MIT */
/*
 * The checksums of a sealed safetensors file.
 *
 *   table  [arrays, 3]  kind, place and checksum of each array; that of the table is 0
 *   seal   of the header, with zeros for its own digits, and then of the table
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "io/safetensors_read.h"

enum {
    MARK = sizeof RN__SEAL_MARK - 1,
    VERSION = MARK - 2,
    DIGITS = 16,
    ROW = RN__SEAL_ROW
};

static void print_seal(char text[DIGITS + 1], uint64_t hash)
{
    snprintf(text, DIGITS + 1, "%016" PRIx64, hash);
}

void rn__seal_row(const rn__seal *seal, size_t row, ptrdiff_t place)
{
    const int64_t kind = seal->kind[place];

    seal->table[ROW * row + RN__SEAL_KIND] = kind;
    seal->table[ROW * row + RN__SEAL_PLACE] = kind < 0 ? -1 : place;
}

void rn__seal_set(const rn__seal *seal, char *header, size_t bytes, const rn__piece *array,
                  size_t count)
{
    char digits[DIGITS + 1];

    for (size_t i = 0; i < count; i++)
        seal->table[ROW * i + RN__SEAL_SUM] =
            array[i].data == seal->table
                ? 0
                : (int64_t)rn__hash_bytes(0, array[i].data, array[i].bytes);
    print_seal(digits, rn__hash_bytes(rn__hash_bytes(0, header, bytes), seal->table,
                                      ROW * count * sizeof *seal->table));
    memcpy(header + MARK, digits, DIGITS);
}

/* ---- reading ---- */

int64_t rn__seal_get(const rn__safetensors *st, const rn__stored *stored, int column)
{
    return st->table[ROW * (stored - st->stored) + column];
}

void rn__seal_note(rn__reading *r, char *header, size_t bytes)
{
    rn__safetensors *st = r->st;

    if (bytes < MARK + DIGITS || memcmp(header, RN__SEAL_MARK, VERSION)) return;
    st->sealed = true;
    st->version = header[VERSION];
    memcpy(st->seal, header + MARK, DIGITS);
    memset(header + MARK, '0', DIGITS);
    st->hash = rn__hash_bytes(0, header, bytes);
}

rn_status rn__seal_check(rn__reading *r)
{
    rn__safetensors *st = r->st;
    char digits[DIGITS + 1];

    if (!st->sealed) return RN_OK;

    if (st->version != RN__SEAL_MARK[VERSION])
        return rn__reading_bad(r, "is a checkpoint of another version, or damaged");

    const rn__stored *table = rn__safetensors_find(st, RN__SEAL_TABLE);
    const size_t bytes = ROW * st->count * sizeof *st->table;
    if (!table || table->type != RN__I64 || table->end - table->begin != bytes)
        return rn__reading_bad(r, "the table of checksums is missing");
    st->table = (int64_t *)rn__allocate(st->allocator, bytes);
    if (!st->table) return rn__reading_no_memory(r);

    const rn_status status = rn__file_take(
        &st->file, st->file.bytes - st->bytes + table->begin, st->table, bytes, r->fault);
    if (status != RN_OK) return status;
    print_seal(digits, rn__hash_bytes(st->hash, st->table, bytes));
    if (memcmp(digits, st->seal, DIGITS))
        return rn__reading_bad(r, "the header or the table of checksums is damaged");
    return RN_OK;
}

rn_status rn__seal_check_data(rn__reading *r)
{
    const rn__safetensors *st = r->st;

    for (size_t i = 0; st->sealed && i < st->count; i++) {
        const rn__stored *stored = &st->stored[i];
        const size_t bytes = stored->end - stored->begin;
        if (strcmp(stored->name, RN__SEAL_TABLE)
                ? (uint64_t)st->table[ROW * i + RN__SEAL_SUM] !=
                      rn__hash_bytes(0, stored->data, bytes)
                : memcmp(stored->data, st->table, bytes) != 0)
            return rn__reading_bad_tensor(r, stored, "is damaged: its checksum differs");
    }
    return RN_OK;
}
