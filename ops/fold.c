/* SPDX-License-Identifier: MIT */
/*
 * fold -- windows of an axis added up where they overlap: the adjoint of windows.
 *
 *   x  [.., m, size, ..]  f32, f64 or i32
 *   y  [.., n, ..]        an n whose windows (windows.c) are m
 *
 *   y[.., p, ..] = the sum of x[.., i, j, ..] over all i, j with i stride + j dilation = p,
 *                  in order of j; else 0
 *   dx           = the windows of dy
 */
#include "ops/fold.h"
#include "kernel/strided.h"
#include "ops/walk.h"

#include <string.h>

/* The kernel of all types: `add` is that of the operator add. */
bool rn__fold_run(const rn_call *call, rn_map add);

#if RN_IS_NUMBER
RN_KERNEL(fold)
{
    return rn__fold_run(call, R(rn__map_add));
}
#endif

#if RN_ONCE

typedef rn__fold_attributes attributes; /* `size` is n */

int64_t rn__window_count(int64_t n, int64_t size, const attributes *a)
{
    if (n < 1 || size - 1 > (n - 1) / a->dilation) return 0;
    return (n - 1 - (size - 1) * a->dilation) / a->stride + 1;
}

/* ---- kernel ---- */

enum { Y, X };

/* The axes behind the folded one but the innermost, whose elements are a row. */
typedef struct rows {
    rn__walk walk;
    int64_t n, step; /* elements of a row, and their stride in x */
} rows;

static rows rows_of(const rn_array *y, const rn_array *x, int axis)
{
    rows r = {.walk = {.rank = y->rank - 1 - axis}, .n = 1, .step = 1};
    rn__walk *w = &r.walk;
    int64_t *const strides[2] = {w->stride[Y], w->stride[X]};

    for (int i = 0; i < w->rank; i++) {
        w->size[i] = y->size[axis + 1 + i];
        w->stride[Y][i] = y->stride[axis + 1 + i];
        w->stride[X][i] = x->stride[axis + 2 + i];
    }
    w->rank = rn__collapse(w->rank, w->size, 2, strides);
    if (w->rank == 0) return r;
    w->rank--;
    r.n = w->size[w->rank];
    r.step = w->stride[X][w->rank];
    return r;
}

/* y[p] = the sum over j of x[i, j], all of them rows. */
static void add_rows(const rn_call *call, rn_map add, const rows *r, int64_t p, char *y,
                     const char *x)
{
    const attributes *a = (const attributes *)call->attributes;
    const rn_array *in = &call->in[0];
    const int64_t bytes = (int64_t)rn_type_size(in->type), step[2] = {1, r->step};
    const int64_t one = 1;
    bool any = false;

    for (int64_t j = 0; j < in->size[a->axis + 1] && j * a->dilation <= p; j++) {
        const int64_t at = p - j * a->dilation, i = a->stride > 1 ? at / a->stride : at;
        if (i >= in->size[a->axis] || i * a->stride != at) continue;
        const char *from =
            x + (i * in->stride[a->axis] + j * in->stride[a->axis + 1]) * bytes;
        const void *const operand[2] = {y, from};
        if (any)
            add(r->n, operand, step, y, NULL);
        else
            rn__copy(1, &r->n, (size_t)bytes, y, &one, from, &r->step);
        any = true;
    }
    if (!any) memset(y, 0, (size_t)(r->n * bytes));
}

bool rn__fold_run(const rn_call *call, rn_map add)
{
    const attributes *a = (const attributes *)call->attributes;
    const rn_array *x = &call->in[0], *y = call->out;
    const int axis = (int)a->axis;
    const int64_t bytes = (int64_t)rn_type_size(y->type);
    rn__walk outer = {.rank = axis};
    rows r = rows_of(y, x, axis);
    int64_t inner = 1;

    for (int i = 0; i < y->rank; i++)
        if (y->size[i] == 0) return true;
    for (int i = 0; i < axis; i++) {
        outer.size[i] = y->size[i];
        outer.stride[Y][i] = y->stride[i];
        outer.stride[X][i] = x->stride[i];
    }
    for (int i = axis + 1; i < y->rank; i++) inner *= y->size[i];
    /* A range of the folded axis itself begins there. */
    const int64_t first = y->size[axis] < a->size ? call->first / inner : 0;
    do {
        for (int64_t p = 0; p < y->size[axis]; p++) do {
                const int64_t to = outer.at[Y] + p * y->stride[axis] + r.walk.at[Y];
                const int64_t from = outer.at[X] + r.walk.at[X];
                add_rows(call, add, &r, first + p, (char *)y->data + to * bytes,
                         (const char *)x->data + from * bytes);
            } while (rn__walk_next(&r.walk));
    } while (rn__walk_next(&outer));
    return true;
}

/* ---- rules ---- */

static const char *shape(rn_typing *t)
{
    const attributes *a = (const attributes *)t->attributes;
    const int axis = (int)a->axis;
    rn_shape *s = &t->shape;

    if (axis + 1 >= s->rank) return "no axis of windows and one of their elements";
    if (rn__window_count(a->size, s->size[axis + 1], a) != s->size[axis])
        return "another number of windows";
    s->size[axis] = a->size;
    for (int i = axis + 1; i + 1 < s->rank; i++) s->size[i] = s->size[i + 1];
    s->rank--;
    return NULL;
}

/* A range of the folded axis reads windows that others read too. */
static bool divide(const rn_call *call, int axis, int *cut)
{
    const int64_t folded = ((const attributes *)call->attributes)->axis;

    cut[0] = axis < folded ? axis : axis > folded ? axis + 1 : -1;
    return true;
}

static void gradient(rn_pullback *p)
{
    const attributes *a = (const attributes *)p->attributes;

    p->dx[0] = rn_windows(p->dy, (int)a->axis, rn_size(p->x[0], (int)a->axis + 1),
                          a->stride, a->dilation);
}

const rn_op rn__op_fold = {RN_NAMED(fold),
                           .kind = RN_KIND_MOVEMENT,
                           .inputs = 1,
                           .flags = RN_OP_STRIDED | RN_OP_ADDITIVE,
                           .shape = shape,
                           .divide = divide,
                           .batch = rn__along_batch,
                           .gradient = gradient};

rn_tensor rn_fold(rn_tensor x, int axis, int64_t n, int64_t stride, int64_t dilation)
{
    attributes a = {rn__op_axis(&rn__op_fold, x, axis), n, stride, dilation};

    if (rn_is_null(x)) return rn__null_from("fold", RN__NULL_X, &x, 1);
    if (a.axis < 0) return rn_null();
    if (n < 0 || stride < 1 || dilation < 1)
        return rn__op_refuse(&rn__op_fold, &x, 1,
                             "invalid: size %lld, stride %lld, dilation %lld", (long long)n,
                             (long long)stride, (long long)dilation);
    return rn_apply(&rn__op_fold, &x, 1, &a, sizeof a);
}

#endif
