/* SPDX-License-Identifier: MIT */
/*
 * broadcast -- a tensor repeated to a larger shape.
 *
 *   x  [..]    any type
 *   y  [..]    the shapes aligned at their last axes, sizes 1 and missing axes repeated
 *
 *   y  = x
 *   dx = dy summed over what was repeated
 */
#include "ops/op.h"

#if RN_ONCE

typedef struct attributes {
    int64_t rank, size[RN_RANK_MAX];
} attributes;

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;

    t->shape = rn_shape_of((int)a->rank, a->size);
    return NULL;
}

static bool view(const rn_array *in, rn_array *out, int64_t *offset, const void *data)
{
    (void)data;
    *offset = 0;
    for (int i = 0; i < out->rank; i++) {
        const int j = i - (out->rank - in->rank);
        const bool repeated = j < 0 || in->size[j] != out->size[i];
        out->stride[i] = repeated ? 0 : in->stride[j];
    }
    return true;
}

static void gradient(rn_pullback *p)
{
    p->dx[0] = rn_sum_to(p->dy, rn_shape_get(p->x[0]));
}

static rn_tensor batch(const rn_batching *b)
{
    rn_shape shape = b->shape, in = b->in_shape[0];
    rn_shape aligned = {.rank = shape.rank + 1, .size = {b->steps}};
    const int missing = shape.rank - in.rank;

    for (int i = 0; i < shape.rank; i++)
        aligned.size[i + 1] = i < missing ? 1 : in.size[i - missing];
    return rn_broadcast(rn_reshape(b->x[0], aligned), rn__stack_shape(b->steps, shape));
}

const rn_op rn__op_broadcast = {
    RN_NAMED(broadcast), .kind = RN_KIND_VIEW, .batch = batch, .inputs = 1,
    .shape = shape,      .gradient = gradient, .view = view};

rn_tensor rn_broadcast(rn_tensor x, rn_shape to)
{
    const rn_shape from = rn_shape_get(x);
    attributes a = {0};
    rn_shape both;
    char text[160];

    if (rn_is_null(x)) return rn__null_from("broadcast", RN__NULL_X, &x, 1);
    if (rn_shape_equal(from, to)) return x;
    if (rn_shape_count(to) < 0 || !rn_shape_broadcast(from, to, &both) ||
        !rn_shape_equal(both, to))
        return rn__op_refuse(&rn__op_broadcast, &x, 1, "cannot be broadcast to %s",
                             rn__shape_text(to, text, sizeof text));
    a.rank = to.rank;
    for (int i = 0; i < to.rank; i++) a.size[i] = to.size[i];
    return rn_apply(&rn__op_broadcast, &x, 1, &a, sizeof a);
}

#endif
