/* SPDX-License-Identifier: MIT */
/* Axes of reductions: from arguments to a mask, shapes without them, and offsets of terms;
 * and means whose sums overflow. */
#include "ops/reduce.h"

#include "kernel/strided.h"

#include <string.h>

const char *rn__reduce_shape(rn_typing *t)
{
    const rn__reduce_attributes *a = (const rn__reduce_attributes *)t->attributes;
    const rn_shape x = t->in_shape[0];
    int rank = 0;

    for (int i = 0; i < x.rank; i++) {
        const bool reduced = (a->axes >> i & 1) != 0;
        if (!reduced || a->keep) t->shape.size[rank++] = reduced ? 1 : x.size[i];
    }
    for (int i = rank; i < RN_RANK_MAX; i++) t->shape.size[i] = 0;
    t->shape.rank = rank;
    return NULL;
}

int64_t rn__reduce_axes(const rn_op *op, rn_tensor x, const int *axes, int count)
{
    int64_t mask = 0;

    if (rn_rank(x) < 0) {
        rn__op_refuse(op, &x, 1, "the tensor does not exist");
        return -1;
    }
    if (count == 0) return ((int64_t)1 << rn_rank(x)) - 1;
    if (count < 0 || !axes) {
        rn__op_refuse(op, &x, 1, "%d axes, %s", count,
                      axes ? "an invalid number" : "but no list of them");
        return -1;
    }
    for (int i = 0; i < count; i++) {
        const int axis = rn__op_axis(op, x, axes[i]);
        if (axis < 0) return -1;
        if (mask >> axis & 1) {
            rn__op_refuse(op, &x, 1, "axis %d is listed twice", axes[i]);
            return -1;
        }
        mask |= (int64_t)1 << axis;
    }
    return mask;
}

rn_tensor rn__reduce(const rn_op *op, rn_tensor x, const int *axes, int count, bool keep)
{
    if (rn_is_null(x)) return rn__null_from(op->name, RN__NULL_X, &x, 1);

    const rn__reduce_attributes a = {rn__reduce_axes(op, x, axes, count), keep};
    if (a.axes < 0) return rn_null();
    return rn_apply(op, &x, 1, &a, sizeof a);
}

rn_tensor rn__reduce_batch(const rn_batching *b)
{
    int64_t attributes[4] = {0};

    if (b->attribute_size > sizeof attributes)
        return rn__op_refuse(b->op, b->x, 1, "too many attributes for a loop");
    memcpy(attributes, b->attributes, b->attribute_size);
    ((rn__reduce_attributes *)attributes)->axes *= 2; /* each axis number is one higher */
    return rn_apply(b->op, b->x, 1, attributes, b->attribute_size);
}

bool rn__reduce_divide(const rn_call *call, int axis, int *cut)
{
    const rn__reduce_attributes *a = (const rn__reduce_attributes *)call->attributes;

    for (int i = 0, of_y = 0; i < call->in[0].rank; i++) {
        const bool reduced = (a->axes >> i & 1) != 0;
        if (reduced && !a->keep) continue;
        if (of_y++ != axis) continue;
        for (int k = 0; k < call->inputs; k++) cut[k] = i;
        return !reduced;
    }
    return false;
}

int64_t rn__reduce_terms(rn_shape x, int64_t axes)
{
    int64_t terms = 1;

    for (int i = 0; i < x.rank; i++)
        if (axes >> i & 1) terms *= x.size[i];
    return terms;
}

rn_tensor rn__reduce_keep(rn_tensor y, rn_tensor x, int64_t axes)
{
    rn_shape shape = rn_shape_get(x);

    for (int i = 0; i < shape.rank; i++)
        if (axes >> i & 1) shape.size[i] = 1;
    return rn_reshape(y, shape);
}

void rn__reduction_init(rn__reduction *r, const rn_call *call)
{
    const int64_t axes = ((const rn__reduce_attributes *)call->attributes)->axes;
    const rn_array *x = &call->in[0];
    int64_t *const strides[1] = {r->stride};

    *r = (rn__reduction){.outputs = 1, .terms = 1};
    for (int i = 0; i < x->rank; i++) {
        const bool reduced = (axes >> i & 1) != 0;
        const int at = reduced ? r->rank++ : r->kept.rank++;

        (reduced ? r->size : r->kept.size)[at] = x->size[i];
        (reduced ? r->stride : r->kept.stride[0])[at] = x->stride[i];
        *(reduced ? &r->terms : &r->outputs) *= x->size[i];
    }
    r->rank = rn__collapse(r->rank, r->size, 1, strides);
    int64_t *const kept_strides[1] = {r->kept.stride[0]};
    r->kept.rank = rn__collapse(r->kept.rank, r->kept.size, 1, kept_strides);
}

/* Run by run of the innermost axis. */
void rn__reduction_offsets(int rank, const int64_t *size, const int64_t *stride,
                           int64_t from, int64_t count, int64_t *offset)
{
    const int last = rank - 1;
    rn__walk w = {.rank = rank};

    if (rank == 1) {
        for (int64_t i = 0; i < count; i++) offset[i] = (from + i) * stride[0];
        return;
    }
    for (int i = last; i >= 0 && count > 0; i--) {
        w.size[i] = size[i];
        w.stride[0][i] = stride[i];
        w.index[i] = from % size[i];
        w.at[0] += w.index[i] * stride[i];
        from /= size[i];
    }
    while (count > 0) {
        const int64_t step = last < 0 ? 0 : stride[last];
        const int64_t left = last < 0 ? 1 : w.size[last] - w.index[last];
        const int64_t n = left < count ? left : count;

        for (int64_t i = 0; i < n; i++) offset[i] = w.at[0] + i * step;
        if (last >= 0) w.index[last] += n - 1;
        w.at[0] += (n - 1) * step;
        rn__walk_next(&w);
        offset += n, count -= n;
    }
}

/* ---- means ---- */

static double magnitude(double x)
{
    return x < 0 ? -x : x;
}

static double element_of(const rn_array *a, int64_t at)
{
    return a->type == RN_F32 ? (double)((const float *)a->data)[at]
                             : ((const double *)a->data)[at];
}

/* A compensated sum (Neumaier), except for infinities and NaN, and what it stands for. */
static double mean_of_small(const rn__reduction *r, const rn_array *x, double scale,
                            bool squares)
{
    double sum = 0, lost = 0;

    for (int64_t i = 0; i < r->terms; i++) {
        int64_t at;
        rn__reduction_offsets(r->rank, r->size, r->stride, i, 1, &at);
        const double small = element_of(x, r->kept.at[0] + at) * scale;
        const double term = squares ? small * small : small, both = sum + term;
        lost +=
            magnitude(sum) >= magnitude(term) ? (sum - both) + term : (term - both) + sum;
        sum = both;
    }
    sum = lost - lost == 0 ? sum + lost : sum;
    sum = sum / (double)r->terms / scale;
    return squares ? sum / scale : sum;
}

/* y / terms, in the type of the sum y, if the sum is finite. */
#define DIVIDE(type)                                                                       \
    for (int64_t i = 0; i < outputs; i++) {                                                \
        type *y = (type *)call->out->data + i;                                             \
        if (*y - *y == 0) {                                                                \
            *y /= (type)terms;                                                             \
            continue;                                                                      \
        }                                                                                  \
        if (at < 0) rn__reduction_init(&r, call), at = 0;                                  \
        for (; at < i; at++) rn__walk_next(&r.kept);                                       \
        *y = (type)mean_of_small(&r, &call->in[0], scale, squares);                        \
    }

void rn__divide_sums(const rn_call *call, double scale, bool squares)
{
    const int64_t axes = ((const rn__reduce_attributes *)call->attributes)->axes;
    int64_t outputs = 1, terms = 1, at = -1;
    rn__reduction r; /* at result `at`, from the first sum on that is not finite */

    for (int i = 0; i < call->in->rank; i++)
        *(axes >> i & 1 ? &terms : &outputs) *= call->in->size[i];
    if (call->out->type == RN_F32)
        DIVIDE(float)
    else
        DIVIDE(double)
}
