/* SPDX-License-Identifier: MIT */
/*
 * reshape -- the same elements, row by row, in another shape.
 *
 *   x  [..]    any type
 *   y  [..]    as many elements
 *
 *   y  = x
 *   dx = dy in the shape of x
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

/* ---- the view ---- */

/* Whether a single stride visits all elements of axes first..last - 1. */
static bool joined(const rn_array *a, int first, int last)
{
    for (int i = first; i + 1 < last; i++)
        if (a->stride[i] != a->stride[i + 1] * a->size[i + 1]) return false;
    return true;
}

/* Sets the strides of axes first..last - 1, given the stride between their elements. */
static void spread(rn_array *a, int first, int last, int64_t stride)
{
    for (int i = last - 1; i >= first; i--) {
        a->stride[i] = stride;
        stride *= a->size[i];
    }
}

static bool empty(const rn_array *a)
{
    for (int i = 0; i < a->rank; i++)
        if (a->size[i] == 0) return true;
    return false;
}

/* Both shapes are split into the shortest groups of axes with equal numbers of elements. A
 * single stride must visit each group of the input; the group of the output divides it
 * again. */
static bool view(const rn_array *in, rn_array *out, int64_t *offset, const void *data)
{
    rn_array x = {.rank = 0};
    int i = 0, o = 0;

    (void)data;
    *offset = 0;
    spread(out, 0, out->rank, 1);
    if (empty(in)) return true;
    for (int j = 0; j < in->rank; j++)
        if (in->size[j] != 1) {
            x.size[x.rank] = in->size[j];
            x.stride[x.rank++] = in->stride[j];
        }

    while (i < x.rank) {
        int64_t given = x.size[i], made = out->size[o];
        int i_end = i + 1, o_end = o + 1;

        while (given != made)
            if (given < made)
                given *= x.size[i_end++];
            else
                made *= out->size[o_end++];
        if (!joined(&x, i, i_end)) return false;
        spread(out, o, o_end, x.stride[i_end - 1]);
        i = i_end, o = o_end;
    }
    return true;
}

/* ---- gradient, record, public function ---- */

static void gradient(rn_pullback *p)
{
    p->dx[0] = rn_reshape(p->dy, rn_shape_get(p->x[0]));
}

static rn_tensor batch(const rn_batching *b)
{
    return rn_reshape(b->x[0], rn__stack_shape(b->steps, b->shape));
}

const rn_op rn__op_reshape = {
    RN_NAMED(reshape),    .kind = RN_KIND_VIEW, .flags = RN_OP_ADDITIVE | RN_OP_KEEPS_NAN,
    .batch = batch,       .inputs = 1,          .shape = shape,
    .gradient = gradient, .view = view};

/* Finds the size that is -1. False after a refusal. */
static bool complete(rn_tensor x, rn_shape *to)
{
    const int64_t given = rn_shape_count(rn_shape_get(x));
    char text[160];
    int open = -1;

    if (given < 0 || to->rank < 0 || to->rank > RN_RANK_MAX) {
        rn__op_refuse(&rn__op_reshape, &x, 1, "invalid rank: %d", to->rank);
        return false;
    }
    for (int i = 0; i < to->rank; i++)
        if (to->size[i] == -1 && open < 0) {
            open = i;
            to->size[i] = 1;
        }
    const int64_t others = rn_shape_count(*to);
    if (open >= 0) to->size[open] = others > 0 ? given / others : -1;
    if (others >= 0 && rn_shape_count(*to) == given) return true;
    if (open >= 0) to->size[open] = -1;
    rn__op_refuse(&rn__op_reshape, &x, 1, "%lld elements cannot have the shape %s",
                  (long long)given, rn__shape_text(*to, text, sizeof text));
    return false;
}

rn_tensor rn_reshape(rn_tensor x, rn_shape shape_of_y)
{
    attributes a = {0};

    if (rn_is_null(x)) return rn__null_from("reshape", RN__NULL_X, &x, 1);
    if (rn_shape_equal(rn_shape_get(x), shape_of_y)) return x;
    if (!complete(x, &shape_of_y)) return rn_null();
    if (rn_shape_equal(rn_shape_get(x), shape_of_y)) return x;
    a.rank = shape_of_y.rank;
    for (int i = 0; i < shape_of_y.rank; i++) a.size[i] = shape_of_y.size[i];
    return rn_apply(&rn__op_reshape, &x, 1, &a, sizeof a);
}

#endif
