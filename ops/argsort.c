/* SPDX-License-Identifier: MIT */
/*
 * argsort -- the indices along one axis that sort it, or the first of them.
 *
 *   x  [.., n, ..]    any type
 *   y  [.., k, ..]    i32, k <= n
 *
 *   y[.., 0, ..], y[.., 1, ..] .. = the indices of x in ascending or descending order
 *
 * Equal elements stay in their order, also if descending. A NaN counts as the largest, as
 * for argmax, and all are equal.
 *
 * No gradient: that of the sorted values is the gather's.
 */
#include "graph/frame.h"
#include "ops/along.h"
#include "ops/branches.h"

#if RN_ONCE

RN_KERNEL_ONCE(argsort)
{
    return rn__argsort_run(call);
}

static const char *shape(rn_typing *t)
{
    const rn__argsort_attributes *a = (const rn__argsort_attributes *)t->attributes;

    if (t->shape.size[a->axis] > INT32_MAX) return "the axis is too long for an i32 index";
    t->type = RN_I32;
    t->shape.size[a->axis] = a->count;
    return NULL;
}

const rn_op rn__op_argsort = {RN_NAMED(argsort),
                              .inputs = 1,
                              .flags = RN_OP_STRIDED,
                              .shape = shape,
                              .scratch = rn__argsort_scratch,
                              .divide = rn__along_divide,
                              .batch = rn__along_batch,
                              .branches = rn__branch_result};

/* The first `count` indices. */
static rn_tensor first_of(rn_tensor x, int axis, int64_t count, bool descending)
{
    rn__argsort_attributes a = {rn__op_axis(&rn__op_argsort, x, axis), count, descending};

    if (a.axis < 0) return rn_null();
    if (count >= 0 && count <= rn_size(x, (int)a.axis))
        return rn_apply(&rn__op_argsort, &x, 1, &a, sizeof a);
    return rn__op_refuse(&rn__op_argsort, &x, 1, "k is %lld, and axis %d has %lld elements",
                         (long long)count, axis, (long long)rn_size(x, (int)a.axis));
}

rn_tensor rn_argsort(rn_tensor x, int axis, bool descending)
{
    if (rn_is_null(x)) return rn__null_from("argsort", RN__NULL_X, &x, 1);
    return first_of(x, axis, rn_size(x, axis), descending);
}

rn_tensor rn_sort(rn_tensor x, int axis, bool descending)
{
    rn__frame f;

    rn__frame_enter(&f, "sort", NULL, x, rn_null());
    return rn__frame_leave(&f, rn_gather(x, rn_argsort(x, axis, descending), axis));
}

rn_tensor rn_top_k_indices(rn_tensor x, int axis, int64_t k, bool smallest)
{
    rn__frame f;

    rn__frame_enter(&f, "top_k_indices", NULL, x, rn_null());
    return rn__frame_leave(&f, first_of(x, axis, k, !smallest));
}

rn_tensor rn_top_k(rn_tensor x, int axis, int64_t k, bool smallest)
{
    rn__frame f;

    rn__frame_enter(&f, "top_k", NULL, x, rn_null());
    return rn__frame_leave(&f, rn_gather(x, first_of(x, axis, k, !smallest), axis));
}

#endif
