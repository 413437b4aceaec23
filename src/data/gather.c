/* SPDX-License-Identifier: MIT */
/*
 * Reading the data of a batch.
 *
 *   data[t, b] = step t of row b
 *
 * Rows are read whole, some of them at a time into a strip, which is then transposed: as
 * many as fill a cache line of the result with one step. Rows of a strip do not lie a power
 * of two apart, so that they do not share the sets of a cache.
 */
#include <string.h>

#include "data/batches.h"

enum { LINE = 64 };

/* How many rows of a field are transposed together. */
static int64_t rows_together(size_t bytes, int64_t rows)
{
    const int64_t most = bytes && bytes < LINE ? LINE / (int64_t)bytes : 1;

    return rows < most ? rows : most;
}

/* With room for one step more, see rn__batching. */
static bool row_stride(size_t bytes, int64_t steps, size_t *stride)
{
    if (!rn__multiply((size_t)steps + 1, bytes, stride) || *stride > SIZE_MAX / 4)
        return false;
    *stride = (*stride / LINE + 1) * LINE + (*stride / LINE % 2 ? LINE : 0);
    return true;
}

bool rn__batches_strip(const rn_field *field, int64_t rows, int64_t steps, size_t *bytes)
{
    const size_t step = rn__field_bytes(field);
    size_t stride;

    return row_stride(step, steps, &stride) &&
           rn__multiply(stride, (size_t)rows_together(step, rows), bytes) &&
           rn__multiply(*bytes, 2, bytes);
}

/* ---- padding ---- */

void rn__batches_pad(const rn_field *field, char *to, int64_t steps)
{
    const size_t size = rn_type_size(field->type),
                 all = (size_t)steps * rn__field_bytes(field);
    const float f32 = (float)field->padding;
    const int32_t i32 = field->type == RN_I32 ? (int32_t)field->padding : 0;
    const char boolean = field->padding != 0;
    const void *const value[RN_TYPES] = {&f32, &field->padding, &i32, &boolean};

    if (field->padding == 0) {
        memset(to, 0, all);
        return;
    }
    for (size_t at = 0; at < all; at += size) memcpy(to + at, value[field->type], size);
}

/* ---- transposing ---- */

/* from[r][t] to to[t][r], for rows and steps of `bytes` bytes. A constant `bytes` makes the
 * copy one move. */
static inline void transpose_as(const char *from, size_t stride, int64_t rows,
                                int64_t steps, char *to, size_t pitch, size_t bytes)
{
    for (int64_t t = 0; t < steps; t++, to += pitch)
        for (int64_t r = 0; r < rows; r++)
            memcpy(to + (size_t)r * bytes, from + (size_t)r * stride + (size_t)t * bytes,
                   bytes);
}

static void transpose(const char *from, size_t stride, int64_t rows, int64_t steps,
                      char *to, size_t pitch, size_t bytes)
{
    if (bytes == 4)
        transpose_as(from, stride, rows, steps, to, pitch, 4);
    else if (bytes == 8)
        transpose_as(from, stride, rows, steps, to, pitch, 8);
    else
        transpose_as(from, stride, rows, steps, to, pitch, bytes);
}

/* Of a field, and of the one that is its next step, if there is one. */
static bool gather_steps(rn_batches *b, const rn_batch *batch, int field)
{
    const size_t bytes = rn__field_bytes(&b->fields[field]);
    const size_t pitch = (size_t)batch->sequences * bytes;
    const int64_t rows = rows_together(bytes, batch->sequences);
    const bool both = b->next_field >= 0 && field == b->next_of;
    size_t stride;

    if (field == b->next_field || bytes == 0 || !row_stride(bytes, batch->steps, &stride))
        return true;
    char *next = b->strip + (size_t)rows * stride;
    for (int64_t first = 0; first < batch->sequences; first += rows) {
        const int64_t left = batch->sequences - first, n = left < rows ? left : rows;
        const size_t at = (size_t)first * bytes;

        for (int64_t r = 0; r < n; r++)
            if (!b->kind->row(b, batch, field, first + r, b->strip + (size_t)r * stride,
                              both ? next + (size_t)r * stride : NULL))
                return false;
        transpose(b->strip, stride, n, batch->steps, (char *)b->data[field] + at, pitch,
                  bytes);
        if (both)
            transpose(next, stride, n, batch->steps, (char *)b->data[b->next_field] + at,
                      pitch, bytes);
    }
    return true;
}

/* The fields that sequences have once; all of a sequence together, because a source may
 * have to find and read it for each. */
static bool gather_once(rn_batches *b, const rn_batch *batch)
{
    for (int64_t r = 0; r < batch->real; r++)
        for (int k = 0; k < b->field_count; k++) {
            const size_t bytes = b->fields[k].once ? rn__field_bytes(&b->fields[k]) : 0;
            if (b->fields[k].once &&
                !rn__batches_read(b, batch->which[r], k, 0, 1,
                                  (char *)b->data[k] + (size_t)r * bytes))
                return false;
        }
    for (int k = 0; k < b->field_count; k++)
        if (b->fields[k].once)
            rn__batches_pad(&b->fields[k],
                            (char *)b->data[k] +
                                (size_t)batch->real * rn__field_bytes(&b->fields[k]),
                            batch->sequences - batch->real);
    return true;
}

bool rn__batches_gather(rn_batches *b, const rn_batch *batch)
{
    for (int k = 0; k < b->field_count; k++)
        if (!b->fields[k].once && !gather_steps(b, batch, k)) return false;
    return gather_once(b, batch);
}
