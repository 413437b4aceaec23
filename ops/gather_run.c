/* SPDX-License-Identifier: MIT */
/* The loops of gather, scatter and scatter_add, for all types. */
#include "kernel/strided.h"
#include "ops/along.h"
#include "ops/walk.h"

#include <stdio.h>
#include <string.h>

/* The operands of the walk: the table, whose offset is that of index 0; the indices; and
 * what is read from the table or goes there. */
enum { TABLE, INDEX, VALUE };

/* Elements of `size` bytes, in rows of n: the other axes but the innermost, and
 * its steps. From one element to the next along the table's axis it is `jump` elements. */
typedef struct rows {
    rn__walk walk;
    int64_t n, step[3], jump, limit, size;
} rows;

static rows rows_of(const rn_array *table, const rn_array *indices, const rn_array *value,
                    int64_t axis)
{
    rows r = {.walk = {.rank = value->rank},
              .n = 1,
              .jump = table->stride[axis],
              .limit = table->size[axis],
              .size = (int64_t)rn_type_size(table->type)};
    rn__walk *w = &r.walk;
    int64_t *const strides[3] = {w->stride[TABLE], w->stride[INDEX], w->stride[VALUE]};

    for (int i = 0; i < w->rank; i++) {
        w->size[i] = value->size[i];
        w->stride[TABLE][i] = i == axis || table->size[i] == 1 ? 0 : table->stride[i];
        w->stride[INDEX][i] = indices->size[i] == 1 ? 0 : indices->stride[i];
        w->stride[VALUE][i] = value->stride[i];
    }
    w->rank = rn__collapse(w->rank, w->size, 3, strides);
    if (w->rank > 0) {
        w->rank--;
        r.n = w->size[w->rank];
        for (int i = 0; i < 3; i++) r.step[i] = w->stride[i][w->rank];
    }
    return r;
}

/* The first index of a row that is outside the table; -1: none. */
static int64_t outside(const rows *r, const int32_t *index)
{
    for (int64_t j = 0; j < r->n; j++)
        if (index[j * r->step[INDEX]] < 0 || index[j * r->step[INDEX]] >= r->limit)
            return j;
    return -1;
}

/* ---- rows ---- */

/* A row that is one piece of the table. */
static bool in_one_piece(const rows *r)
{
    return r->step[INDEX] == 0 && r->step[TABLE] == 1 && r->step[VALUE] == 1;
}

/* One side of a row: from one element to the next, and from one index to the next. */
typedef struct side {
    char *data;
    int64_t step, jump;
} side;

/* An element of one side. */
static char *element(const rows *r, side x, const int32_t *index, int64_t j)
{
    return x.data + (j * x.step + index[j * r->step[INDEX]] * x.jump) * r->size;
}

static void copy_row(const rows *r, const int32_t *index, side to, side from)
{
    if (in_one_piece(r)) {
        memcpy(element(r, to, index, 0), element(r, from, index, 0),
               (size_t)(r->n * r->size));
        return;
    }
    for (int64_t j = 0; j < r->n; j++) {
        char *t = element(r, to, index, j);
        const char *f = element(r, from, index, j);

        if (r->size == 4)
            memcpy(t, f, 4);
        else if (r->size == 8)
            memcpy(t, f, 8);
        else
            *t = *f;
    }
}

static void add_row(const rows *r, const int32_t *index, side to, side from, rn_map add)
{
    const int64_t steps[2] = {1, 1}, some = in_one_piece(r) ? r->n : 1;

    for (int64_t j = 0; j < r->n; j += some) {
        char *t = element(r, to, index, j);
        add(some, (const void *const[2]){t, element(r, from, index, j)}, steps, t, NULL);
    }
}

/* ---- kernels ---- */

/* `first` counts the values before those of this call. */
static bool run(const rn_call *call, const rn_array *table, const rn_array *value,
                int64_t first, rn_map add)
{
    const rn_array *indices = &call->in[1];
    rows r = rows_of(table, indices, value, *(const int64_t *)call->attributes);

    if (r.n == 0) return true;
    do {
        const int32_t *index = (const int32_t *)indices->data + r.walk.at[INDEX];
        const side t = {(char *)table->data + r.walk.at[TABLE] * r.size, r.step[TABLE],
                        r.jump};
        const side v = {(char *)value->data + r.walk.at[VALUE] * r.size, r.step[VALUE], 0};
        const int64_t j = outside(&r, index);

        if (j >= 0) {
            snprintf(call->message, RN_MESSAGE,
                     "index %d is outside 0..%lld at element %lld",
                     (int)index[j * r.step[INDEX]], (long long)r.limit - 1,
                     (long long)(first + j));
            return false;
        }
        if (add)
            add_row(&r, index, t, v, add);
        else if (value == call->out)
            copy_row(&r, index, v, t);
        else
            copy_row(&r, index, t, v);
        first += r.n;
    } while (rn__walk_next(&r.walk));
    return true;
}

bool rn__gather_run(const rn_call *call)
{
    return run(call, &call->in[0], call->out, call->first, NULL);
}

bool rn__scatter_run(const rn_call *call, rn_map add)
{
    const rn_array *x = &call->in[0], *u = &call->in[2], *y = call->out;
    int64_t of_y = 1, of_u = 1;

    for (int i = 1; i < x->rank; i++) of_y *= y->size[i], of_u *= u->size[i];
    rn__copy(x->rank, x->size, rn_type_size(x->type), y->data, y->stride, x->data,
             x->stride);
    return run(call, y, u, of_y ? call->first / of_y * of_u : 0, add);
}
