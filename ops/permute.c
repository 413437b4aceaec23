/* SPDX-License-Identifier: MIT */
/*
 * permute -- the axes in another order.
 *
 *   x  [..]    any type
 *   y  [..]    axis i of y is axis order[i] of x
 *
 *   y  = x with its axes in that order
 *   dx = dy with its axes put back
 */
#include "ops/op.h"

#if RN_ONCE

typedef struct attributes {
    int64_t order[RN_RANK_MAX];
} attributes;

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;

    for (int i = 0; i < t->shape.rank; i++)
        t->shape.size[i] = t->in_shape[0].size[a->order[i]];
    return NULL;
}

static bool view(const rn_array *in, rn_array *out, int64_t *offset, const void *data)
{
    const attributes *a = (const attributes *)data;

    *offset = 0;
    for (int i = 0; i < out->rank; i++) out->stride[i] = in->stride[a->order[i]];
    return true;
}

static void gradient(rn_pullback *p)
{
    const attributes *a = (const attributes *)p->attributes;
    int back[RN_RANK_MAX] = {0};

    for (int i = 0; i < rn_rank(p->y); i++) back[a->order[i]] = i;
    p->dx[0] = rn_permute(p->dy, back);
}

static rn_tensor batch(const rn_batching *b)
{
    const attributes *a = (const attributes *)b->attributes;
    int order[RN_RANK_MAX] = {0};

    for (int i = 0; i < b->shape.rank; i++) order[i + 1] = (int)a->order[i] + 1;
    return rn_permute(b->x[0], order);
}

const rn_op rn__op_permute = {
    RN_NAMED(permute), .kind = RN_KIND_VIEW, .flags = RN_OP_KEEPS_NAN, .batch = batch,
    .inputs = 1,       .shape = shape,       .gradient = gradient,     .view = view};

rn_tensor rn_permute(rn_tensor x, const int *order)
{
    attributes a = {{0}};
    unsigned named = 0;

    if (rn_is_null(x)) return rn__null_from("permute", RN__NULL_X, &x, 1);
    if (!order && rn_rank(x) > 0)
        return rn__op_refuse(&rn__op_permute, &x, 1, "no list of axes");
    for (int i = 0; i < rn_rank(x); i++) {
        const int axis = rn__op_axis(&rn__op_permute, x, order[i]);
        if (axis < 0) return rn_null();
        if (named >> axis & 1)
            return rn__op_refuse(&rn__op_permute, &x, 1, "axis %d is listed twice",
                                 order[i]);
        named |= 1u << axis;
        a.order[i] = axis;
    }
    return rn_apply(&rn__op_permute, &x, 1, &a, sizeof a);
}

rn_tensor rn_transpose(rn_tensor x)
{
    const int rank = rn_rank(x);
    int order[RN_RANK_MAX];

    if (rn_is_null(x)) return rn__null_from("transpose", RN__NULL_X, &x, 1);
    if (rank < 2) return rn__op_refuse(&rn__op_permute, &x, 1, "rank below 2");
    for (int i = 0; i < rank; i++) order[i] = i;
    order[rank - 2] = rank - 1;
    order[rank - 1] = rank - 2;
    return rn_permute(x, order);
}

#endif
