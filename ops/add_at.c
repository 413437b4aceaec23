/* SPDX-License-Identifier: MIT */
/*
 * add_at -- rows added to the rows of a table that indices name.
 *
 *   x  [N, ..]       f32, f64 or i32
 *   i  [I..]         i32, each in 0..N-1, any of them more than once
 *   u  [I.., ..]     the type of x
 *   y  [N, ..]
 *
 *   y  = x; y[i[j..]] += u[j..] for all j.. in order
 *   dx = dy
 *   du = dy[i]
 */
#include "sides.h"
#include "strided.h"
#include "walk.h"

#include <stdio.h>

#if RN_IS_NUMBER

/* The axes of one row: place 0 in the table, place 1 in the updates. */
static rn__walk row_of(const rn_array *y, const rn_array *u)
{
    rn__walk w = {.rank = y->rank - 1};
    int64_t *const strides[2] = {w.stride[0], w.stride[1]};

    for (int i = 0; i < w.rank; i++) {
        w.size[i] = y->size[i + 1];
        w.stride[0][i] = y->stride[i + 1];
        w.stride[1][i] = u->stride[u->rank - w.rank + i];
    }
    w.rank = rn__collapse(w.rank, w.size, 2, strides);
    return w;
}

/* The axes of the indices: place 0 in them, place 1 in the updates. */
static rn__walk rows_of(const rn_array *indices, const rn_array *u)
{
    rn__walk w = {.rank = indices->rank};

    for (int i = 0; i < w.rank; i++) {
        w.size[i] = indices->size[i];
        w.stride[0][i] = indices->stride[i];
        w.stride[1][i] = u->stride[i];
    }
    return w;
}

/* `row` has its innermost axis taken out: n elements. */
static void add_row(element *y, const element *u, rn__walk *row, int64_t n, int64_t y_step,
                    int64_t u_step)
{
    do {
        element *to = y + row->at[0];
        const element *from = u + row->at[1];

        if (y_step == 1 && u_step == 1)
            RN_EACH(i, n) to[i] += from[i];
        else
            for (int64_t i = 0; i < n; i++) to[i * y_step] += from[i * u_step];
    } while (rn__walk_next(row));
}

static int64_t count_of(const rn_array *a)
{
    int64_t n = 1;

    for (int i = 0; i < a->rank; i++) n *= a->size[i];
    return n;
}

RN_KERNEL(add_at)
{
    const rn_array *x = &call->in[0], *indices = &call->in[1], *u = &call->in[2];
    const rn_array *y = call->out;
    const int64_t count = count_of(indices);
    rn__walk rows = rows_of(indices, u), row = row_of(y, u);
    int64_t n = 1, y_step = 1, u_step = 1;

    rn__copy(x->rank, x->size, sizeof(element), y->data, y->stride, x->data, x->stride);
    if (row.rank > 0) {
        row.rank--;
        n = row.size[row.rank];
        y_step = row.stride[0][row.rank];
        u_step = row.stride[1][row.rank];
    }
    for (int64_t i = 0; i < count; i++, rn__walk_next(&rows)) {
        const int32_t index = ((const int32_t *)indices->data)[rows.at[0]];

        if (index < 0 || index >= x->size[0]) {
            snprintf(call->message, RN_MESSAGE,
                     "index %d is outside 0..%lld at element %lld", (int)index,
                     (long long)x->size[0] - 1, (long long)i);
            return false;
        }
        add_row((element *)y->data + index * y->stride[0],
                (const element *)u->data + rows.at[1], &row, n, y_step, u_step);
    }
    return true;
}

#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    const rn_shape x = t->in_shape[0], indices = t->in_shape[1], u = t->in_shape[2];

    if (t->in_type[1] != RN_I32) return "the indices' type is not i32";
    if (t->in_type[0] != t->in_type[2]) return "types of table and updates differ";
    if (x.rank < 1) return "rank below 1";
    if (u.rank != indices.rank + x.rank - 1) return "ranks do not fit";
    for (int i = 0; i < u.rank; i++) {
        const int j = i - indices.rank;
        if (u.size[i] != (j < 0 ? indices.size[i] : x.size[j + 1]))
            return "sizes of the updates do not fit";
    }
    return NULL;
}

static void gradient(rn_pullback *p)
{
    p->dx[0] = p->dy;
    if (p->wanted[2]) p->dx[2] = rn_take(p->dy, p->x[1]);
}

const rn_op rn__op_add_at = {.name = "add_at",
                             .inputs = 3,
                             .flags = RN_OP_STRIDED,
                             .shape = shape,
                             .gradient = gradient,
                             .sides = rn__sides_indices};

rn_tensor rn_add_at(rn_tensor x, rn_tensor indices, rn_tensor updates)
{
    const rn_tensor in[3] = {x, indices, updates};

    return rn_apply(&rn__op_add_at, in, 3, NULL, 0);
}

#endif
