/* SPDX-License-Identifier: MIT */
/* The loops of cumulative sums, for all types: adjacent columns at once. */
#include "ops/along.h"

#include <string.h>

enum { COLUMNS = 32 };

/* Of n terms in each of at most COLUMNS adjacent columns; `step` leads from one term to the
 * next, and from one sum to the next. */
#define ADD_UP(name, type, total)                                                          \
    RN_INLINE void name##_of(const type *x, int64_t n, int64_t columns, int64_t step,      \
                             type *y)                                                      \
    {                                                                                      \
        total sum[COLUMNS] = {0};                                                          \
                                                                                           \
        for (; n > 0; n--, x += step, y += step) RN_EACH(i, columns)                       \
            {                                                                              \
                sum[i] += (total)x[i];                                                     \
                y[i] = (type)sum[i];                                                       \
            }                                                                              \
    }                                                                                      \
                                                                                           \
    static void name(const void *x, int64_t n, int64_t columns, int64_t step, void *y)     \
    {                                                                                      \
        if (columns == 1)                                                                  \
            name##_of((const type *)x, n, 1, step, (type *)y);                             \
        else                                                                               \
            name##_of((const type *)x, n, columns, step, (type *)y);                       \
    }

ADD_UP(add_f32, float, double)
ADD_UP(add_f64, double, double)
ADD_UP(add_i32, uint32_t, uint32_t)

static int64_t product(const int64_t *size, int from, int to)
{
    int64_t n = 1;

    for (int i = from; i < to; i++) n *= size[i];
    return n;
}

bool rn__cumsum(const rn_call *call)
{
    const rn__cumsum_attributes *a = (const rn__cumsum_attributes *)call->attributes;
    const rn_array *x = &call->in[0];
    const int axis = (int)a->axis;
    const int64_t size = (int64_t)rn_type_size(x->type), n = x->size[axis];
    const int64_t inner = product(x->size, axis + 1, x->rank), row = inner * size;
    const int64_t outer = product(x->size, 0, axis), first = a->reverse ? (n - 1) * row : 0;
    const int64_t step = a->reverse ? -inner : inner, later = a->exclusive ? 1 : 0;

    for (int64_t o = 0; o < outer && n > 0; o++) {
        const char *from = (const char *)x->data + o * n * row + first;
        char *to = (char *)call->out->data + o * n * row + first;

        if (later && row) memset(to, 0, (size_t)row);
        to += later * step * size;
        for (int64_t i = 0; i < inner && n > later; i += COLUMNS) {
            const int64_t columns = inner - i < COLUMNS ? inner - i : COLUMNS;
            (x->type == RN_F32 ? add_f32
             : x->type == RN_F64
                 ? add_f64
                 : add_i32)(from + i * size, n - later, columns, step, to + i * size);
        }
    }
    return true;
}
