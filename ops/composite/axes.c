/* SPDX-License-Identifier: MIT */
/* Inserting and removing axes. */
#include "ops/op.h"

static const rn_op expand_name = {.name = "expand"}, squeeze_name = {.name = "squeeze"},
                   index_name = {.name = "index"};

rn_tensor rn_expand(rn_tensor x, int axis)
{
    rn_shape shape = rn_shape_get(x);
    const int64_t at = axis < 0 ? (int64_t)axis + shape.rank + 1 : axis;

    if (rn_is_null(x)) return rn__null_from("expand", RN__NULL_X, &x, 1);
    if (shape.rank < 0 || at < 0 || at > shape.rank)
        return rn__op_refuse(&expand_name, &x, 1, "no axis can be inserted at %d", axis);
    if (shape.rank == RN_RANK_MAX)
        return rn__op_refuse(&expand_name, &x, 1, "the result has too many axes");
    for (int i = shape.rank++; i > (int)at; i--) shape.size[i] = shape.size[i - 1];
    shape.size[at] = 1;
    return rn_reshape(x, shape);
}

/* x without an axis of size 1. */
static rn_tensor without(rn_tensor x, int axis)
{
    rn_shape shape = rn_shape_get(x);

    for (int i = axis; i + 1 < shape.rank; i++) shape.size[i] = shape.size[i + 1];
    shape.size[--shape.rank] = 0;
    return rn_reshape(x, shape);
}

rn_tensor rn_squeeze(rn_tensor x, int axis)
{
    const int at = rn__op_axis(&squeeze_name, x, axis);

    if (rn_is_null(x)) return rn__null_from("squeeze", RN__NULL_X, &x, 1);
    if (at < 0) return rn_null();
    if (rn_size(x, at) != 1)
        return rn__op_refuse(&squeeze_name, &x, 1, "the size of axis %d is not 1", axis);
    return without(x, at);
}

rn_tensor rn_index(rn_tensor x, int axis, int64_t index)
{
    const int at = rn__op_axis(&index_name, x, axis);

    if (rn_is_null(x)) return rn__null_from("index", RN__NULL_X, &x, 1);
    if (at < 0) return rn_null();
    const int64_t n = rn_size(x, at), from_front = index < 0 ? index + n : index;
    if (from_front < 0 || from_front >= n)
        return rn__op_refuse(&index_name, &x, 1, "axis %d has no element %lld", axis,
                             (long long)index);
    x = rn_slice(x, at, from_front, from_front + 1, 1);
    return rn_is_null(x) ? x : without(x, at);
}
