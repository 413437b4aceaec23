/* SPDX-License-Identifier: MIT */
/*
 * concat -- tensors one after the other along an axis.
 *
 *   x1, x2, ..  [.., n1, ..], [.., n2, ..], ..    any one type
 *   y           [.., n1 + n2 + .., ..]
 *
 *   y   = x1, x2, ..
 *   dxi = the part of dy where xi went
 */
#include "kernel/strided.h"
#include "ops/op.h"

#if RN_ONCE

typedef struct attributes {
    int64_t axis;
} attributes;

RN_KERNEL_ONCE(concat)
{
    const int64_t axis = ((const attributes *)call->attributes)->axis;
    const rn_array *y = call->out;
    const size_t bytes = rn_type_size(y->type);
    char *to = (char *)y->data;

    for (int i = 0; i < call->inputs; i++) {
        const rn_array *x = &call->in[i];
        rn__copy(x->rank, x->size, bytes, to, y->stride, x->data, x->stride);
        to += (size_t)(x->size[axis] * y->stride[axis]) * bytes;
    }
    return true;
}

static const char *shape(rn_typing *t)
{
    const int64_t axis = ((const attributes *)t->attributes)->axis;

    for (int i = 1; i < t->inputs; i++) {
        rn_shape x = t->in_shape[i];

        if (t->in_type[i] != t->type) return "types differ";
        if (x.rank != t->shape.rank) return "ranks differ";
        if (__builtin_add_overflow(t->shape.size[axis], x.size[axis], &t->shape.size[axis]))
            return "the result is too large";
        x.size[axis] = t->shape.size[axis];
        if (!rn_shape_equal(x, t->shape)) return "sizes of other axes differ";
    }
    return NULL;
}

static bool divide(const rn_call *call, int axis, int *cut)
{
    for (int i = 0; i < call->inputs; i++) cut[i] = axis;
    return axis != ((const attributes *)call->attributes)->axis;
}

static void gradient(rn_pullback *p)
{
    const int axis = (int)((const attributes *)p->attributes)->axis;
    int64_t start = 0;

    for (int i = 0; i < p->inputs; i++) {
        const int64_t stop = start + rn_size(p->x[i], axis);
        if (p->wanted[i]) p->dx[i] = rn_slice(p->dy, axis, start, stop, 1);
        start = stop;
    }
}

const rn_op rn__op_concat = {RN_NAMED(concat),    .kind = RN_KIND_MOVEMENT,
                             .inputs = -1,        .flags = RN_OP_STRIDED | RN_OP_JOINS,
                             .shape = shape,      .divide = divide,
                             .gradient = gradient};

rn_tensor rn_concat(const rn_tensor *x, int count, int axis)
{
    if (count < 1 || !x) return rn__null_from("concat", RN__NULL_LIST, NULL, 0);

    const attributes a = {rn__op_axis(&rn__op_concat, x[0], axis)};
    if (a.axis < 0 && !rn_is_null(x[0])) return rn_null();
    return rn_apply(&rn__op_concat, x, count, &a, sizeof a);
}

#endif
