/* SPDX-License-Identifier: MIT */
/*
 * unpack -- rows of a table, or zeros.
 *
 *   x  [N, ..]       any type
 *   i  [I..]         i32, below N; negative: zeros
 *   y  [I.., ..]
 *
 *   y[i..] = i[i..] < 0 ? 0 : x[i[i..]]
 *
 * The compiler makes it (compile/ragged.c), so it has no gradient.
 */
#include "ops/op.h"
#include "ops/ragged.h"

#include <stdio.h>
#include <string.h>

#if RN_ONCE

static int64_t product(const int64_t *size, int count)
{
    int64_t n = 1;

    for (int i = 0; i < count; i++) n *= size[i];
    return n;
}

RN_KERNEL_ONCE(unpack)
{
    const rn_array *x = &call->in[0], *indices = &call->in[1];
    const int64_t count = product(indices->size, indices->rank);
    const size_t row = (size_t)product(x->size + 1, x->rank - 1) * rn_type_size(x->type);
    const int32_t *index = (const int32_t *)indices->data;
    const int64_t first = row ? call->first / product(x->size + 1, x->rank - 1) : 0;
    char *y = (char *)call->out->data;

    for (int64_t i = 0; i < count; i++, y += row) {
        if (index[i] >= x->size[0]) {
            snprintf(call->message, RN_MESSAGE, "index %d is above %lld at element %lld",
                     (int)index[i], (long long)x->size[0] - 1, (long long)(first + i));
            return false;
        }
        if (row && index[i] < 0) memset(y, 0, row);
        if (row && index[i] >= 0)
            memcpy(y, (const char *)x->data + (size_t)index[i] * row, row);
    }
    return true;
}

static const char *shape(rn_typing *t)
{
    const rn_shape x = t->in_shape[0];

    if (t->in_type[1] != RN_I32) return "the indices' type is not i32";
    if (x.rank < 1) return "rank below 1";
    t->shape = t->in_shape[1];
    if (t->shape.rank + x.rank - 1 > RN_RANK_MAX) return "the result has too many axes";
    for (int i = 1; i < x.rank; i++) t->shape.size[t->shape.rank++] = x.size[i];
    return NULL;
}

/* By the indices. */
static bool divide(const rn_call *call, int axis, int *cut)
{
    cut[0] = -1, cut[1] = axis;
    return axis < call->in[1].rank && product(call->out->size, call->out->rank) > 0;
}

const rn_op rn__op_unpack = {RN_NAMED(unpack), .kind = RN_KIND_MOVEMENT,
                             .inputs = 2,      .flags = RN_OP_STOPS,
                             .shape = shape,   .divide = divide};

rn_tensor rn__unpack(rn_tensor x, rn_tensor indices)
{
    const rn_tensor in[2] = {x, indices};

    return rn_apply(&rn__op_unpack, in, 2, NULL, 0);
}

#endif
