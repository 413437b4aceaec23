/* SPDX-License-Identifier: MIT */
/* Writing NumPy's .npy files; npy.c describes the format. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/file.h"
#include "rondo/table.h"

enum { ALIGNMENT = 64, START = 10 };

rn_status rn_npy_write(const char *path, rn_type type, rn_shape shape, const void *data,
                       char *message, size_t capacity)
{
    static const char *const descr[] = {"<f4", "<f8", "<i4", "|b1"};
    char head[2 * ALIGNMENT + 256], sizes[RN_RANK_MAX * 24] = "";
    const int64_t count = rn_shape_count(shape);
    rn__fault fault = {""};
    rn_status status = RN_INVALID;
    size_t used = 0, bytes;

    if (!path || (unsigned)type > RN_BOOL || count < 0 || (count > 0 && !data) ||
        !rn__multiply((size_t)(count < 0 ? 0 : count), rn_type_size(type), &bytes)) {
        rn__fault_set(&fault, RN_INVALID, "npy_write", "%s",
                      !path                      ? "no path"
                      : (unsigned)type > RN_BOOL ? "no such type"
                      : count < 0                ? "no such shape"
                                                 : "no data");
    } else {
        for (int i = 0; i < shape.rank; i++)
            used += (size_t)snprintf(sizes + used, sizeof sizes - used, "%" PRId64 ",%s",
                                     shape.size[i], i + 1 < shape.rank ? " " : "");
        if (shape.rank > 1) sizes[used - 1] = 0;
        int length = snprintf(head + START, sizeof head - START,
                              "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                              descr[type], sizes);
        while ((length + START + 1) % ALIGNMENT) head[START + length++] = ' ';
        head[START + length++] = '\n';
        memcpy(head, "\x93NUMPY\1\0", 8);
        head[8] = (char)(length & 0xFF);
        head[9] = (char)(length >> 8);
        const rn__piece piece[] = {{head, (size_t)(length + START)}, {data, bytes}};
        status = rn__file_replace((rn_allocator){NULL, NULL}, path, piece, 2, &fault);
    }
    if (message && capacity) snprintf(message, capacity, "%s", fault.message);
    return status;
}
