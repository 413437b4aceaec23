/* SPDX-License-Identifier: MIT */
/*
 * pad -- zeros at the ends of an axis and between its elements.
 *
 *   x  [.., n, ..]    any type
 *   y  [.., m, ..]    m = before + n + (n - 1) between + after; before + after for n = 0
 *
 *   y[.., before + i (between + 1), ..] = x[.., i, ..], else 0
 *   dx                                  = dy at these places
 */
#include "kernel/strided.h"
#include "ops/op.h"

#include <string.h>

#if RN_ONCE

typedef struct attributes {
    int64_t axis, before, after, between;
} attributes;

RN_KERNEL_ONCE(pad)
{
    const attributes *a = (const attributes *)call->attributes;
    const rn_array *x = &call->in[0], *y = call->out;
    const size_t bytes = rn_type_size(y->type);
    int64_t stride[RN_RANK_MAX], count = 1;

    for (int i = 0; i < y->rank; i++) {
        stride[i] = y->stride[i];
        count *= y->size[i];
    }
    if (count == 0) return true;
    memset(y->data, 0, (size_t)count * bytes);
    char *first = (char *)y->data + (size_t)(a->before * stride[a->axis]) * bytes;
    stride[a->axis] *= a->between + 1;
    rn__copy(x->rank, x->size, bytes, first, stride, x->data, x->stride);
    return true;
}

/* The number of elements from the first to the last, including the zeros between; -1 if it
 * overflows. */
static int64_t spread(int64_t n, int64_t between)
{
    int64_t size;

    if (n == 0) return 0;
    if (__builtin_mul_overflow(n - 1, between, &size)) return -1;
    return __builtin_add_overflow(size, n, &size) ? -1 : size;
}

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;
    int64_t *size = &t->shape.size[a->axis];

    *size = spread(*size, a->between);
    if (*size < 0 || __builtin_add_overflow(*size, a->before, size) ||
        __builtin_add_overflow(*size, a->after, size))
        return "the result is too large";
    return NULL;
}

static bool divide(const rn_call *call, int axis, int *cut)
{
    for (int i = 0; i < call->inputs; i++) cut[i] = axis;
    return axis != ((const attributes *)call->attributes)->axis;
}

static bool part(const rn_array *whole, rn_array *out, int64_t *offset, const void *data)
{
    const attributes *a = (const attributes *)data;

    for (int i = 0; i < whole->rank; i++) out->stride[i] = whole->stride[i];
    out->stride[a->axis] *= a->between + 1;
    *offset = a->before * whole->stride[a->axis];
    return true;
}

static rn_tensor batch(const rn_batching *b)
{
    attributes a = *(const attributes *)b->attributes;

    a.axis++;
    return rn_apply(b->op, b->x, 1, &a, sizeof a);
}

static void gradient(rn_pullback *p)
{
    const attributes *a = (const attributes *)p->attributes;
    const int64_t size = spread(rn_size(p->x[0], (int)a->axis), a->between);

    p->dx[0] = rn_slice(p->dy, (int)a->axis, a->before, a->before + size, a->between + 1);
}

const rn_op rn__op_pad = {
    RN_NAMED(pad),       .kind = RN_KIND_MOVEMENT, .inputs = 1,    .flags = RN_OP_STRIDED,
    .shape = shape,      .divide = divide,         .batch = batch, .part = part,
    .gradient = gradient};

rn_tensor rn_pad(rn_tensor x, int axis, int64_t before, int64_t after, int64_t between)
{
    attributes a = {rn__op_axis(&rn__op_pad, x, axis), before, after, between};

    if (rn_is_null(x)) return rn__null_from("pad", RN__NULL_X, &x, 1);
    if (a.axis < 0) return rn_null();
    if (before < 0 || after < 0 || between < 0)
        return rn__op_refuse(&rn__op_pad, &x, 1,
                             "negative: %lld before, %lld after, %lld between",
                             (long long)before, (long long)after, (long long)between);
    /* With fewer than two elements there is nothing between. */
    if (rn_size(x, (int)a.axis) < 2) a.between = 0;
    if (before == 0 && after == 0 && a.between == 0) return x;
    return rn_apply(&rn__op_pad, &x, 1, &a, sizeof a);
}

#endif
